"""Validation of labels and weights of clips, as in scikit-learn."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils.validation import check_array, check_consistent_length, column_or_1d

from gpuclf._typing import AnyArray, Array, Floats
from gpuclf.backend import Backend, lives_on_device
from gpuclf.errors import InputError, first_line


def checked_targets(y: Any, X: Array, backend: Backend) -> AnyArray:
    """Return the label of each clip as a one-dimensional array on the host.

    Parameters
    ----------
    y : array, shape (clips,) or (clips, 1)
        Labels: strings, integers, or other numbers.
    X : array
        Clips; its first axis has as many.
    backend : Backend
        Backend on whose device ``y`` may be.

    Raises
    ------
    InputError
        If ``y`` has another shape or length, a label is missing (NaN, None), or strings and numbers
        are mixed.

    Warns
    -----
    sklearn.exceptions.DataConversionWarning
        If ``y`` has the shape ``(clips, 1)``.

    Examples
    --------
    >>> from gpuclf.backend import resolve
    >>> checked_targets(["rain", float("nan")], np.zeros((2, 3)), resolve("cpu"))
    Traceback (most recent call last):
    gpuclf.errors.InputError: y: got strings and values of type float, expected labels of one type
    """
    if y is None:
        raise InputError("ClipClassifier requires y to be passed, but the target y is None")
    y = backend.to_host(y) if lives_on_device(y) else y
    _check_types(y)
    try:
        labels = check_array(y, ensure_2d=False, dtype=None, input_name="y")
        labels = column_or_1d(labels, warn=True)
        check_consistent_length(X, labels)
    except (TypeError, ValueError) as error:  # by scikit-learn
        raise InputError(f"y: {first_line(error)}") from error
    return np.asarray(labels)


def checked_groups(groups: Any, X: Array) -> AnyArray | None:
    """Return the group of each clip as a one-dimensional array on the host, or None.

    Parameters
    ----------
    groups : array, shape (clips,), or None
    X : array
        Clips; its first axis has as many.

    Raises
    ------
    InputError
        If the shape or length is another one.

    Examples
    --------
    >>> checked_groups(["Abba"], np.zeros((2, 3)))
    Traceback (most recent call last):
    gpuclf.errors.InputError: groups: got shape (1,), expected (2,), the group of each clip
    """
    if groups is None:
        return None
    groups = np.asarray(groups)
    if groups.shape != (len(X),):
        expected = f"({len(X)},), the group of each clip"
        raise InputError("groups", got=f"shape {groups.shape}", expected=expected)
    return np.asarray(groups)


def checked_weights(sample_weight: Any, clips: int) -> Floats | None:
    """Return the weight of each clip as a one-dimensional float64 array on the host.

    Parameters
    ----------
    sample_weight : float array, shape (clips,), a number, or None
        On the host or on a device; None if clips have no weights.
    clips : int
        Number of clips.

    Raises
    ------
    InputError
        If the shape is another one, or a weight is negative, NaN or infinite.

    Examples
    --------
    >>> checked_weights([1, 2], 2).tolist()
    [1.0, 2.0]
    >>> checked_weights([1, -2], 2)
    Traceback (most recent call last):
    gpuclf.errors.InputError: sample_weight: got -2.0, expected finite numbers of at least 0
    """
    if sample_weight is None:
        return None
    if isinstance(sample_weight, Real):
        sample_weight = np.full(clips, sample_weight)
    if lives_on_device(sample_weight):
        sample_weight = sample_weight.get()
    try:
        weight: Floats = np.asarray(sample_weight, np.float64)
    except (TypeError, ValueError) as error:
        raise InputError("sample_weight", got=first_line(error), expected="numbers") from error
    if weight.shape != (clips,):
        got, expected = f"an array of shape {weight.shape}", f"shape ({clips},), one value per clip"
        raise InputError("sample_weight", got=got, expected=expected)
    wrong = weight[~((weight >= 0) & (weight < np.inf))]
    if len(wrong):
        raise InputError("sample_weight", got=wrong[0], expected="finite numbers of at least 0")
    if not weight.any():
        raise InputError("Sample weights must contain at least one non-zero number")
    return weight


def _check_types(y: Any) -> None:
    """Check that there are no numbers among strings, which NumPy converts to strings."""
    objects = getattr(getattr(y, "dtype", None), "kind", "") == "O"  # also of a pandas Series
    values = np.asarray(y).ravel().tolist() if objects else y
    if not isinstance(values, list | tuple):
        return
    kinds = {type(value) for value in values}
    others = [kind.__name__ for kind in kinds if not issubclass(kind, str)]
    if type(None) in kinds:
        raise InputError("y", got="None among the labels", expected="a label for each clip")
    if others and len(others) < len(kinds):
        got = f"strings and values of type {others[0]}"
        raise InputError("y", got=got, expected="labels of one type")
