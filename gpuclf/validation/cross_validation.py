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
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import Pipeline

from gpuclf._typing import Array, Floats
from gpuclf._utils.keywords import suggest_keywords
from gpuclf._utils.progress import OnProgress
from gpuclf.backend import Backend, resolve
from gpuclf.errors import InputError, did_you_mean
from gpuclf.model.classifier import ClipClassifier
from gpuclf.model.targets import checked_weights
from gpuclf.svm import describe_unconverged
from gpuclf.validation.caller import caller_stacklevel
from gpuclf.validation.clip_arrays import as_vectors, class_weight_of_codes
from gpuclf.validation.context import CheckpointStore, Context
from gpuclf.validation.cv_result import CrossValidation
from gpuclf.validation.fold_fitting import FoldFitting
from gpuclf.validation.fold_score import FoldScore
from gpuclf.validation.held_out import calibration_folds, fit_calibrated
from gpuclf.validation.options import ProtocolName, SplitName, Validation
from gpuclf.validation.permutation_test import check_permutable, permuted_plan
from gpuclf.validation.pipelines import split_pipeline
from gpuclf.validation.plan import Plan, make_plan
from gpuclf.validation.progress import ProgressTracker
from gpuclf.validation.setting import Setting
from gpuclf.validation.splitter import Pairs, Splitter, choose_splits
from gpuclf.vectors.feature_vectors import FeatureVectors


@suggest_keywords()
def cross_validate(
    estimator: ClipClassifier | Pipeline,
    X: FeatureVectors | npt.ArrayLike | Array,
    y: npt.ArrayLike | None = None,
    *,
    groups: npt.ArrayLike | None = None,
    cv: int | Splitter | Pairs | None = None,
    split: SplitName | None = None,
    folds: int | None = None,
    test_size: float | None = None,
    repeats: int | None = None,
    seed: int = 0,
    protocol: ProtocolName = "inductive",
    majority_voting: bool = True,
    permute_labels: bool = False,
    permutations: int = 0,
    sample_weight: npt.ArrayLike | None = None,
    progress: OnProgress | None = None,
    checkpoint: CheckpointStore | None = None,
) -> CrossValidation:
    """Evaluate a classifier by repeated cross-validation over clips.

    Parameters
    ----------
    estimator : ClipClassifier, or Pipeline that ends with one
        Classifier with the parameters to evaluate; it is not modified. The transformers of a
        pipeline get NumPy arrays of the shape of ``X``, ``(clips, V, n)`` for `FeatureVectors`, and
        are fitted to the training clips of each fold. `gpuclf.VectorTransformer` applies a
        transformer to single feature vectors.
    X : FeatureVectors, or float array of shape (clips, V, n) or (clips, V * n)
        Feature vectors of the clips; rows have ``n_vectors_per_clip`` vectors each.
    y : array, shape (clips,), optional
        Label of each clip; required for an array, and by default those of `FeatureVectors`.
    groups : array, shape (clips,), optional
        Group of each clip, by default those of `FeatureVectors`. Clips of one group are never split
        between training and test.
    cv : int, splitter of scikit-learn, or iterable of (train, test), optional
        Instead of ``split``, ``folds``, ``test_size`` and ``repeats``. A number is that of shuffled
        stratified folds, which keep groups together, with one repeat by default. Other splitters
        get the classes and the groups of the clips.
    split : {"shuffle", "stratified-shuffle", "kfold", "stratified-kfold", "predefined"}, optional
        Splitter; "shuffle" by default. "predefined" tests the folds of `FeatureVectors`.
    folds : int, optional
        Number of folds per repeat; 10 by default.
    test_size : float, optional
        Fraction of the clips in the test set, for "shuffle" and "stratified-shuffle"; 0.1 by
        default.
    repeats : int, optional
        Number of repeats of the cross-validation; 20 by default.
    seed : int, default 0
        Random seed; repeat r uses ``seed + r``.
    protocol : {"inductive", "thesis"}, default "inductive"
        Evaluation protocol; "thesis" scales over all clips before the split, so that test data
        leaks into training.
    majority_voting : bool, default True
        Whether to score clips, by majority vote of their feature vectors, or feature vectors.
    permute_labels : bool, default False
        Whether to permute the labels (sanity check: the expected accuracy is chance level).
    permutations : int, default 0
        Number of permutations of the permutation test.
    sample_weight : float array, shape (clips,), optional
        Weight of each clip in training, see `ClipClassifier.fit`; clips with weight 0 are tested,
        but not trained on. Scores are not weighted.
    progress : callable, optional
        Called with a `gpuclf._utils.progress.Progress` after folds and two-class problems.
    checkpoint : gpuclf.validation.checkpoint.Checkpoint, optional
        Storage of completed folds, from which an interrupted run resumes.

    Returns
    -------
    CrossValidation

    Raises
    ------
    InputError
        If a parameter is unknown or invalid, the clips cannot be split, a class has fewer than two
        clips, or ``nu`` is infeasible in a fold; raised before any fit.

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
    >>> y = np.repeat(["blues", "rock"], 10)
    >>> X = rng.normal(size=(20, 12, 5)) + (y == "rock")[:, None, None]
    >>> cross_validate(ClipClassifier(backend="cpu"), X, y, cv=5)
    <accuracy 100.0% +/- 0.0% over 1 x 5 folds, majority class 50.0%>

    Any splitter, such as one that leaves one speaker out:

    >>> from sklearn.model_selection import LeaveOneGroupOut
    >>> speakers = np.tile(["a", "b", "c", "d", "e"], 4)
    >>> clf = ClipClassifier(backend="cpu")
    >>> cross_validate(clf, X, y, groups=speakers, cv=LeaveOneGroupOut())
    <accuracy 100.0% +/- 0.0% over 1 x 5 folds, majority class 50.0%>
    """
    transformers, clf = split_pipeline(estimator)
    backend = resolve(clf.backend)
    vectors, classes, rows = as_vectors(X, y, groups, clf.n_vectors_per_clip, backend)
    clf = with_parameters(clf, {}, backend)
    if classes is not None:
        clf.set_params(class_weight=class_weight_of_codes(clf.class_weight, classes))
    splitter, splits = choose_splits(
        cv, {"split": split, "folds": folds, "test_size": test_size, "repeats": repeats}
    )
    validation = Validation(
        **splits,
        seed=seed,
        protocol=protocol,
        majority_voting=majority_voting,
        permute_labels=permute_labels,
        permutations=permutations,
    )
    if transformers is not None and validation.scale_first:
        raise InputError("protocol", got="'thesis' with a Pipeline", expected="'inductive'")
    setting = Setting(clf, vectors, transformers=transformers, rows=rows)
    weight = checked_weights(sample_weight, len(vectors))
    plan = plan_settings([setting], validation, splitter, weight)
    context = Context(backend=backend, progress=progress, checkpoint=checkpoint)
    return score_settings([setting], plan, context)[0]


