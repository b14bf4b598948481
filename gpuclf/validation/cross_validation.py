"""Repeated cross-validation of classifiers over clips.

Protocols. ``inductive``: scaling and SVM of a fold are fitted to its training clips only, and clips
are split whether clips or feature vectors are scored. ``thesis``: scaling is fitted to all clips
before the split, and without majority voting feature vectors are split, so that vectors of one clip
are in training and test. Test data leaks into training and scores are optimistic; the protocol
exists to reproduce the thesis.
"""

from __future__ import annotations

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
from gpuclf.validation.caller import caller_stacklevel
from gpuclf.validation.context import CheckpointStore, Context
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
    checkpoint: CheckpointStore | None = None,
    **validation: Any,
) -> CrossValidation:
    """Evaluate a classifier by repeated cross-validation over clips.

    Parameters
    ----------
    clf : ClipClassifier
        Classifier with the parameters to evaluate; it is not modified.
    vectors : FeatureVectors
        Feature vectors and labels of the clips. Clips of one group are never split between
        training and test.
    progress : callable, optional
        Called with a `gpuclf._utils.progress.Progress` after folds and two-class problems.
    checkpoint : gpuclf.validation.checkpoint.Checkpoint, optional
        Storage of completed folds, from which an interrupted run resumes.
    **validation
        Settings of the cross-validation: ``split="shuffle"``, ``folds=10``, ``test_size=0.1``,
        ``repeats=20``, ``seed=0``, ``protocol="inductive"``, ``majority_voting=True``,
        ``permute_labels=False``, ``permutations=0``. See `gpuclf.validation.options.Validation`.

    Returns
    -------
    CrossValidation

    Raises
    ------
    InputError
        If a setting is invalid, the clips cannot be split, a class has fewer than two clips, or
        ``nu`` is infeasible in a fold; raised before any fit.

    Warns
    -----
    ConvergenceWarning
        If an SVM did not converge; the message names the first. Before the fits, if features
        without scaling make them slow.
    UserWarning
        If a class is missing in the training clips of a fold.

    See Also
    --------
    cross_validate_grid : Cross-validation of several parameter settings over the same splits.
    gpuclf.nested_search : Parameter search evaluated by nested cross-validation.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat([0, 1], 10)
    >>> X = (rng.normal(size=(20, 12, 5)) + y[:, None, None]).astype(np.float32)
    >>> vectors = FeatureVectors(X, y, ("blues", "rock"), np.arange(20).astype(str))
    >>> cross_validate(ClipClassifier(backend="cpu"), vectors, folds=5, repeats=2)
    <accuracy 100.0% +/- 0.0% over 2 x 5 folds, majority class 50.0%>
    """
    backend = resolve(clf.backend)
    setting = Setting(with_parameters(clf, {}, backend), on_device(vectors, backend))
    context = Context(backend=backend, progress=progress, checkpoint=checkpoint)
    plan = plan_settings([setting], Validation(**validation))
    return score_settings([setting], plan, context)[0]


class GridPoint(NamedTuple):
    """Parameter setting of a grid and its cross-validation result."""

    parameters: dict[str, Any]
    result: CrossValidation


def cross_validate_grid(
    clf: ClipClassifier,
    vectors: FeatureVectors,
    grid: Mapping[str, Sequence[Any]],
    *,
    progress: OnProgress | None = None,
    checkpoint: CheckpointStore | None = None,
    **validation: Any,
) -> list[GridPoint]:
    """Evaluate a classifier for every parameter setting of a grid, over the same splits.

    With the shared solver the kernel matrix is computed once per ``scale`` and ``kernel``, and the
    solution for each value of ``C`` or ``nu`` starts from that of the previous value.

    Parameters
    ----------
    clf : ClipClassifier
        Classifier with the parameters that the grid does not set; it is not modified.
    vectors : FeatureVectors
        Feature vectors and labels of the clips.
    grid : mapping of str to sequence
        Values of each parameter; all combinations are evaluated.
    progress, checkpoint, **validation
        See `cross_validate`; each fold is reported once per setting.

    Returns
    -------
    list of GridPoint
        Pairs ``(parameters, result)`` in the order of scikit-learn's ``ParameterGrid``;
        ``seconds["fit"]`` of each result is the time of the whole grid.

    Raises
    ------
    InputError
        See `cross_validate`; also if a parameter is unknown or has no values.

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
    {'C': 1} <accuracy 100.0% +/- 0.0% over 2 x 5 folds, majority class 50.0%>
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
        See `cross_validate`.
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
        Settings over the same clips; their vectors are on the device.
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
    if plan.missing_class:
        warnings.warn(plan.missing_class, UserWarning, stacklevel=caller_stacklevel())
    if permutations:  # fail before fitting if labels cannot be permuted
        permuted_plan(vectors, specs, plan.validation, number=0)
    total = len(settings) * len(plan.folds) * (1 + permutations)
    fit = FoldFitting(plan, context, ProgressTracker(context, total, plan.pairs))
    all_fitted = fit(settings, plan.folds)
    permuted: list[list[float]] = [[] for _ in settings]
    for number in range(permutations):
        folds = permuted_plan(vectors, specs, plan.validation, number).folds
        for accuracies, fitted in zip(permuted, fit(settings, folds), strict=True):
            accuracies.append(_pooled_accuracy(fitted.folds, plan.shape))
    elapsed = time.perf_counter() - start
    results = []
    for setting, fitted, accuracies in zip(settings, all_fitted, permuted, strict=True):
        warn_unconverged(fitted.folds, vectors.labels)
        seconds = {**setting.vectors.seconds, "fit": elapsed}
        result = CrossValidation.of(plan, fitted, setting.vectors, context.backend, seconds)
        results.append(replace(result, permuted=np.array(accuracies)))
    return results


def _pooled_accuracy(folds: Sequence[FoldScore], shape: tuple[int, int]) -> float:
    """Return the accuracy pooled over the folds of each repeat, mean over repeats."""
    scores = np.reshape([score.score for score in folds], shape)
    sizes = np.reshape([len(score.fold.test) for score in folds], shape)
    return float(np.mean(np.average(scores, axis=1, weights=sizes)))


def on_device(vectors: FeatureVectors, backend: Backend) -> FeatureVectors:
    """Return the feature vectors with ``X`` on the device of the backend."""
    return replace(vectors, X=backend.asarray(vectors.X))


def with_parameters(
    clf: ClipClassifier, parameters: Mapping[str, Any], backend: Backend
) -> ClipClassifier:
    """Return an unfitted copy of a classifier with other parameters and a resolved backend.

    Raises
    ------
    InputError
        If a parameter is unknown.
    """
    known = clf.get_params().keys() - {"backend"}
    for name in parameters:
        if name not in known:
            raise InputError("grid", got=repr(name), expected=did_you_mean(name, sorted(known)))
    return clone(clf).set_params(backend=backend, **parameters)  # type: ignore[no-any-return]


def warn_unconverged(scored: Sequence[FoldScore], labels: tuple[str, ...]) -> None:
    """Warn once of all SVMs that did not converge; the message names those of the first fold."""
    unconverged = [score for score in scored if score.unconverged]
    if unconverged:
        first = unconverged[0]
        names = [tuple(labels[c] for c in classes) for classes in first.unconverged]
        warnings.warn(
            f"in {len(unconverged)} of {len(scored)} folds, first in {first.fold}, "
            f"{describe_unconverged(names)}",
            ConvergenceWarning,
            stacklevel=caller_stacklevel(),
        )
