"""The guide suggests points within the space, repeats itself, and learns from what it is told."""

import numpy as np
from gpuclf.tuning.optuna_strategy import Guide
from gpuclf.tuning.space import Choice, Range

SPACE = {
    "C": Range(0.01, 100, log=True),
    "n_vectors": Range(1, 12, whole=True),
    "statistics": Choice((("sum",), ("mean", "std"))),
}


def guided(seed, trials=25):
    """Ask and tell: the nearer C is to 3, the better, and "mean,std" is better."""
    guide, points = Guide(SPACE, seed), []
    for _ in range(trials):
        point = guide.ask()
        points.append(point)
        guide.tell(-abs(np.log(point["C"] / 3)) + 0.5 * (len(point["statistics"]) == 2))
    return points


def test_points_are_within_the_space():
    for point in guided(0):
        assert list(point) == list(SPACE)
        assert 0.01 <= point["C"] <= 100
        assert isinstance(point["n_vectors"], int) and 1 <= point["n_vectors"] <= 12
        assert point["statistics"] in SPACE["statistics"].values


def test_the_same_seed_suggests_the_same_points():
    assert guided(1) == guided(1) != guided(2)


def test_later_points_are_better_than_the_first_ones():
    points = guided(0, trials=40)
    far = [abs(np.log(point["C"] / 3)) for point in points]
    assert np.mean(far[-10:]) < 0.5 * np.mean(far[:10])
