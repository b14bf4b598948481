"""Permutation of labels among clips or groups."""

from __future__ import annotations

import numpy as np

from gpuclf._typing import Ints
from gpuclf.errors import InputError
from gpuclf.validation.fold import Groups


def permute_labels(y: Ints, groups: Groups, rng: np.random.Generator) -> Ints:
    """Permute the labels of clips; with groups, permute the labels of groups.

    Parameters
    ----------
    y : int64 array, shape (clips,)
        Class of each clip.
    groups : array, shape (clips,), or None
        Group of each clip; all clips of a group have one label before and after.
    rng : Generator
        Random number generator.

    Returns
    -------
    int64 array, shape (clips,)
        Permuted class of each clip.

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
    _, first, group = np.unique(groups, return_index=True, return_inverse=True)
    mixed = y != y[first][group]
    if mixed.any():
        raise InputError(
            "permuted labels",
            got=f"group {str(groups[mixed.argmax()])!r} with clips of several classes",
            expected="one class per group",
        )
    return rng.permutation(y[first])[group]
