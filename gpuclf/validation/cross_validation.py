"""Repeated cross-validation: the one way in which gpuclf scores a classifier.

``inductive``: of every fold, scaling and SVM are learned from its training clips alone, and whole
clips are split, whatever is scored. ``thesis``: the notebook's way; all vectors are scaled first,
those of the test clips as well, and without majority voting the single vectors are split, so that a
clip's vectors stand on both sides. Its scores are optimistic; it is there to reproduce the thesis.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from gpuclf.backend import Backend, resolve
from gpuclf.errors import InputError, did_you_mean
from gpuclf.model.classifier import ClipClassifier
from gpuclf.svm import describe_unconverged
from gpuclf.validation.cv_result import CrossValidation
from gpuclf.validation.fold_fitting import Finished, Fitting
from gpuclf.validation.fold_score import FoldScore
from gpuclf.validation.permutation_test import check_permutable, permuted_plan
from gpuclf.validation.plan import Validation, check_counts, make_plan
from gpuclf.validation.progress import OnFold, OnProblems, Telling
from gpuclf.validation.setting import Setting
from gpuclf.vectors.feature_vectors import FeatureVectors


def cross_validate(
    clf: ClipClassifier,
    vectors: FeatureVectors,
    *,
    permutations: int = 0,
    on_fold: OnFold | None = None,
    on_problems: OnProblems | None = None,
    finished: Finished | None = None,
    **validation: Any,
) -> CrossValidation:
    """Cross-validate a classifier over clips, repeatedly.

    Parameters
    ----------
    clf : ClipClassifier
        Its parameters; it is not fitted itself.
    vectors : FeatureVectors
        Clips with their classes. If they have groups, no group stands on both sides of a split.
    permutations : int
        How often the whole run is repeated with permuted labels, to tell how likely its accuracy is
        if labels mean nothing: `CrossValidation.p_value`.
    on_fold : callable, optional
        Called with every `FoldScore` as it comes, and the number of folds in all.
    on_problems : callable, optional
        Called, while the shared solver works, with the two-class problems done so far and in all.
    finished : Finished, optional
        Where finished folds are looked up and kept: see `gpuclf.validation.journal`.
    **validation
        ``split="shuffle"``, ``folds=10``, ``test_size=0.1``, ``repeats=20``, ``seed=0``,
        ``protocol="inductive"``, ``majority_voting=True``, ``permute_labels=False``: see
        `gpuclf.validation.plan.Validation`.

    Returns
    -------
    CrossValidation

    Raises
    ------
    InputError
        If the clips cannot be split so, a class has one clip only, or ``nu`` is infeasible in some
        fold; before anything is fitted.

    Warns
    -----
    ConvergenceWarning
        If SVMs stopped before their tolerance, naming the first of them.
    UserWarning
        If training clips of a fold lack a class.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat([0, 1], 10)
    >>> X = (rng.normal(size=(20, 12, 5)) + y[:, None, None]).astype(np.float32)
    >>> vectors = FeatureVectors(X, y, ("blues", "rock"), np.arange(20).astype(str))
    >>> cross_validate(ClipClassifier(backend="cpu"), vectors, folds=5, repeats=2)
    <accuracy 100.0% +/- 0.0% over 2 x 5 folds, chance 50.0%>
    """
    backend = resolve(clf.backend)
    setting = Setting(with_parameters(clf, {}, backend), on_device(vectors, backend))
    how = Validation(**validation)
    return score_settings(
        [setting],
        how,
        backend,
        permutations=permutations,
        on_fold=on_fold,
        on_problems=on_problems,
        finished=finished,
    )[0]


class GridPoint(NamedTuple):
    """One setting of a grid, and what came of it."""

    parameters: dict[str, Any]
    result: CrossValidation


def cross_validate_grid(
    clf: ClipClassifier,
    vectors: FeatureVectors,
    grid: Mapping[str, Sequence[Any]],
    *,
    on_fold: OnFold | None = None,
    on_problems: OnProblems | None = None,
    finished: Finished | None = None,
    **validation: Any,
) -> list[GridPoint]:
    """Cross-validate a classifier over the same splits for every setting of a grid.

    The shared solver computes the kernel matrix once for each ``scale`` and ``kernel``, and solves
    the values of ``C`` or ``nu`` one from the other.

    Parameters
    ----------
    clf : ClipClassifier
        Its parameters, where the grid has none.
    vectors : FeatureVectors
        Clips with their classes.
    grid : mapping of parameter's name to values
        All combinations are scored, in the order of scikit-learn's ``ParameterGrid``.
    on_fold, on_problems, finished, **validation
        As of `cross_validate`; a fold is told of once for each setting.

    Returns
    -------
    list of GridPoint
        In the order of the combinations; ``seconds["fit"]`` is what all of them took together.

    Raises
    ------
    InputError
        As of `cross_validate`, or if a parameter is not known.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat([0, 1], 10)
    >>> X = (rng.normal(size=(20, 12, 5)) + y[:, None, None]).astype(np.float32)
    >>> vectors = FeatureVectors(X, y, ("blues", "rock"), np.arange(20).astype(str))
    >>> clf = ClipClassifier(backend="cpu")
    >>> for point in cross_validate_grid(clf, vectors, {"C": [1e-6, 1]}, folds=5, repeats=2):
    ...     print(point.parameters, point.result)
    {'C': 1e-06} <accuracy ...>
    {'C': 1} <accuracy 100.0% +/- 0.0% over 2 x 5 folds, chance 50.0%>
    """
    backend = resolve(clf.backend)
    vectors = on_device(vectors, backend)
    for name, values in grid.items():
        if not len(values):
            raise InputError(f"grid, {name}", got="no values", expected="at least one")
    from sklearn.model_selection import ParameterGrid

    points = list(ParameterGrid({name: list(values) for name, values in grid.items()}))
    settings = [Setting(with_parameters(clf, point, backend), vectors, point) for point in points]
    results = score_settings(
        settings,
        Validation(**validation),
        backend,
        on_fold=on_fold,
        on_problems=on_problems,
        finished=finished,
    )
    return [GridPoint(*pair) for pair in zip(points, results, strict=True)]


def score_settings(
    settings: Sequence[Setting],
    validation: Validation,
    backend: Backend,
    *,
    permutations: int = 0,
    on_fold: OnFold | None = None,
    on_problems: OnProblems | None = None,
    finished: Finished | None = None,
) -> list[CrossValidation]:
    """Cross-validate settings over the same splits.

    Parameters
    ----------
    settings : sequence of Setting
        Over the same clips; their vectors are on the device.
    validation : Validation
    backend : Backend
    permutations, on_fold, on_problems, finished
        As of `cross_validate`.

    Returns
    -------
    list of CrossValidation
        One a setting.
    """
    begun = time.perf_counter()
    vectors = settings[0].vectors
    specs = [setting.clf.spec for setting in settings]
    check_counts(validation, [int(setting.vectors.X.shape[1]) for setting in settings])
    plan = make_plan(vectors, vectors.X.shape[1], specs, validation)
    if plan.lacking:
        warnings.warn(plan.lacking, UserWarning, stacklevel=outside())
    check_permutable(vectors, validation, permutations)
    if permutations:  # what one cannot do, none can, but for rare labels
        permuted_plan(vectors, specs, validation, number=0)
    total = len(settings) * len(plan.folds) * (1 + permutations)
    telling = Telling(on_fold, on_problems, total, plan.pairs)
    fit = Fitting(validation, backend, telling, finished)
    all_fitted = fit(settings, plan.folds)
    permuted: list[list[float]] = [[] for _ in settings]
    for number in range(permutations):
        other = permuted_plan(vectors, specs, validation, number)
        for accuracies, fitted in zip(permuted, fit(settings, other.folds), strict=True):
            accuracies.append(float(np.mean([scored.score for scored in fitted.folds])))
    spent = time.perf_counter() - begun
    results = []
    for setting, fitted, accuracies in zip(settings, all_fitted, permuted, strict=True):
        warn_unconverged(fitted.folds, vectors.labels)
        seconds = {**setting.vectors.seconds, "fit": spent}
        result = CrossValidation.of(plan, fitted, setting.vectors, validation, backend, seconds)
        results.append(replace(result, permuted=np.array(accuracies)))
    return results


def on_device(vectors: FeatureVectors, backend: Backend) -> FeatureVectors:
    """Move vectors to the device."""
    return replace(vectors, X=backend.asarray(vectors.X))


def with_parameters(
    clf: ClipClassifier, parameters: Mapping[str, Any], backend: Backend
) -> ClipClassifier:
    """Copy a classifier with other parameters, and with the backend that computes.

    Raises
    ------
    InputError
        If one is not known.
    """
    known = clf.get_params().keys() - {"backend"}
    for name in parameters:
        if name not in known:
            raise InputError("grid", got=repr(name), expected=did_you_mean(name, sorted(known)))
    return clone(clf).set_params(backend=backend, **parameters)  # type: ignore[no-any-return]


def outside() -> int:
    """Tell how many callers up the first is that is outside this package, for a warning's place."""
    level, frame = 1, sys._getframe(1)
    while frame is not None and frame.f_globals["__name__"].startswith(
        ("gpuclf.validation", "gpuclf.tuning")
    ):
        level, frame = level + 1, frame.f_back  # type: ignore[assignment]
    return level


def warn_unconverged(scored: Sequence[FoldScore], labels: tuple[str, ...]) -> None:
    """Warn of SVMs that stopped before their tolerance, naming the first."""
    stuck = [fold for fold in scored if fold.unconverged]
    if stuck:
        first = stuck[0]
        names = [tuple(labels[c] for c in classes) for classes in first.unconverged]
        warnings.warn(
            f"in {len(stuck)} of {len(scored)} folds, first in {first.fold}, "
            f"{describe_unconverged(names)}",
            ConvergenceWarning,
            stacklevel=outside(),
        )
