"""Rows of clips: the feature vectors of a clip one after another."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from gpuclf._typing import Array
from gpuclf.errors import InputError


def split_rows(X: Array, per_clip: Any) -> Array:
    """Divide the row of every clip into its feature vectors.

    Parameters
    ----------
    X : array, shape (clips, V * n)
        NumPy or CuPy.
    per_clip : int
        Number of feature vectors per clip, ``V``.

    Returns
    -------
    array, shape (clips, V, n)

    Raises
    ------
    InputError
        If the length of a row is not divisible by the number of vectors.

    Examples
    --------
    >>> import numpy as np
    >>> split_rows(np.arange(12).reshape(2, 6), 3).tolist()
    [[[0, 1], [2, 3], [4, 5]], [[6, 7], [8, 9], [10, 11]]]
    """
    if not isinstance(per_clip, Integral) or per_clip < 1 or X.shape[1] % per_clip:
        raise InputError(
            "n_vectors_per_clip",
            got=repr(per_clip),
            expected=f"a divisor of {X.shape[1]} features",
        )
    return X.reshape(X.shape[0], per_clip, -1)
