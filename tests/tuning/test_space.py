"""Search spaces: choices, ranges and their points."""

import numpy as np
import pytest
from gpuclf.errors import InputError
from gpuclf.tuning.space import Choice, Range, corners, grid_points, random_points
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats


def test_grid_points_are_all_combinations_in_the_order_of_scikit_learn():
    space = {"kernel": Choice(("rbf", "linear")), "C": Choice((1, 10, 100))}
    points = grid_points(space)
    assert points == [
        {"C": C, "kernel": kernel} for C in (1, 10, 100) for kernel in ("rbf", "linear")
    ]
    assert all(list(point) == ["C", "kernel"] for point in points)


@pytest.mark.parametrize("points", [grid_points, lambda space: random_points(space, 10, seed=0)])
def test_values_of_any_type_are_returned_unchanged(points):
    values = (None, "none", ("mean", "std"), ["mean"], {"rain": 2.0}, 1, 1.0, True)
    drawn = [point["any"] for point in points({"any": Choice(values), "n": Choice((1,))})]
    assert sorted(map(repr, drawn)) == sorted(map(repr, values))
    assert {id(value) for value in drawn} == {id(value) for value in values}


def test_random_points_are_json_serialisable_numbers():
    space = {
        "C": Range(0.1, 10, log=True),
        "nu": Range(0.1, 0.5),
        "n": Range(1, 12, whole=True),
        "m": Range(1, 12, whole=True, log=True),
        "k": Choice((1, 2)),
    }
    for point in random_points(space, 20, seed=0):
        assert {name: type(value) for name, value in point.items()} == {
            "C": float,
            "k": int,
            "m": int,
            "n": int,
            "nu": float,
        }


def test_repeated_value_gives_one_random_point():
    points = random_points({"C": Choice((1, 1, 10)), "scale": Choice(("std",))}, 5, seed=0)
    assert sorted(point["C"] for point in points) == [1, 10]


def test_range_in_a_grid_raises():
    with pytest.raises(InputError, match=r"grid, C: got the range 0\.01\.\.100, expected values"):
        grid_points({"nu": Choice((0.1,)), "C": Range(0.01, 100)})


def test_corners_combine_values_and_ends_of_ranges():
    space = {"C": Range(0.1, 10, log=True), "scale": Choice(("none", "std", "minmax"))}
    assert len(corners(space)) == 6
    assert {point["C"] for point in corners(space)} == {0.1, 10}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Choice(()), "choice: got no values, expected at least one value"),
        (lambda: Range(1, 1), "range: got 1..1, expected LOW..HIGH with LOW < HIGH"),
        (lambda: Range(10, 0.1), "range: got 10..0.1, expected LOW..HIGH with LOW < HIGH"),
        (lambda: Range(float("nan"), 1), "expected LOW..HIGH with LOW < HIGH"),
        (lambda: Range(0, 1, log=True), "range: got 0..1, expected positive numbers"),
        (lambda: Range(-1, 1, log=True), "range: got -1..1, expected positive numbers"),
    ],
)
def test_invalid_choice_or_range_raises(make, message):
    with pytest.raises(InputError, match=message):
        make()


@given(
    low=st.integers(1, 20),
    width=st.integers(1, 1000),
    whole=st.booleans(),
    log=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_draw_is_within_the_range(low, width, whole, log, seed):
    axis = Range(low, low + width, whole=whole, log=log)
    rng = np.random.RandomState(seed)
    for _ in range(20):
        value = axis.rvs(rng)
        assert axis.low <= value <= axis.high
        assert isinstance(value, int if whole else float)


class EndGenerator:
    """Random number generator that returns one end of the interval."""

    def __init__(self, end):
        self.end = end

    def uniform(self, *ends):
        return ends[self.end]


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("ends", [(1, 10), (3, 11), (1, 2), (6, 7)])
def test_extreme_draws_of_a_log_uniform_range_are_its_ends(whole, ends):
    axis = Range(*ends, whole=whole, log=True)
    assert (axis.rvs(EndGenerator(0)), axis.rvs(EndGenerator(1))) == pytest.approx(ends)
    assert ends[0] <= axis.rvs(EndGenerator(0)) and axis.rvs(EndGenerator(1)) <= ends[1]


def test_draws_are_uniform_or_log_uniform():
    """Kolmogorov-Smirnov test of 2000 draws; false positive rate 1e-4."""
    rng = np.random.RandomState(0)
    exponents = np.log10([Range(0.01, 100, log=True).rvs(rng) for _ in range(2000)])
    assert stats.kstest(exponents, stats.uniform(-2, 4).cdf).pvalue > 1e-4
    uniform = [Range(0.01, 100).rvs(rng) for _ in range(2000)]
    assert stats.kstest(uniform, stats.uniform(0.01, 99.99).cdf).pvalue > 1e-4


def test_integer_draws_have_the_expected_probabilities():
    """Chi-square tests of 2000 draws; false positive rate 1e-4 each."""
    rng = np.random.RandomState(0)
    uniform = np.bincount([Range(2, 6, whole=True).rvs(rng) for _ in range(2000)], minlength=7)
    assert uniform[:2].sum() == 0 and stats.chisquare(uniform[2:]).pvalue > 1e-4
    log_uniform = np.bincount([Range(1, 6, whole=True, log=True).rvs(rng) for _ in range(2000)])
    edges = np.log(np.arange(1, 8) - 0.5)  # of the intervals that round to each integer
    expected = 2000 * np.diff(edges) / (edges[-1] - edges[0])
    assert log_uniform[0] == 0 and stats.chisquare(log_uniform[1:], expected).pvalue > 1e-4


def test_random_points_are_distinct_reproducible_and_limited_by_the_space():
    space = {"C": Range(0.1, 10, log=True), "n": Range(1, 3, whole=True), "k": Choice(("a", "b"))}
    points = random_points(space, 30, seed=1)
    assert len(points) == 30 and len({tuple(point.values()) for point in points}) == 30
    assert {point["k"] for point in points} == {"a", "b"}
    assert points == random_points(space, 30, seed=1) != random_points(space, 30, seed=2)
    assert points[:10] == random_points(space, 10, seed=1)
    small = random_points({"n": Range(1, 3, whole=True), "k": Choice(("a", "b"))}, 50, seed=0)
    assert len(small) == 6
