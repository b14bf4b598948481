"""Evaluation of parameter settings in the inner and outer folds of a nested cross-validation.

The SVMs of inner folds are initialised with the solution over the training clips of their outer
fold, which does not involve its test clips and is needed to score the setting in the outer fold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gpuclf._typing import Floats
from gpuclf.tuning.optuna_strategy import OptunaStudy
from gpuclf.tuning.space import Point, Space
from gpuclf.validation.fold_fitting import FoldFitting
from gpuclf.validation.fold_score import FoldScore
from gpuclf.validation.plan import Plan
from gpuclf.validation.setting import Setting

MakeSetting = Callable[[Point], Setting]
DECIMALS = 12  # scores that differ by rounding errors of a mean only are ties


class Trials(NamedTuple):
    """Scores of parameter settings in the folds of a plan.

    Parameters
    ----------
    settings : list of Setting
        Evaluated settings.
    inner : float64 array, shape (settings, folds)
        Mean score over the inner folds of each outer fold; NaN where a setting was not evaluated.
    whole : float64 array, shape (settings,)
        Mean score over the inner folds of all clips; NaN likewise.
    tested : list of dict of int to FoldScore
        For each setting, its scores on the test clips by the index of the outer fold.
    solvers : list of str
        Solver of each setting; empty for a setting without test scores.
    scored : list of FoldScore
        Scores of all fitted folds, inner and outer.
    """

    settings: list[Setting]
    inner: Floats
    whole: Floats
    tested: list[dict[int, FoldScore]]
    solvers: list[str]
    scored: list[FoldScore]

    @property
    def chosen(self) -> list[int]:
        """Index of the setting with the best inner score, for each outer fold."""
        return [best_index(scores) for scores in self.inner.T]


def best_index(scores: npt.ArrayLike) -> int:
    """Return the index of the highest score, the first one of ties; NaN is ignored.

    Examples
    --------
    >>> best_index([np.nan, 0.1 + 0.2, 0.3])
    1
    """
    return int(np.nanargmax(np.round(np.asarray(scores), DECIMALS)))


def evaluate_all(fit: FoldFitting, settings: Sequence[Setting], plan: Plan) -> Trials:
    """Return the scores of all settings in all folds, inner and outer.

    Parameters
    ----------
    fit : FoldFitting
        Fits settings in folds.
    settings : sequence of Setting
        Settings over the same clips.
    plan : Plan
        Plan with inner folds.
    """
    families = [[fold, *inner] for fold, inner in zip(plan.folds, plan.inner, strict=True)]
    fitted = fit(settings, [*chain.from_iterable(families), *plan.whole])
    scores = np.array([[scored.value(plan.metric) for scored in one.folds] for one in fitted])
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


def evaluate_guided(
    fit: FoldFitting, make: MakeSetting, space: Space, n_trials: int, plan: Plan, seed: int
) -> Trials:
    """Return the scores of the settings that a guided search suggests for each outer fold.

    One study per outer fold, and one for all clips, suggests settings given the inner scores of the
    previous ones. The best setting of each outer fold is scored on its test clips.

    Parameters
    ----------
    fit : FoldFitting
        Fits settings in folds.
    make : callable
        Returns the setting of a point.
    space : mapping of str to Choice or Range
        Search space.
    n_trials : int
        Number of points per study.
    plan : Plan
        Plan with inner folds.
    seed : int
        Random seed of all studies; their first points are the same and are fitted together.
    """
    inner_folds = [*plan.inner, plan.whole]
    studies = [OptunaStudy(space, seed) for _ in inner_folds]
    settings: dict[str, Setting] = {}
    means: dict[str, dict[int, float]] = {}
    scored: list[FoldScore] = []
    for _ in range(n_trials):
        suggested: dict[str, list[int]] = {}
        for number, study in enumerate(studies):
            point = study.ask()
            suggested.setdefault(repr(point), []).append(number)
            settings.setdefault(repr(point), make(point))
        for name, numbers in suggested.items():
            folds = list(chain.from_iterable(inner_folds[number] for number in numbers))
            [fitted] = fit([settings[name]], folds)
            scored += fitted.folds
            scores = iter([one.value(plan.metric) for one in fitted.folds])
            for number in numbers:
                mean = float(np.mean([next(scores) for _ in inner_folds[number]]))
                means.setdefault(name, {})[number] = mean
                studies[number].tell(mean)
    names = list(settings)
    table = np.array([[means[name].get(n, np.nan) for n in range(len(studies))] for name in names])
    trials = Trials(
        settings=list(settings.values()),
        inner=table[:, :-1],
        whole=table[:, -1],
        tested=[{} for _ in names],
        solvers=["" for _ in names],
        scored=scored,
    )
    chosen = trials.chosen
    for which in dict.fromkeys(chosen):
        numbers = [number for number, one in enumerate(chosen) if one == which]
        [fitted] = fit([trials.settings[which]], [plan.folds[number] for number in numbers])
        trials.tested[which].update(zip(numbers, fitted.folds, strict=True))
        trials.solvers[which] = fitted.solver
        scored += fitted.folds
    return trials
