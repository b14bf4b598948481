"""Predictions of training clips by SVMs that were not trained on them, for the calibration.

The training clips are split into stratified inner folds that keep groups together. With the shared
solver, all inner folds are solved over one kernel matrix.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from gpuclf._typing import AnyArray, Array, Bools, Floats, Ints
from gpuclf.backend import Backend
from gpuclf.errors import InputError
from gpuclf.model.calibration import ClipCalibration, ClipScores, confidence
from gpuclf.model.fold_fit import fold_vectors, judge_fold, weights_of_present
from gpuclf.model.rejection import Rejection, choose_threshold
from gpuclf.model.splits import INNER, inner_splits, largest_folds
from gpuclf.svm import KernelMatrix, check_nu, solve_folds


class InnerFold(NamedTuple):
    """Split of the training clips, with their classes and the weights of all clips."""

    train: Ints
    test: Ints
    y: Ints
    weight: Floats | None
    base: Ints | None = None


class InnerPredictions(NamedTuple):
    """Scores of training clips by SVMs of inner folds that were not trained on them.

    Parameters
    ----------
    scores : ClipScores
    y : int64 array, shape (clips,)
        True class of each clip.
    fold : int64 array, shape (clips,)
        Index of the inner fold that tests the clip.
    """

    scores: ClipScores
    y: Ints
    fold: Ints

    @classmethod
    def of(cls, scores: Sequence[ClipScores], y: Sequence[Ints]) -> Self:
        """Collect the scores and the true classes of the clips of all inner folds."""
        fold = np.repeat(np.arange(len(y)), [len(each) for each in y])
        collected = ClipScores(*map(np.concatenate, zip(*scores, strict=True)))
        return cls(collected, np.concatenate(y), fold)

    @property
    def correct(self) -> Bools:
        """Whether each predicted class is the true class, ``(clips,)``."""
        return np.asarray(self.scores.predicted == self.y)

    def take(self, clips: Bools) -> InnerPredictions:
        """Return the predictions of some of the clips."""
        scores = ClipScores(*(each[clips] for each in self.scores))
        return InnerPredictions(scores, self.y[clips], self.fold[clips])

    def calibration(self) -> ClipCalibration:
        """Return the calibration that is fitted to all clips."""
        return ClipCalibration.fit(self.scores, self.y)

    def threshold(self, calibration: ClipCalibration, target: float) -> float:
        """Return the threshold for a target precision; see `choose_threshold`."""
        return choose_threshold(self.confidence(calibration), self.correct, target)

    def confidence(self, calibration: ClipCalibration) -> Floats:
        """Return the probability of each predicted class, ``(clips,)``."""
        return confidence(calibration.probabilities(self.scores), self.scores.predicted)

    def rejection(self, calibration: ClipCalibration, target: float) -> Rejection:
        """Return the rejection for a target precision.

        Its coverage and precision are cross-fitted: the clips of each inner fold are accepted by
        the calibration and the threshold of the other inner folds.
        """
        accepted = np.zeros(len(self.y), bool)
        for number in np.unique(self.fold):
            tested = self.fold == number
            others = self.take(~tested)
            of_others = others.calibration()
            threshold = others.threshold(of_others, target)
            accepted[tested] = self.take(tested).confidence(of_others) >= threshold
        threshold = self.threshold(calibration, target)
        return Rejection.of(target, threshold, accepted, self.correct)


def inner_predictions(
    clf: Any,
    X: Array,
    y: Ints,
    groups: AnyArray | None,
    class_weight: str | dict[int, float] | None,
    sample_weight: Floats | None,
    solver: str,
    backend: Backend,
) -> InnerPredictions:
    """Predict the training clips by SVMs of inner folds.

    Parameters
    ----------
    clf : ClipClassifier
        Classifier whose parameters are used.
    X : float array, shape (clips, V, n)
        Feature vectors, on the device.
    y : int64 array, shape (clips,)
        Class of each clip; every class has at least one.
    groups : array, shape (clips,), or None
        Group of each clip; clips of one group are never in training and test.
    class_weight : {"balanced"}, dict of class to weight, or None
    sample_weight : float64 array, shape (clips,), or None
        Factor of ``C`` for the vectors of each clip. It does not weight the clips in a calibration.
    solver : {"shared", "library"}
    backend : Backend

    Returns
    -------
    InnerPredictions
        Of all clips, inner fold by inner fold.

    Raises
    ------
    InputError
        If there are too few clips (or groups) of a class, or ``nu`` is infeasible in a fold.
    """
    folds = _inner_folds(y, groups, sample_weight)
    classes = int(y.max()) + 1
    for fold in folds:
        counts = np.bincount(y[fold.train], minlength=classes)
        present = np.flatnonzero(counts)
        if len(present) < 2:
            unit = "clips" if groups is None else "groups"
            raise InputError(
                "probability",
                got="1 class in the training clips of an inner fold",
                expected=f"at least two {unit} of two classes",
            )
        if clf.svm_type == "nu":
            of_train = None if sample_weight is None else sample_weight[fold.train]
            sums = np.bincount(y[fold.train], weights=of_train, minlength=classes)
            check_nu(clf.nu, sums[present] * X.shape[1], present.tolist())
    solve = _jointly if solver == "shared" else _separately
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the fit to all clips warns
        scores = list(solve(clf, X, folds, classes, class_weight, backend))
    return InnerPredictions.of(scores, [y[fold.test] for fold in folds])


def _inner_folds(y: Ints, groups: AnyArray | None, weight: Floats | None) -> list[InnerFold]:
    count = max(2, min(INNER, largest_folds(y, groups)))
    try:
        splits = inner_splits(y, count, groups=groups)
    except InputError as error:
        raise InputError(f"probability, inner {error}") from error
    return [InnerFold(train, test, y, weight) for train, test in splits]


def _jointly(
    clf: Any,
    X: Array,
    folds: Sequence[InnerFold],
    classes: int,
    class_weight: str | dict[int, float] | None,
    backend: Backend,
) -> Iterator[ClipScores]:
    """Yield the scores of each fold, solved over one kernel matrix."""
    kernel = KernelMatrix.of(X, clf.spec, clf.scale, backend)
    value = clf.nu if clf.svm_type == "nu" else clf.C
    per_clip = int(X.shape[1])
    for [one] in solve_folds(kernel, folds, classes, [float(value)], class_weight):
        decisions = one.scores.reshape(-1, per_clip, classes)
        yield ClipScores.of(one.votes.reshape(-1, per_clip), decisions)


def _separately(
    clf: Any,
    X: Array,
    folds: Sequence[InnerFold],
    classes: int,
    class_weight: str | dict[int, float] | None,
    backend: Backend,
) -> Iterator[ClipScores]:
    """Yield the scores of each fold, fitted with the backend's library."""
    clf = clone(clf).set_params(
        backend=backend, solver="library", probability=False, target_precision=None
    )

    def judge(fold: InnerFold) -> ClipScores:
        X_train, X_test = fold_vectors(X, fold.train, fold.test, clf.kernel, backend)
        y = fold.y[fold.train]
        weights = weights_of_present(class_weight, y)
        of_train = None if fold.weight is None else fold.weight[fold.train]
        fitted = clone(clf).set_params(class_weight=weights)
        fitted.fit(X_train, y, sample_weight=of_train)
        return ClipScores.of(*judge_fold(fitted, X_test, classes, backend))

    yield from backend.map(judge, folds)
