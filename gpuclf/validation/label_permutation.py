"""Labels permuted among clips, or among groups."""

from __future__ import annotations

import numpy as np

from gpuclf._typing import Ints
from gpuclf.errors import InputError
from gpuclf.validation.fold import Groups


def permute_labels(y: Ints, groups: Groups, rng: np.random.Generator) -> Ints:
    """Permute the labels among clips, or among groups, whose clips share one label.

    Parameters
    ----------
    y : int64 array, shape (clips,)
        The classes.
    groups : array, shape (clips,), or None
        Each group keeps one label.
    rng : Generator

    Returns
    -------
    int64 array, shape (clips,)

    Raises
    ------
    InputError
        If a group has clips of several classes.

    Examples
    --------
    >>> y, groups = np.array([0, 0, 0, 1, 1]), np.array(["a", "a", "b", "c", "d"])
    >>> permute_labels(y, groups, np.random.default_rng(0)).tolist()
    [1, 1, 0, 0, 1]
    """
    if groups is None:
        return rng.permutation(y)
    _, first, place = np.unique(groups, return_index=True, return_inverse=True)
    mixed = y != y[first][place]
    if mixed.any():
        raise InputError(
            "permuted labels",
            got=f"the group {str(groups[mixed.argmax()])!r} with clips of several classes",
            expected="one class a group",
        )
    return rng.permutation(y[first])[place]
