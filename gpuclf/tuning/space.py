"""Search spaces: a list of values or a range of numbers for each hyper-parameter."""

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
    """List of values of a hyper-parameter.

    Parameters
    ----------
    values : tuple
        At least one value, of any type.

    Raises
    ------
    InputError
        If there are no values.

    Examples
    --------
    >>> Choice((0.1, 1, 10))
    Choice(values=(0.1, 1, 10))
    """

    values: tuple[Any, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise InputError("choice", got="no values", expected="at least one value")

    def suggest(self, trial: Any, name: str) -> Any:
        """Return the value that an optuna trial suggests."""
        return self.values[trial.suggest_categorical(name, range(len(self.values)))]

    @property
    def ends(self) -> tuple[Any, ...]:
        """Values to check before a search: all of them."""
        return self.values


@dataclass(frozen=True)
class Range:
    """Range of values of a numeric hyper-parameter, both ends included.

    Parameters
    ----------
    low, high : float or int
        Lowest and highest value.
    whole : bool
        Whether to draw integers.
    log : bool
        Whether to draw from a log-uniform instead of a uniform distribution.

    Raises
    ------
    InputError
        If ``low`` is not below ``high``, or not above 0 for a log-uniform distribution.

    Examples
    --------
    >>> str(Range(0.01, 100, log=True))
    '0.01..100'
    """

    low: float
    high: float
    whole: bool = False
    log: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise InputError("range", got=str(self), expected="LOW..HIGH with LOW < HIGH")
        if self.log and self.low <= 0:
            raise InputError("range", got=str(self), expected="positive numbers")

    def rvs(self, random_state: np.random.RandomState) -> float | int:
        """Return a random number; the method that scikit-learn's ``ParameterSampler`` calls.

        Parameters
        ----------
        random_state : RandomState
            Random number generator.

        Returns
        -------
        float, or int if ``whole``
            A number from the distribution, rounded if ``whole``.
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
    """Convert plain values to a `Choice`; return a `Choice` or a `Range` unchanged.

    Examples
    --------
    >>> as_axis([1, 10]), as_axis(Choice((1, 10)))
    (Choice(values=(1, 10)), Choice(values=(1, 10)))
    """
    return values if isinstance(values, Choice | Range) else Choice(tuple(values))


def as_space(space: Mapping[str, Axis | Iterable[Any]]) -> dict[str, Axis]:
    """Convert the plain values of each hyper-parameter to a `Choice`."""
    return {name: as_axis(values) for name, values in space.items()}


def grid_points(space: Space) -> list[Point]:
    """Return all combinations of values, in the order of scikit-learn's ``ParameterGrid``.

    Parameters
    ----------
    space : mapping of str to Choice
        Search space.

    Returns
    -------
    list of dict
        Hyper-parameters of each point.

    Raises
    ------
    InputError
        If the space contains a range.

    Examples
    --------
    >>> grid_points({"C": Choice((1, 10)), "scale": Choice(("none",))})
    [{'C': 1, 'scale': 'none'}, {'C': 10, 'scale': 'none'}]
    """
    for name, axis in space.items():
        if isinstance(axis, Range):
            expected = "values, as in 1,10,100; ranges require --method random or guided"
            raise InputError(f"grid, {name}", got=f"the range {axis}", expected=expected)
    return corners(space)


def corners(space: Space) -> list[Point]:
    """Return all combinations of the values of choices and the ends of ranges."""
    from sklearn.model_selection import ParameterGrid

    return list(ParameterGrid({name: axis.ends for name, axis in space.items()}))


def random_points(space: Space, count: int, seed: int) -> list[Point]:
    """Return distinct random points of a space.

    Parameters
    ----------
    space : mapping of str to Choice or Range
        Search space.
    count : int
        Number of points.
    seed : int
        Random seed; the same seed gives the same points.

    Returns
    -------
    list of dict
        Hyper-parameters of each point; fewer than ``count`` if the space has fewer points.

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
    """Yield distinct values, which need not be hashable; 1, 1.0 and True are distinct."""
    seen: set[str] = set()
    for value in values:
        if repr(value) not in seen:
            seen.add(repr(value))
            yield value
