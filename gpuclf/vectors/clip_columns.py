"""Validation of arrays with one value per clip."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from gpuclf._typing import AnyArray, Array, Ints
from gpuclf.errors import InputError, first_line


def checked_columns(
    X: Array, y: Any, labels: Iterable[str], ids: Any, groups: Any, folds: Any
) -> dict[str, Any]:
    """Return the columns of `gpuclf.FeatureVectors` as arrays; those that are None are left out.

    Raises
    ------
    InputError
        If an array has another shape, ``y`` is not the index of a label, or ``folds`` are not
        integers.
    """
    if len(X.shape) != 3:
        got = f"an array of shape {X.shape}"
        raise InputError("X", got=got, expected="shape (clips, V, n)")
    count, names = int(X.shape[0]), tuple(labels)
    columns: dict[str, Any] = {"labels": names, "ids": checked_column("ids", ids, count)}
    if groups is not None:
        columns["groups"] = checked_column("groups", groups, count)
    if folds is not None:
        columns["folds"] = checked_codes("folds", folds, count)
    if y is not None:
        columns["y"] = checked_codes("y", y, count, len(names) or None)
    return columns


def checked_column(name: str, values: Any, count: int) -> AnyArray:
    """Return values as an array after a check that there is one per clip.

    Parameters
    ----------
    name : str
        Name of the argument, for the error message.
    values : array, shape (clips,)
    count : int
        Number of clips.

    Raises
    ------
    InputError
        If the array has another shape.
    """
    expected = f"shape ({count},), one value per clip"
    try:
        column = np.asarray(values)
    except (TypeError, ValueError) as error:  # ragged lists, GPU arrays
        raise InputError(name, got=first_line(error), expected=expected) from error
    if column.shape != (count,):
        raise InputError(name, got=f"an array of shape {column.shape}", expected=expected)
    return column


def checked_codes(name: str, values: Any, count: int, n_classes: int | None = None) -> Ints:
    """Return integers, one per clip, as int64.

    Parameters
    ----------
    name, values, count
        See `checked_column`.
    n_classes : int, optional
        The integers are indices of so many classes.

    Raises
    ------
    InputError
        If a value is not an integer, or not the index of a class.

    Examples
    --------
    >>> checked_codes("y", [0, 2], 2, n_classes=2)
    Traceback (most recent call last):
    gpuclf.errors.InputError: y: got 2, expected 0 to 1, an index into labels
    """
    column = checked_column(name, values, count)
    if column.dtype.kind not in "iu":
        raise InputError(name, got=f"values of type {column.dtype}", expected="integers")
    codes: Ints = column.astype(np.int64, copy=False)
    if n_classes is not None:
        outside = codes[(codes < 0) | (codes >= n_classes)]
        if len(outside):
            expected = f"0 to {n_classes - 1}, an index into labels"
            raise InputError(name, got=outside[0], expected=expected)
    return codes
