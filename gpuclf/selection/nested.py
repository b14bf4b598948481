"""Trying settings: their scores in inner folds, the choice in each fold, and what it is worth.

Inner folds start where the solution over the training clips of their fold ends, so that the fold's
own SVMs are a by-product and nothing that is tested has a part in what chooses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gpuclf.selection.fitting import Fitting
from gpuclf.selection.guided import Guide
from gpuclf.selection.plan import Plan
from gpuclf.selection.scoring import FoldScore
from gpuclf.selection.setting import Setting
from gpuclf.selection.space import Point, Space

Make = Callable[[Point], Setting]
DIGITS = 12  # of scores that are compared: the order of a sum is no reason to choose


class Tried(NamedTuple):
    """What was tried in the folds of a plan.

    Parameters
    ----------
    settings : list of Setting
    inner : float64 array, shape (settings, folds)
        Mean score over inner folds; NaN where a setting was not tried.
    tested : list of dict of int to FoldScore
        For every setting the folds on which it was tested.
    solvers : list of str
        What fitted each setting; empty for one that was never tested.
    """

    settings: list[Setting]
    inner: npt.NDArray[np.float64]
    tested: list[dict[int, FoldScore]]
    solvers: list[str]

    @property
    def chosen(self) -> list[int]:
        """The setting that each fold's inner folds choose."""
        return [first_best(scores) for scores in self.inner.T]


def first_best(scores: npt.ArrayLike) -> int:
    """Find the highest of some scores, the first of several; NaN is left out.

    Examples
    --------
    >>> first_best([np.nan, 0.1 + 0.2, 0.3])
    1
    """
    return int(np.nanargmax(np.round(np.asarray(scores), DIGITS)))


def try_all(fit: Fitting, settings: Sequence[Setting], plan: Plan) -> Tried:
    """Fit every setting in every fold, inner and outer.

    Parameters
    ----------
    fit : Fitting
    settings : sequence of Setting
    plan : Plan
        With inner folds.
    """
    families = [[fold, *inner] for fold, inner in zip(plan.folds, plan.inner, strict=True)]
    fitted = fit(settings, list(chain.from_iterable(families)))
    scores = np.array([[scored.score for scored in one.folds] for one in fitted])
    size = len(families[0])
    return Tried(
        settings=list(settings),
        inner=scores.reshape(len(settings), len(families), size)[:, :, 1:].mean(axis=2),
        tested=[dict(enumerate(one.folds[::size])) for one in fitted],
        solvers=[one.solver for one in fitted],
    )


def try_guided(fit: Fitting, make: Make, space: Space, trials: int, plan: Plan, seed: int) -> Tried:
    """Let every fold be guided to its settings by what its inner folds say of those before.

    Parameters
    ----------
    fit : Fitting
    make : callable
        Makes the setting of a point.
    space : mapping of name to Choice or Range
    trials : int
        How many points each fold tries.
    plan : Plan
        With inner folds.
    seed : int
        Of the guides; they begin with the same points, which are fitted for all folds at once.
    """
    guides = [Guide(space, seed) for _ in plan.folds]
    settings: dict[str, Setting] = {}
    inner: dict[str, dict[int, float]] = {}
    for _ in range(trials):
        asked: dict[str, list[int]] = {}
        for number, guide in enumerate(guides):
            point = guide.ask()
            asked.setdefault(repr(point), []).append(number)
            settings.setdefault(repr(point), make(point))
        for name, numbers in asked.items():
            folds = list(chain.from_iterable(plan.inner[number] for number in numbers))
            [fitted] = fit([settings[name]], folds)
            scores = np.array([s.score for s in fitted.folds]).reshape(len(numbers), -1)
            for number, score in zip(numbers, scores.mean(axis=1).tolist(), strict=True):
                inner.setdefault(name, {})[number] = score
                guides[number].tell(score)
    names = list(settings)
    table = np.array([[inner[n].get(f, np.nan) for f in range(len(plan.folds))] for n in names])
    tried = Tried(list(settings.values()), table, [{} for _ in names], ["" for _ in names])
    chosen = tried.chosen
    for which in dict.fromkeys(chosen):
        numbers = [number for number, one in enumerate(chosen) if one == which]
        [fitted] = fit([tried.settings[which]], [plan.folds[number] for number in numbers])
        tried.tested[which].update(zip(numbers, fitted.folds, strict=True))
        tried.solvers[which] = fitted.solver
    return tried
