"""Search strategies: number of points and validation."""

import sys

import pytest
from gpuclf.errors import InputError
from gpuclf.tuning.space import Choice, Range
from gpuclf.tuning.strategy import Strategy

SPACE = {"C": Choice((1, 10)), "scale": Choice(("none", "std", "minmax"))}


def test_number_of_points_of_each_method():
    assert len(Strategy().points(SPACE, seed=0)) == 6
    assert len(Strategy(method="random", trials=4).points(SPACE, seed=0)) == 4
    assert len(Strategy(method="random", trials=40).points(SPACE, seed=0)) == 6
    ranged = {**SPACE, "nu": Range(0.1, 0.2)}
    assert len(Strategy(method="guided", trials=2).points(ranged, seed=0)) == 12  # its corners


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "grit"}, "method: got 'grit', expected one of grid, random, guided"),
        ({"trials": 0}, "trials: got 0, expected at least 1"),
        ({"inner": 1}, "inner: got 1, expected at least 2"),
    ],
)
def test_invalid_strategy_raises(options, message):
    with pytest.raises(InputError, match=message):
        Strategy(**options)


@pytest.mark.parametrize("method", ["grid", "random", "guided"])
def test_empty_space_raises(method):
    with pytest.raises(
        InputError, match="grid: got no hyper-parameter, expected at least one, such as"
    ):
        Strategy(method=method).points({}, seed=0)


def test_guided_search_without_optuna_raises_with_the_install_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    strategy = Strategy(method="guided")
    message = r"guided search: got no module optuna, expected python -m pip install optuna"
    with pytest.raises(InputError, match=message):
        strategy.points(SPACE, seed=0)
    assert Strategy(method="random", trials=2).points(SPACE, seed=0)
