"""Names of the features of a feature vector."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gpuclf._typing import AnyArray
from gpuclf.errors import InputError


def feature_names(dataset: str, n: int, statistics: Sequence[str]) -> tuple[str, ...]:
    """Return the names of aggregated features: feature set, number of the feature, statistic.

    Parameters
    ----------
    dataset : str
        Name of the feature set.
    n : int
        Number of features of a frame.
    statistics : sequence of str
        Statistics of a window, in the order in which they are concatenated.

    Returns
    -------
    tuple of str, of length ``len(statistics) * n``

    Examples
    --------
    >>> feature_names("mel", 2, ["mean", "std"])
    ('mel_0_mean', 'mel_1_mean', 'mel_0_std', 'mel_1_std')
    """
    return tuple(f"{dataset}_{number}_{name}" for name in statistics for number in range(n))


def named_features(names: Sequence[str], n: int) -> AnyArray:
    """Return the names of features as an array; by default those of scikit-learn.

    Parameters
    ----------
    names : sequence of str
        Empty if unknown.
    n : int
        Number of features.

    Raises
    ------
    InputError
        If there is another number of names.

    Examples
    --------
    >>> named_features((), 3).tolist()
    ['x0', 'x1', 'x2']
    """
    if len(names) not in (0, n):
        raise InputError("feature_names", got=f"{len(names)} names", expected=n)
    return np.array(names or [f"x{number}" for number in range(n)], object)
