"""P-values of several tests, adjusted so that their number does not inflate the errors."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gpuclf._typing import Floats


def holm(p_values: npt.ArrayLike) -> Floats:
    """Adjust p-values by the Holm-Bonferroni method.

    The probability of any false rejection among all tests is at most the level at which the
    adjusted p-values are compared, whatever the dependence of the tests [1]_.

    Parameters
    ----------
    p_values : float array, shape (tests,)
        P-values; NaN for a test that is undefined, which does not count.

    Returns
    -------
    float64 array, shape (tests,)
        In [0, 1]; NaN where the p-value is NaN.

    References
    ----------
    .. [1] S. Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of
       Statistics 6, 1979.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03, np.nan]).tolist()
    [0.03, 0.06, 0.06, nan]
    """
    p = np.asarray(p_values, np.float64)
    adjusted = np.full(p.shape, np.nan)
    order = np.argsort(p)[: np.count_nonzero(~np.isnan(p))]  # NaN are last
    factors = len(order) - np.arange(len(order))
    adjusted[order] = np.minimum(1, np.maximum.accumulate(factors * p[order]))
    return adjusted