def plan_settings(
    settings: Sequence[Setting],
    validation: Validation,
    splitter: Splitter | None = None,
    weight: Floats | None = None,
) -> Plan:
    """Plan the cross-validation of settings over the same clips.

    Parameters
    ----------
    settings : sequence of Setting
    validation : Validation
    splitter, weight
        See `make_plan`.

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
    inner = calibration_folds(any(one.clf.probability for one in settings), validation)
    specs = [setting.clf.spec for setting in settings]
    return make_plan(
        vectors, counts, specs, validation, inner=inner, splitter=splitter, weight=weight
    )


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
        permuted_plan(vectors, specs, plan, number=0)
    total = len(settings) * (len(plan.folds) * (1 + permutations) + sum(map(len, plan.inner)))
    fit = FoldFitting(plan, context, ProgressTracker(context, total, plan.pairs))
    all_fitted = fit_calibrated(fit, settings, plan)
    permuted: list[list[float]] = [[] for _ in settings]
    for number in range(permutations):
        folds = permuted_plan(vectors, specs, plan, number).folds
        for accuracies, fitted in zip(permuted, fit(settings, folds), strict=True):
            accuracies.append(_pooled_accuracy(fitted.folds, plan.shape))
    elapsed = time.perf_counter() - start
    results = []
    for one, (fitted, held_out), accuracies in zip(settings, all_fitted, permuted, strict=True):
        warn_unconverged(fitted.folds, vectors.labels)
        seconds = {**one.vectors.seconds, "fit": elapsed}
        result = CrossValidation.of(plan, fitted, one.vectors, context.backend, seconds, held_out)
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
