"""A study suggests points of the space, is reproducible and improves with the scores."""

import numpy as np
from gpuclf.tuning.optuna_strategy import OptunaStudy
from gpuclf.tuning.space import Choice, Range

SPACE = {
    "C": Range(0.01, 100, log=True),
    "n_vectors": Range(1, 12, whole=True),
    "statistics": Choice((("sum",), ("mean", "std"))),
}


def suggest(seed, trials=25):
    """Return suggested points; the score is highest for C = 3 and the statistics mean and std."""
    study, points = OptunaStudy(SPACE, seed), []
    for _ in range(trials):
        point = study.ask()
        points.append(point)
        study.tell(-abs(np.log(point["C"] / 3)) + 0.5 * (len(point["statistics"]) == 2))
    return points


def test_suggested_points_are_within_the_space():
    for point in suggest(0):
        assert list(point) == list(SPACE)
        assert 0.01 <= point["C"] <= 100
        assert isinstance(point["n_vectors"], int) and 1 <= point["n_vectors"] <= 12
        assert point["statistics"] in SPACE["statistics"].values


def test_same_seed_suggests_the_same_points():
    assert suggest(1) == suggest(1) != suggest(2)


def test_suggestions_improve():
    points = suggest(0, trials=40)
    distances = [abs(np.log(point["C"] / 3)) for point in points]
    assert np.mean(distances[-10:]) < 0.5 * np.mean(distances[:10])
