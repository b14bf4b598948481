"""Student's t distribution, and the standard error of scores of cross-validation folds."""

from __future__ import annotations

import numpy as np

from gpuclf._typing import Floats
from gpuclf.errors import InputError

ROUNDING = 1e-12  # smaller differences of scores are rounding errors


def half_width(error: float, freedom: int, level: float) -> float:
    """Return half the width of a confidence interval."""
    from scipy.special import stdtrit

    if not 0 < level < 1:
        raise InputError("level", got=level, expected="a number above 0 and below 1")
    return error * float(stdtrit(freedom, (1 + level) / 2)) if freedom > 0 else np.nan


def two_sided_p(t: float, freedom: int) -> float:
    """Return the two-sided p-value of a t statistic."""
    from scipy.special import stdtr

    return 2 * float(stdtr(freedom, -abs(t))) if freedom > 0 else np.nan


def corrected_error(values: Floats, test_to_train: float) -> float:
    """Return the standard error of the mean score, corrected for overlapping training sets."""
    if not 0 <= test_to_train < np.inf:
        raise InputError("test_to_train", got=test_to_train, expected="a number, at least 0")
    if len(values) < 2:
        return np.nan
    if np.ptp(values) < ROUNDING:
        return 0.0
    return float(values.std(ddof=1) * np.sqrt(1 / len(values) + test_to_train))
