"""Solvers of folds: jointly over one kernel matrix, or separately, fold by fold."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from gpuclf._typing import Floats, Ints
from gpuclf.backend import Backend
from gpuclf.model.fold_fit import fold_vectors, judge_fold, weights_of_present
from gpuclf.svm import KernelMatrix, solve_folds
from gpuclf.validation.fold import Fold
from gpuclf.validation.fold_score import FoldScore
from gpuclf.validation.pipelines import transformed
from gpuclf.validation.plan import Plan
from gpuclf.validation.setting import Setting
from gpuclf.vectors.feature_vectors import FeatureVectors
from gpuclf.vectors.scaling import fit_scaler


def prepare_vectors(setting: Setting, plan: Plan, backend: Backend) -> tuple[FeatureVectors, str]:
    """Apply the protocol: return the vectors to split and the scaling to fit in every fold."""
    vectors, scale = setting.vectors, setting.clf.scale
    if plan.scale_first:
        X = vectors.X
        scaler = fit_scaler(X.reshape(-1, X.shape[-1]), scale, backend.xp)
        vectors = replace(vectors, X=scaler.transform(X, backend.dtype))
        scale = "none"
    return (vectors.as_single_vectors() if plan.split_vectors else vectors), scale


def solve_shared(
    kernel: KernelMatrix,
    settings: Sequence[Setting],
    folds: Sequence[Fold],
    plan: Plan,
    on_solved: Callable[[int], None],
) -> Iterator[list[FoldScore]]:
    """Solve all folds of settings that differ only in C or nu, over one kernel matrix.

    Parameters
    ----------
    kernel : KernelMatrix
        Kernel matrix of the vectors returned by `prepare_vectors`.
    settings : sequence of Setting
    folds : sequence of Fold
    plan : Plan
    on_solved : callable
        Called with the number of two-class problems solved since the last call.

    Yields
    ------
    list of FoldScore
        One per setting, fold by fold.
    """
    clf, labels = settings[0].clf, settings[0].vectors.labels
    kernel = replace(kernel, spec=clf.spec)
    values = [setting.value for setting in settings]
    weight = clf.class_weight_of(labels)
    results = solve_folds(kernel, folds, len(labels), values, weight, on_solved)
    for fold, decided in zip(folds, results, strict=True):
        yield [
            _score(
                fold,
                plan,
                labels,
                one.votes,
                None if fold.scores_only else one.scores,
                one.unconverged,
            )
            for one in decided
        ]


def fit_separately(
    setting: Setting, folds: Sequence[Fold], plan: Plan, solver: str, backend: Backend
) -> Iterator[list[FoldScore]]:
    """Fit one setting fold by fold; transformers are fitted to the training clips of each fold.

    Parameters
    ----------
    setting : Setting
    folds : sequence of Fold
    plan : Plan
    solver : {"shared", "library"}
        Solver of each fold.
    backend : Backend

    Yields
    ------
    list of FoldScore
        List of one score, fold by fold.
    """
    vectors, scale = prepare_vectors(setting, plan, backend)
    labels = setting.vectors.labels
    weight = setting.clf.class_weight_of(labels)
    clf = clone(setting.clf).set_params(scale=scale, solver=solver, class_weight=weight)
    clf.set_params(probability=False, target_precision=None)  # by the inner folds of the plan

    def fit(fold: Fold) -> list[FoldScore]:
        X_train, X_test = fold_vectors(vectors.X, fold.train, fold.test, clf.kernel, backend)
        y = fold.y[fold.train]
        if setting.transformers is not None:
            X_train, X_test = map(backend.to_host, (X_train, X_test))
            if setting.rows:
                X_train, X_test = (X.reshape(len(X), -1) for X in (X_train, X_test))
            X_train, X_test = transformed(setting.transformers, X_train, y, X_test)
        of_clips = None if fold.weight is None else fold.weight[fold.train]
        fitted = clone(clf).set_params(class_weight=weights_of_present(weight, y))
        fitted.fit(X_train, y, sample_weight=of_clips)
        votes, decisions = judge_fold(fitted, X_test, len(labels), backend)
        kept = None if fold.scores_only else decisions
        return [_score(fold, plan, labels, votes, kept, fitted.unconverged())]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # reported once for all folds
        yield from backend.map(fit, folds)


def _score(
    fold: Fold,
    plan: Plan,
    labels: tuple[str, ...],
    votes: Ints,
    decisions: Floats | None,
    unconverged: list[tuple[Any, ...]],
) -> FoldScore:
    """Score a fold; votes and decision values of single vectors are grouped by clip."""
    clips, classes = len(fold.test), len(labels)
    return FoldScore.of(
        fold,
        votes.reshape(clips, -1),
        None if decisions is None else decisions.reshape(clips, -1, classes),
        classes,
        [tuple(map(int, pair)) for pair in unconverged],
        plan.validation.majority_voting,
    )
