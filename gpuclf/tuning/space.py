"""What a search looks through: for each hyper-parameter a choice of values, or a range."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from gpuclf.errors import InputError

DRAWS = 20  # for each point that is wanted: a small space has no more different ones


@dataclass(frozen=True)
class Choice:
    """Values, one of which is taken.

    Parameters
    ----------
    values : tuple
        At least one.

    Raises
    ------
    InputError
        If there is none.
    """

    values: tuple[Any, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise InputError("choice", got="no values", expected="at least one")

    def draw(self, rng: np.random.Generator) -> Any:
        """Take one of them at random."""
        return self.values[int(rng.integers(len(self.values)))]

    def suggest(self, trial: Any, name: str) -> Any:
        """Let a trial of optuna take one."""
        return self.values[trial.suggest_categorical(name, range(len(self.values)))]

    @property
    def ends(self) -> tuple[Any, ...]:
        """All that has to be checked before a search."""
        return self.values


@dataclass(frozen=True)
class Range:
    """Numbers from one to another, both included.

    Parameters
    ----------
    low, high : float or int
    whole : bool
        Whether they are whole numbers.
    log : bool
        Whether equal factors, and not equal steps, are equally likely.

    Raises
    ------
    InputError
        If there is nothing between them, or no factor leads from one to the other.
    """

    low: float
    high: float
    whole: bool = False
    log: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise InputError("range", got=str(self), expected="two numbers that rise")
        if self.log and self.low <= 0:
            raise InputError("range", got=str(self), expected="two numbers above 0")

    def draw(self, rng: np.random.Generator) -> float | int:
        """Take a number at random."""
        if self.log:
            # A whole number stands for all that rounds to it.
            half = 0.5 if self.whole else 0.0
            ends = math.log(self.low - half), math.log(self.high + half)
            number = math.exp(rng.uniform(*ends))
            return min(max(round(number) if self.whole else number, self.low), self.high)
        if self.whole:
            return int(rng.integers(int(self.low), int(self.high), endpoint=True))
        return float(rng.uniform(self.low, self.high))

    def suggest(self, trial: Any, name: str) -> float | int:
        """Let a trial of optuna take one."""
        kind = trial.suggest_int if self.whole else trial.suggest_float
        number: float | int = kind(name, self.low, self.high, log=self.log)
        return number

    @property
    def ends(self) -> tuple[float, float]:
        """All that has to be checked before a search."""
        return self.low, self.high

    def __str__(self) -> str:
        return f"{self.low:g}..{self.high:g}"


Axis = Choice | Range
Space = Mapping[str, Axis]
Point = dict[str, Any]


def as_axis(values: Axis | Iterable[Any]) -> Axis:
    """Take plain values for a choice among them.

    Examples
    --------
    >>> as_axis([1, 10]), as_axis(Choice((1, 10)))
    (Choice(values=(1, 10)), Choice(values=(1, 10)))
    """
    return values if isinstance(values, Choice | Range) else Choice(tuple(values))


def as_space(space: Mapping[str, Axis | Iterable[Any]]) -> dict[str, Axis]:
    """Take plain values of every hyper-parameter for a choice among them: see `as_axis`."""
    return {name: as_axis(values) for name, values in space.items()}


def grid_points(space: Space) -> list[Point]:
    """List all combinations, the last hyper-parameter's values varying fastest.

    Parameters
    ----------
    space : mapping of name to Choice

    Raises
    ------
    InputError
        If there is a range in it.

    Examples
    --------
    >>> grid_points({"C": Choice((1, 10)), "scale": Choice(("none",))})
    [{'C': 1, 'scale': 'none'}, {'C': 10, 'scale': 'none'}]
    """
    for name, axis in space.items():
        if isinstance(axis, Range):
            raise InputError(
                f"grid, {name}", got=f"the range {axis}", expected="values, as in 1,10,100"
            )
    return corners(space)


def corners(space: Space) -> list[Point]:
    """List all combinations of values, and of the ends of ranges."""
    return [
        dict(zip(space, values, strict=True))
        for values in product(*(axis.ends for axis in space.values()))
    ]


def random_points(space: Space, count: int, seed: int) -> list[Point]:
    """Draw different points at random; fewer, if the space has no more.

    Parameters
    ----------
    space : mapping of name to Choice or Range
    count : int
        How many.
    seed : int
        The same seed gives the same points.

    Examples
    --------
    >>> random_points({"C": Range(0.01, 100, log=True)}, count=2, seed=0)
    [{'C': 3.5...}, {'C': 0.1...}]
    """
    rng = np.random.default_rng(seed)
    points: dict[str, Point] = {}
    for _ in range(DRAWS * count):
        point = {name: axis.draw(rng) for name, axis in space.items()}
        points.setdefault(repr(point), point)
        if len(points) == count:
            break
    return list(points.values())
