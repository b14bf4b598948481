"""Search spaces: for each hyper-parameter, a choice of values or a range of numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from gpuclf.errors import InputError

DRAWS_PER_POINT = 20  # a space with a range may still have fewer distinct points than requested


@dataclass(frozen=True)
class Choice:
    """A choice of values.

    Parameters
    ----------
    values : tuple
        At least one; of any type.

    Raises
    ------
    InputError
        If there are no values.
    """

    values: tuple[Any, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise InputError("choice", got="no values", expected="at least one")

    def suggest(self, trial: Any, name: str) -> Any:
        """Return the value that an optuna trial suggests."""
        return self.values[trial.suggest_categorical(name, range(len(self.values)))]

    @property
    def ends(self) -> tuple[Any, ...]:
        """Values to check before a search: all of them."""
        return self.values


@dataclass(frozen=True)
class Range:
    """A range of numbers, both ends included.

    Parameters
    ----------
    low, high : float or int
    whole : bool
        Draw integers.
    log : bool
        Draw from the log-uniform distribution instead of the uniform one.

    Raises
    ------
    InputError
        If ``low`` is not below ``high``, or not above 0 for a log-uniform distribution.
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

    def rvs(self, random_state: np.random.RandomState) -> float | int:
        """Draw a number, as scikit-learn's ``ParameterSampler`` requires of a distribution.

        Parameters
        ----------
        random_state : RandomState

        Returns
        -------
        float, or int if ``whole``
            An integer has the probability of all numbers that round to it.
        """
        half = 0.5 if self.whole else 0.0
        low, high = self.low - half, self.high + half
        if self.log:
            number = math.exp(random_state.uniform(math.log(low), math.log(high)))
        else:
            number = random_state.uniform(low, high)
        number = min(max(round(number) if self.whole else number, self.low), self.high)
        return int(number) if self.whole else float(number)

    def suggest(self, trial: Any, name: str) -> float | int:
        """Return the number that an optuna trial suggests."""
        suggest = trial.suggest_int if self.whole else trial.suggest_float
        number: float | int = suggest(name, self.low, self.high, log=self.log)
        return number

    @property
    def ends(self) -> tuple[float, float]:
        """Values to check before a search: the lowest and the highest."""
        return self.low, self.high

    def __str__(self) -> str:
        return f"{self.low:g}..{self.high:g}"


Axis = Choice | Range
Space = Mapping[str, Axis]
Point = dict[str, Any]


def as_axis(values: Axis | Iterable[Any]) -> Axis:
    """Convert plain values to a `Choice`.

    Examples
    --------
    >>> as_axis([1, 10]), as_axis(Choice((1, 10)))
    (Choice(values=(1, 10)), Choice(values=(1, 10)))
    """
    return values if isinstance(values, Choice | Range) else Choice(tuple(values))


def as_space(space: Mapping[str, Axis | Iterable[Any]]) -> dict[str, Axis]:
    """Convert the plain values of every hyper-parameter to a `Choice`; see `as_axis`."""
    return {name: as_axis(values) for name, values in space.items()}


def grid_points(space: Space) -> list[Point]:
    """List all combinations, in the order of scikit-learn's ``ParameterGrid``.

    Parameters
    ----------
    space : mapping of name to Choice

    Raises
    ------
    InputError
        If the space has a range.

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
    """List all combinations of values and of the ends of ranges."""
    from sklearn.model_selection import ParameterGrid

    return list(ParameterGrid({name: axis.ends for name, axis in space.items()}))


def random_points(space: Space, count: int, seed: int) -> list[Point]:
    """Draw distinct points at random; fewer, if the space has fewer.

    Parameters
    ----------
    space : mapping of name to Choice or Range
    count : int
        Number of points.
    seed : int
        The same seed gives the same points.

    Examples
    --------
    >>> random_points({"C": Range(0.01, 100, log=True)}, count=2, seed=0)
    [{'C': 1.5...}, {'C': 7.2...}]
    """
    from sklearn.model_selection import ParameterGrid, ParameterSampler

    axes = {
        name: axis if isinstance(axis, Range) else list(_distinct(axis.values))
        for name, axis in space.items()
    }
    if any(isinstance(axis, Range) for axis in axes.values()):
        draws = DRAWS_PER_POINT * count
    else:  # points are drawn without replacement
        draws = min(count, len(ParameterGrid(axes)))
    sampler = ParameterSampler(axes, draws, random_state=seed)
    return list(islice(_distinct(sampler), count))


def _distinct(values: Iterable[Any]) -> Iterable[Any]:
    """Skip repeated values, which need not be hashable; 1, 1.0 and True are distinct."""
    seen: set[str] = set()
    for value in values:
        if repr(value) not in seen:
            seen.add(repr(value))
            yield value
