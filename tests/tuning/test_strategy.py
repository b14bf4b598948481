"""How settings are looked for, and what cannot be looked for."""

import sys

import pytest
from gpuclf.errors import InputError
from gpuclf.tuning.space import Choice, Range
from gpuclf.tuning.strategy import Strategy

SPACE = {"C": Choice((1, 10)), "scale": Choice(("none", "std", "minmax"))}


def test_points_of_the_methods():
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
def test_strategies_that_there_are_not(options, message):
    with pytest.raises(InputError, match=message):
        Strategy(**options)


@pytest.mark.parametrize("method", ["grid", "random", "guided"])
def test_nothing_to_look_through(method):
    with pytest.raises(InputError, match="grid: got nothing, expected values to choose from"):
        Strategy(method=method).points({}, seed=0)


def test_without_optuna_a_guided_search_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    strategy = Strategy(method="guided")
    message = r"guided search: got no optuna, expected python -m pip install optuna"
    with pytest.raises(InputError, match=message):
        strategy.points(SPACE, seed=0)
    assert Strategy(method="random", trials=2).points(SPACE, seed=0)
