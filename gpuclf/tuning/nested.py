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

from gpuclf._typing import Floats
from gpuclf.tuning.optuna_strategy import Guide
from gpuclf.tuning.space import Point, Space
from gpuclf.validation.fold_fitting import FoldFitting
from gpuclf.validation.fold_score import FoldScore
from gpuclf.validation.plan import Plan
from gpuclf.validation.setting import Setting

Make = Callable[[Point], Setting]
DIGITS = 12  # of scores that are compared: the order of a sum is no reason to choose


class Trials(NamedTuple):
    """Settings that were tried, and their scores in the folds of a plan.

    Parameters
    ----------
    settings : list of Setting
    inner : float64 array, shape (settings, folds)
        Mean score over inner folds; NaN where a setting was not tried.
    whole : float64 array, shape (settings,)
        The same over inner folds of all clips.
    tested : list of dict of int to FoldScore
        For every setting the folds on which it was tested.
    solvers : list of str
        What fitted each setting; empty for one that was never tested.
    scored : list of FoldScore
        All folds that were fitted, inner ones as well.
    """

    settings: list[Setting]
    inner: Floats
    whole: Floats
    tested: list[dict[int, FoldScore]]
    solvers: list[str]
    scored: list[FoldScore]

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


def try_all(fit: FoldFitting, settings: Sequence[Setting], plan: Plan) -> Trials:
    """Fit every setting in every fold, inner and outer.

    Parameters
    ----------
    fit : FoldFitting
    settings : sequence of Setting
    plan : Plan
        With inner folds.
    """
    families = [[fold, *inner] for fold, inner in zip(plan.folds, plan.inner, strict=True)]
    fitted = fit(settings, [*chain.from_iterable(families), *plan.whole])
    scores = np.array([[scored.score for scored in one.folds] for one in fitted])
    count, size = len(families), len(families[0])
    nested, whole = scores[:, : count * size], scores[:, count * size :]
    return Trials(
        settings=list(settings),
        inner=nested.reshape(len(settings), count, size)[:, :, 1:].mean(axis=2),
        whole=whole.mean(axis=1),
        tested=[dict(enumerate(one.folds[: count * size : size])) for one in fitted],
        solvers=[one.solver for one in fitted],
        scored=[scored for one in fitted for scored in one.folds],
    )


def try_guided(
    fit: FoldFitting, make: Make, space: Space, trials: int, plan: Plan, seed: int
) -> Trials:
    """Let every fold be guided to its settings by what its inner folds say of those before.

    Parameters
    ----------
    fit : FoldFitting
    make : callable
        Makes the setting of a point.
    space : mapping of name to Choice or Range
    trials : int
        How many points each fold tries.
    plan : Plan
        With inner folds.
    seed : int
        Of the guides, one a fold and one for all clips; they begin with the same points, which are
        fitted for all of them at once.
    """
    sets = [*plan.inner, plan.whole]
    guides = [Guide(space, seed) for _ in sets]
    settings: dict[str, Setting] = {}
    means: dict[str, dict[int, float]] = {}
    scored: list[FoldScore] = []
    for _ in range(trials):
        asked: dict[str, list[int]] = {}
        for number, guide in enumerate(guides):
            point = guide.ask()
            asked.setdefault(repr(point), []).append(number)
            settings.setdefault(repr(point), make(point))
        for name, numbers in asked.items():
            folds = list(chain.from_iterable(sets[number] for number in numbers))
            [fitted] = fit([settings[name]], folds)
            scored += fitted.folds
            scores = iter([one.score for one in fitted.folds])
            for number in numbers:
                mean = float(np.mean([next(scores) for _ in sets[number]]))
                means.setdefault(name, {})[number] = mean
                guides[number].tell(mean)
    names = list(settings)
    table = np.array([[means[name].get(n, np.nan) for n in range(len(sets))] for name in names])
    tried = Trials(
        settings=list(settings.values()),
        inner=table[:, :-1],
        whole=table[:, -1],
        tested=[{} for _ in names],
        solvers=["" for _ in names],
        scored=scored,
    )
    chosen = tried.chosen
    for which in dict.fromkeys(chosen):
        numbers = [number for number, one in enumerate(chosen) if one == which]
        [fitted] = fit([tried.settings[which]], [plan.folds[number] for number in numbers])
        tried.tested[which].update(zip(numbers, fitted.folds, strict=True))
        tried.solvers[which] = fitted.solver
        scored += fitted.folds
    return tried
