"""Quotients and means that are NaN where they are undefined."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gpuclf._typing import Floats


def share(part: npt.ArrayLike, whole: npt.ArrayLike) -> Floats:
    """Divide counts, element by element.

    Parameters
    ----------
    part, whole : array
        Counts.

    Returns
    -------
    float64 array
        NaN for 0 / 0.

    Examples
    --------
    >>> share([1, 0], [2, 0]).tolist()
    [0.5, nan]
    """
    with np.errstate(invalid="ignore"):
        quotient: Floats = np.true_divide(part, whole)
    return quotient


def defined_mean(values: npt.ArrayLike) -> float:
    """Compute the mean of the values that are not NaN.

    Parameters
    ----------
    values : float array
        Values of any shape.

    Returns
    -------
    float
        NaN if all values are NaN.

    Examples
    --------
    >>> defined_mean([[0.5, np.nan], [1.0, 0.0]]), defined_mean([np.nan])
    (0.5, nan)
    """
    return float(defined_means(np.ravel(values)))


def defined_means(values: npt.ArrayLike) -> Floats:
    """Compute the mean over the last axis of the values that are not NaN.

    Parameters
    ----------
    values : float array, shape (..., n)

    Returns
    -------
    float64 array, shape (...)
        NaN where all values are NaN.

    Examples
    --------
    >>> defined_means([[0.5, np.nan], [np.nan, np.nan]]).tolist()
    [0.5, nan]
    """
    values = np.asarray(values, np.float64)
    return share(np.nansum(values, axis=-1), np.count_nonzero(~np.isnan(values), axis=-1))
