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

from gpuclf._utils.progress import OnProgress
from gpuclf.backend import Backend, resolve
from gpuclf.errors import InputError, did_you_mean
from gpuclf.model.classifier import ClipClassifier
from gpuclf.svm import describe_unconverged
from gpuclf.validation.context import Context, Finished
from gpuclf.validation.cv_result import CrossValidation
from gpuclf.validation.fold_fitting import FoldFitting
from gpuclf.validation.fold_score import FoldScore
from gpuclf.validation.options import Validation
from gpuclf.validation.permutation_test import check_permutable, permuted_plan
from gpuclf.validation.plan import Plan, make_plan
from gpuclf.validation.progress import ProgressTracker
from gpuclf.validation.setting import Setting
from gpuclf.vectors.feature_vectors import FeatureVectors


def cross_validate(
    clf: ClipClassifier,
    vectors: FeatureVectors,
    *,
    progress: OnProgress | None = None,
    checkpoint: Finished | None = None,
    **validation: Any,
) -> CrossValidation:
    """Cross-validate a classifier over clips, repeatedly.

    Parameters
    ----------
    clf : ClipClassifier
        Its parameters; it is not fitted itself.
    vectors : FeatureVectors
        Clips with their classes. If they have groups, no group stands on both sides of a split.
    progress : callable, optional
        Called with a `gpuclf._utils.progress.Progress` of folds and of two-class problems.
    checkpoint : Finished, optional
        Where finished folds are looked up and kept: a `gpuclf.validation.checkpoint.Checkpoint`.
    **validation
        ``split="shuffle"``, ``folds=10``, ``test_size=0.1``, ``repeats=20``, ``seed=0``,
        ``protocol="inductive"``, ``majority_voting=True``, ``permute_labels=False``,
        ``permutations=0``: see `gpuclf.validation.options.Validation`.

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
    context = Context(backend=backend, progress=progress, checkpoint=checkpoint)
    plan = plan_settings([setting], Validation(**validation))
    return score_settings([setting], plan, context)[0]


class GridPoint(NamedTuple):
    """One setting of a grid, and what came of it."""

    parameters: dict[str, Any]
    result: CrossValidation


def cross_validate_grid(
    clf: ClipClassifier,
    vectors: FeatureVectors,
    grid: Mapping[str, Sequence[Any]],
    *,
    progress: OnProgress | None = None,
    checkpoint: Finished | None = None,
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
    progress, checkpoint, **validation
        As of `cross_validate`; a fold is reported once for each setting.

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
    context = Context(backend=backend, progress=progress, checkpoint=checkpoint)
    plan = plan_settings(settings, Validation(**validation))
    results = score_settings(settings, plan, context)
    return [GridPoint(*pair) for pair in zip(points, results, strict=True)]


def plan_settings(settings: Sequence[Setting], validation: Validation) -> Plan:
    """Plan the cross-validation of settings over the same clips.

    Parameters
    ----------
    settings : sequence of Setting
    validation : Validation

    Returns
    -------
    Plan

    Raises
    ------
    InputError
        As of `cross_validate`.
    """
    vectors = settings[0].vectors
    check_permutable(vectors, validation)
    counts = [int(setting.vectors.X.shape[1]) for setting in settings]
    return make_plan(vectors, counts, [setting.clf.spec for setting in settings], validation)


def score_settings(
    settings: Sequence[Setting], plan: Plan, context: Context
) -> list[CrossValidation]:
    """Cross-validate settings over the same splits.

    Parameters
    ----------
    settings : sequence of Setting
        Over the same clips; their vectors are on the device.
    plan : Plan
    context : Context

    Returns
    -------
    list of CrossValidation
        One per setting.
    """
    start = time.perf_counter()
    vectors, permutations = settings[0].vectors, plan.validation.permutations
    specs = [setting.clf.spec for setting in settings]
    if plan.lacking:
        warnings.warn(plan.lacking, UserWarning, stacklevel=outside())
    if permutations:  # what one cannot do, none can, but for rare labels
        permuted_plan(vectors, specs, plan.validation, number=0)
    total = len(settings) * len(plan.folds) * (1 + permutations)
    fit = FoldFitting(plan, context, ProgressTracker(context, total, plan.pairs))
    all_fitted = fit(settings, plan.folds)
    permuted: list[list[float]] = [[] for _ in settings]
    for number in range(permutations):
        other = permuted_plan(vectors, specs, plan.validation, number)
        for accuracies, fitted in zip(permuted, fit(settings, other.folds), strict=True):
            accuracies.append(float(np.mean([scored.score for scored in fitted.folds])))
    spent = time.perf_counter() - start
    results = []
    for setting, fitted, accuracies in zip(settings, all_fitted, permuted, strict=True):
        warn_unconverged(fitted.folds, vectors.labels)
        seconds = {**setting.vectors.seconds, "fit": spent}
        result = CrossValidation.of(plan, fitted, setting.vectors, context.backend, seconds)
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
