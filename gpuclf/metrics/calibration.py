"""Calibration of vote shares and of probabilities.

The vote share of a class is the fraction of a clip's feature vectors that vote for it. Vote shares
are calibrated if, among clips whose predicted class has the share ``s``, the accuracy is ``s``.
Probabilities of classes are evaluated in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gpuclf._typing import Floats, Ints
from gpuclf.errors import InputError


@dataclass(frozen=True)
class Calibration:
    """Reliability diagram: accuracy of samples binned by the vote share of the predicted class.

    Parameters
    ----------
    edges : float64 array, shape (bins + 1,)
        Bin edges, equidistant from 0 to 1; bin ``b`` is ``edges[b] < share <= edges[b + 1]``.
    count : int64 array, shape (bins,)
        Number of samples in each bin.
    share, accuracy : float64 array, shape (bins,)
        Mean vote share and accuracy in each bin; NaN in empty bins.
    """

    edges: Floats
    count: Ints
    share: Floats
    accuracy: Floats

    @property
    def expected_error(self) -> float:
        """Expected calibration error: mean absolute difference of accuracy and vote share.

        Bins are weighted by their number of samples.

        References
        ----------
        M. P. Naeini, G. F. Cooper and M. Hauskrecht, Obtaining well calibrated probabilities using
        Bayesian binning, AAAI 2015.

        C. Guo et al., On calibration of modern neural networks, ICML 2017, eq. 3 (error of the
        predicted class).
        """
        filled = self.count > 0
        gaps = np.abs(self.accuracy[filled] - self.share[filled])
        return float(np.average(gaps, weights=self.count[filled]))

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON-serialisable built-ins; NaN becomes None."""
        return {
            "edges": self.edges.tolist(),
            "count": self.count.tolist(),
            "share": _without_nan(self.share),
            "accuracy": _without_nan(self.accuracy),
            "expected_error": self.expected_error,
        }


def calibration(true: Ints, predicted: Ints, shares: Floats, bins: int = 10) -> Calibration:
    """Compute the accuracy of samples binned by the vote share of the predicted class.

    Parameters
    ----------
    true, predicted : int array, shape (samples,)
        Classes; at least one sample.
    shares : float array, shape (samples,)
        Vote share of the predicted class, in (0, 1].
    bins : int
        Number of bins of the interval [0, 1].

    Returns
    -------
    Calibration

    Raises
    ------
    InputError
        If ``bins`` is less than 1, or a share is outside (0, 1].

    Examples
    --------
    >>> true, predicted = np.array([0, 1, 1, 2]), np.array([0, 1, 0, 2])
    >>> binned = calibration(true, predicted, np.array([0.5, 0.5, 0.5, 1.0]), bins=2)
    >>> binned.count.tolist(), binned.accuracy.round(3).tolist()
    ([3, 1], [0.667, 1.0])
    >>> round(binned.expected_error, 3)
    0.125
    """
    if bins < 1:
        raise InputError("bins", got=bins, expected="at least 1")
    outside = ~((shares > 0) & (shares <= 1))
    if outside.any():
        raise InputError("shares", got=shares[outside][0], expected="shares above 0, at most 1")
    edges = np.arange(bins + 1) / bins  # same rounding as shares: 7/49 equals the edge 1/7
    places = np.searchsorted(edges, shares, side="left") - 1
    count = np.bincount(places, minlength=bins)
    sums = np.bincount(places, weights=shares, minlength=bins)
    correct = np.bincount(places, weights=true == predicted, minlength=bins)
    share, accuracy = np.full((2, bins), np.nan)
    np.divide(sums, count, out=share, where=count > 0)
    np.divide(correct, count, out=accuracy, where=count > 0)
    return Calibration(edges, count, share, accuracy)


def brier(true: Ints, shares: Floats) -> Floats:
    """Compute the Brier score of samples: squared distance of vote shares to the one-hot class.

    The Brier score of several samples is the mean.

    Parameters
    ----------
    true : int array, shape (samples,)
        Classes.
    shares : float array, shape (samples, classes)
        Vote share of each class; rows sum to 1.

    Returns
    -------
    float64 array, shape (samples,)
        In [0, 2]: 0 if all votes are for the true class, 2 if all are for one wrong class.

    References
    ----------
    G. W. Brier, Verification of forecasts expressed in terms of probability, Monthly Weather Review
    78, 1950, eq. 2.

    Examples
    --------
    >>> brier(np.array([0, 1]), np.array([[1.0, 0.0], [0.5, 0.5]])).tolist()
    [0.0, 0.5]
    """
    truth = np.arange(shares.shape[1]) == true[:, None]
    distances: Floats = np.sum((shares - truth) ** 2, axis=1)
    return distances


def log_loss(true: Ints, probabilities: Floats) -> Floats:
    """Compute the log loss of samples: minus the logarithm of the probability of the true class.

    The log loss of several samples is the mean.

    Parameters
    ----------
    true : int array, shape (samples,)
        Classes.
    probabilities : float64 array, shape (samples, classes)
        Probability of each class; rows sum to 1. As in scikit-learn, a probability of 0 counts as
        the smallest difference of numbers near 1, 2.2e-16.

    Returns
    -------
    float64 array, shape (samples,)
        At least 0.

    Examples
    --------
    >>> log_loss(np.array([0, 1]), np.array([[1.0, 0.0], [0.5, 0.5]])).round(3).tolist()
    [0.0, 0.693]
    """
    of_true = probabilities[np.arange(len(true)), true]
    losses: Floats = np.log(1 / np.clip(of_true, np.finfo(np.float64).eps, 1))
    return losses


def _without_nan(values: Floats) -> list[float | None]:
    return [None if np.isnan(value) else value for value in values.tolist()]
