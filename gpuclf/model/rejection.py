"""Rejection of clips whose predicted class has a low probability.

A clip is accepted if the probability of its predicted class, the class with most votes, is at
least the threshold: one for all classes, because few clips of a single class are misclassified.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from gpuclf._typing import Bools, Floats
from gpuclf.errors import InputError
from gpuclf.metrics.shares import share
from gpuclf.svm.spec import is_number

UNKNOWN = "unknown"  # label of rejected clips


@dataclass(frozen=True)
class Rejection:
    """Threshold of the probability of the predicted class, chosen for a target precision.

    Parameters
    ----------
    target : float
        Precision of the accepted clips that the threshold is chosen for, in (0, 1).
    threshold : float
        Lowest accepted probability; infinity if no threshold has the target precision.
    coverage : float
        Fraction of clips that are accepted; estimated on clips for which neither the SVM nor the
        threshold was fitted.
    precision : float
        Fraction of the accepted clips that are classified correctly, on the same clips; NaN
        without an accepted clip.
    """

    target: float
    threshold: float
    coverage: float
    precision: float

    @classmethod
    def of(cls, target: float, threshold: float, accepted: Bools, correct: Bools) -> Self:
        """Return the rejection with the coverage and the precision of clips.

        Parameters
        ----------
        target, threshold : float
        accepted, correct : bool array, shape (clips,)
            Whether each clip is accepted, and classified correctly.
        """
        precision = share((accepted & correct).sum(), accepted.sum())
        return cls(target, threshold, float(accepted.mean()), float(precision))

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as floats."""
        return asdict(self)


def check_target_precision(target: Any, probability: bool) -> None:
    """Check the parameter ``target_precision`` of a classifier.

    Raises
    ------
    InputError
        If it is not None and not a number in (0, 1), or ``probability`` is False.

    Examples
    --------
    >>> check_target_precision(95, probability=True)
    Traceback (most recent call last):
    gpuclf.errors.InputError: target_precision: got 95, expected a number above 0 and below 1
    """
    if target is None:
        return
    if not is_number(target) or not 0 < target < 1:
        expected = "a number above 0 and below 1"
        raise InputError("target_precision", got=repr(target), expected=expected)
    if not probability:
        expected = "probability=True"
        raise InputError("target_precision", got="probability=False", expected=expected)


def choose_threshold(confidence: Floats, correct: Bools, target: float) -> float:
    """Return the lowest threshold at which the accepted clips have the target precision.

    One error more than observed is counted among one clip more, as in conformal prediction [1]_: a
    few clips that happen to be classified correctly are no evidence of a high precision.

    Parameters
    ----------
    confidence : float64 array, shape (clips,)
        Probability of the predicted class of clips that the SVM was not trained on.
    correct : bool array, shape (clips,)
        Whether the predicted class is the true class.
    target : float
        Precision of the accepted clips, in (0, 1).

    Returns
    -------
    float
        0 if all clips together have the target precision, infinity if no threshold has it.

    References
    ----------
    .. [1] A. N. Angelopoulos et al., Conformal risk control, ICLR 2024, section 2.

    Examples
    --------
    >>> confidence, correct = np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, True, False, True])
    >>> choose_threshold(confidence, correct, 0.6), choose_threshold(confidence, correct, 0.65)
    (0.0, 0.8)
    >>> choose_threshold(confidence, correct, 0.95)  # requires 19 correct clips without an error
    inf
    """
    order = np.argsort(-confidence, kind="stable")
    ranked, accepted = confidence[order], np.arange(1, len(order) + 1)
    errors = accepted - np.cumsum(correct[order])
    last_of_ties = np.append(ranked[1:] < ranked[:-1], True)
    reached = np.flatnonzero((errors + 1 <= (1 - target) * (accepted + 1)) & last_of_ties)
    if not len(reached):
        return np.inf
    return 0.0 if reached[-1] == len(order) - 1 else float(ranked[reached[-1]])
