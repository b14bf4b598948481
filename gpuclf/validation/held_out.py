"""Probabilities of the test clips of all folds, calibrated on training clips only.

In each fold, the SVMs of inner folds predict the training clips. The calibration, and the threshold
for a target precision, are fitted to these predictions and applied to the test clips.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise
from typing import Any, Self

import numpy as np

from gpuclf import metrics
from gpuclf._typing import Bools, Floats, Ints
from gpuclf._utils.plain import plain
from gpuclf.errors import InputError
from gpuclf.metrics import Calibration
from gpuclf.metrics.pooling import Pooled, Pooling
from gpuclf.metrics.shares import share
from gpuclf.model.calibration import ClipCalibration, ClipScores, confidence
from gpuclf.model.inner_predictions import InnerPredictions
from gpuclf.validation.fold_fitting import Fitted, FoldFitting
from gpuclf.validation.fold_score import FoldScore
from gpuclf.validation.options import Validation
from gpuclf.validation.plan import Plan
from gpuclf.validation.setting import Setting


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class HeldOutProbabilities:
    """Calibrated probabilities of the test clips of all folds, repeat by repeat.

    Parameters
    ----------
    y, predicted : int64 array, shape (tests,)
        True class, and class with most votes.
    probabilities : float64 array, shape (tests, classes)
        Probability of each class, calibrated on the training clips of the fold.
    uncalibrated : float64 array, shape (tests, classes)
        Softmax of the mean decision values, for comparison.
    calibrations : tuple of ClipCalibration
        Calibration of each fold.
    sizes : int64 array, shape (repeats, folds)
        Number of test clips of each fold.
    target_precision : float or None
        Precision for which thresholds are chosen.
    thresholds : float64 array, shape (repeats, folds), or None
        Lowest accepted probability of the predicted class in each fold, chosen on the training
        clips; infinity if none has the target precision. None without a target.
    """

    y: Ints
    predicted: Ints
    probabilities: Floats
    uncalibrated: Floats
    calibrations: tuple[ClipCalibration, ...]
    sizes: Ints
    target_precision: float | None
    thresholds: Floats | None

    @classmethod
    def of(
        cls,
        outer: Sequence[FoldScore],
        inner: Sequence[Sequence[FoldScore]],
        shape: tuple[int, int],
        target_precision: float | None,
    ) -> Self:
        """Calibrate the scores of folds.

        Parameters
        ----------
        outer : sequence of FoldScore
            Scores of the test clips of each fold.
        inner : sequence of sequence of FoldScore
            Scores of the inner folds of each fold.
        shape : tuple of int
            Number of repeats, and of folds per repeat.
        target_precision : float or None
        """
        calibrations, thresholds = [], []
        for of_fold in inner:
            trained = InnerPredictions.of(
                [_scores(score) for score in of_fold], [_true(score) for score in of_fold]
            )
            calibration = trained.calibration()
            calibrations.append(calibration)
            if target_precision is not None:
                thresholds.append(trained.threshold(calibration, target_precision))
        tested = [_scores(fold) for fold in outer]
        scores = ClipScores(*map(np.concatenate, zip(*tested, strict=True)))
        calibrated = zip(calibrations, tested, strict=True)
        return cls(
            y=np.concatenate([_true(fold) for fold in outer]),
            predicted=scores.predicted,
            probabilities=np.concatenate([one.probabilities(each) for one, each in calibrated]),
            uncalibrated=ClipCalibration.none(scores.shares.shape[1]).probabilities(scores),
            calibrations=tuple(calibrations),
            sizes=np.reshape([len(fold.fold.test) for fold in outer], shape),
            target_precision=target_precision,
            thresholds=None if target_precision is None else np.reshape(thresholds, shape),
        )

    @property
    def correct(self) -> Bools:
        """Whether the predicted class is the true class, ``(tests,)``."""
        return np.asarray(self.predicted == self.y)

    @property
    def accepted(self) -> Bools | None:
        """Whether the predicted class reaches the threshold of its fold; None without a target."""
        if self.thresholds is None:
            return None
        thresholds = np.repeat(self.thresholds.ravel(), self.sizes.ravel())
        return np.asarray(confidence(self.probabilities, self.predicted) >= thresholds)

    @property
    def coverage(self) -> float | None:
        """Fraction of the test clips that are accepted; None without a target."""
        return None if self.accepted is None else float(self.accepted.mean())

    @property
    def precision(self) -> float | None:
        """Fraction of the accepted test clips that are correct; None without an accepted clip."""
        if self.accepted is None or not self.accepted.any():
            return None
        return float(self.correct[self.accepted].mean())

    def calibration(self) -> Calibration:
        """Return the accuracy as a function of the probability of the predicted class."""
        return self._reliability(self.probabilities)

    def summary(self, probabilities: Floats) -> dict[str, float]:
        """Return calibration error, Brier score and log loss of probabilities of these clips."""
        return {
            "expected_error": self._reliability(probabilities).expected_error,
            "brier": float(metrics.brier(self.y, probabilities).mean()),
            "log_loss": float(metrics.log_loss(self.y, probabilities).mean()),
        }

    def pooled(self, test_to_train: float) -> dict[str, Pooled]:
        """Return Brier score and log loss, pooled over the folds of each repeat."""
        pooling = Pooling(self.sizes, test_to_train)
        brier = self._sums(metrics.brier(self.y, self.probabilities))
        log_loss = self._sums(metrics.log_loss(self.y, self.probabilities))
        return {
            "brier_probabilities": pooling.pool(share, brier, self.sizes, within=(0.0, 2.0)),
            "log_loss": pooling.pool(share, log_loss, self.sizes, within=(0.0, np.inf)),
        }

    def to_dict(self) -> dict[str, Any]:
        """Return summary and rejection as JSON-serialisable built-ins."""
        rejection = None
        if self.thresholds is not None:
            finite = np.where(np.isfinite(self.thresholds), self.thresholds, np.nan)
            rejection = {
                "target_precision": self.target_precision,
                "coverage": self.coverage,
                "precision": self.precision,
                "thresholds": finite.tolist(),
            }
        content: dict[str, Any] = plain(
            {
                **self.summary(self.probabilities),
                "uncalibrated": self.summary(self.uncalibrated),
                "calibration": self.calibration().to_dict(),
                "rejection": rejection,
            }
        )
        return content

    def _reliability(self, probabilities: Floats) -> Calibration:
        # A probability may be rounded to 0 or, in a sum, to slightly more than 1.
        of_predicted = np.clip(confidence(probabilities, self.predicted), np.finfo(float).tiny, 1)
        return metrics.calibration(self.y, self.predicted, of_predicted)

    def _sums(self, values: Floats) -> Floats:
        """Sum values of tests over each fold, ``(repeats, folds)``."""
        ends = [0, *np.cumsum(self.sizes.ravel()).tolist()]
        sums = [values[start:end].sum() for start, end in pairwise(ends)]
        return np.reshape(sums, self.sizes.shape)


def calibration_folds(probability: bool, validation: Validation) -> int | None:
    """Return the number of inner folds that a calibration requires, for `make_plan`.

    Raises
    ------
    InputError
        If feature vectors are split: probabilities are those of clips.

    Examples
    --------
    >>> calibration_folds(False, Validation())
    0
    """
    if probability and validation.split_vectors:
        got = "protocol thesis without majority voting, which splits feature vectors"
        raise InputError("probability", got=got, expected="majority_voting, or protocol inductive")
    return None if probability else 0


def fit_calibrated(
    fit: FoldFitting, settings: Sequence[Setting], plan: Plan
) -> list[tuple[Fitted, HeldOutProbabilities | None]]:
    """Fit settings in the folds of a plan and, if it has inner folds, calibrate probabilities.

    Parameters
    ----------
    fit : FoldFitting
    settings : sequence of Setting
    plan : Plan
        Without inner folds, nothing is calibrated.

    Returns
    -------
    list of tuple of Fitted and HeldOutProbabilities
        One per setting, in the folds of the plan; probabilities are None for a setting without.
    """
    families = [
        [fold, *(replace(each, scores_only=False) for each in inner)]
        for fold, inner in zip(plan.folds, plan.inner, strict=True)
    ]
    ends = [0, *np.cumsum([len(family) for family in families]).tolist()]
    results: list[tuple[Fitted, HeldOutProbabilities | None]] = []
    for setting, fitted in zip(settings, fit(settings, list(chain(*families))), strict=True):
        scored = [fitted.folds[start:end] for start, end in pairwise(ends)]
        outer, inner = [first for first, *_ in scored], [rest for _, *rest in scored]
        target, probabilities = setting.clf.target_precision, None
        if setting.clf.probability and all(inner):
            probabilities = HeldOutProbabilities.of(outer, inner, plan.shape, target)
        results.append((fitted._replace(folds=outer), probabilities))
    return results


def _scores(score: FoldScore) -> ClipScores:
    tested = score.tested
    assert tested is not None, "a fold with predictions"
    vectors = tested.votes.shape[1]
    return ClipScores(tested.decisions / vectors, tested.counts / vectors)


def _true(score: FoldScore) -> Ints:
    return score.fold.y[score.fold.test]
