"""Whether a clip's share of votes tells how often its label is right.

The votes of a clip's vectors are no probabilities, but they are read as such: "10 of 12". A winner
that got a share ``s`` of the votes should be right in a share ``s`` of such clips.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gpuclf._typing import Floats, Ints
from gpuclf.errors import InputError


@dataclass(frozen=True)
class Calibration:
    """Samples binned by the share of the votes that the predicted class got.

    Parameters
    ----------
    edges : float64 array, shape (bins + 1,)
        From 0 to 1, equally far apart; bin ``b`` is ``edges[b] < share <= edges[b + 1]``.
    count : int64 array, shape (bins,)
        Samples in each bin.
    share, accuracy : float64 array, shape (bins,)
        Mean of their shares, and share of them that were predicted right; NaN in an empty bin.
    """

    edges: Floats
    count: Ints
    share: Floats
    accuracy: Floats

    @property
    def expected_error(self) -> float:
        """Expected calibration error: how far share and accuracy lie apart, for a mean sample.

        M. P. Naeini, G. F. Cooper and M. Hauskrecht, Obtaining well calibrated probabilities using
        Bayesian binning, AAAI 2015; of the predicted class as in C. Guo et al., On calibration of
        modern neural networks, ICML 2017, eq. 3.
        """
        some = self.count > 0
        gaps = np.abs(self.accuracy[some] - self.share[some])
        return float(np.average(gaps, weights=self.count[some]))

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain numbers and lists, with None for NaN."""
        return {
            "edges": self.edges.tolist(),
            "count": self.count.tolist(),
            "share": _without_nan(self.share),
            "accuracy": _without_nan(self.accuracy),
            "expected_error": self.expected_error,
        }


def calibration(true: Ints, predicted: Ints, shares: Floats, bins: int = 10) -> Calibration:
    """Compare the shares of the votes with how often the predicted classes were right.

    Parameters
    ----------
    true, predicted : int array, shape (samples,)
        Classes; at least one sample.
    shares : float array, shape (samples,)
        Share of the votes that the predicted class got, in (0, 1].
    bins : int
        How many bins [0, 1] is cut into.

    Returns
    -------
    Calibration

    Raises
    ------
    InputError
        If there is no bin, or a share outside (0, 1].

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
    edges = np.arange(bins + 1) / bins  # rounded as a share is: 7/49 falls on the edge 1/7
    places = np.searchsorted(edges, shares, side="left") - 1
    count = np.bincount(places, minlength=bins)
    sums = np.bincount(places, weights=shares, minlength=bins)
    right = np.bincount(places, weights=true == predicted, minlength=bins)
    share, accuracy = np.full((2, bins), np.nan)
    np.divide(sums, count, out=share, where=count > 0)
    np.divide(right, count, out=accuracy, where=count > 0)
    return Calibration(edges, count, share, accuracy)


def brier(true: Ints, shares: Floats) -> float:
    """Brier score: squared distance from the shares of the votes to the truth, for a mean sample.

    G. W. Brier, Verification of forecasts expressed in terms of probability, Monthly Weather Review
    78, 1950, eq. 2.

    Parameters
    ----------
    true : int array, shape (samples,)
        Classes; at least one sample.
    shares : float array, shape (samples, classes)
        Share of the votes that each class got; rows sum up to 1.

    Returns
    -------
    float
        In [0, 2]: 0 if every vote is for the true class, 2 if every one is for the same wrong one.

    Examples
    --------
    >>> brier(np.array([0, 1]), np.array([[1.0, 0.0], [0.5, 0.5]]))
    0.25
    """
    truth = np.arange(shares.shape[1]) == true[:, None]
    return float(np.mean(np.sum((shares - truth) ** 2, axis=1)))


def _without_nan(values: Floats) -> list[float | None]:
    return [None if np.isnan(value) else value for value in values.tolist()]
