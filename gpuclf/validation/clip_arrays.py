"""Clips as feature vectors or as arrays, in the forms that scikit-learn's functions take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_array

from gpuclf._typing import AnyArray, Array
from gpuclf.backend import Backend, lives_on_device
from gpuclf.errors import InputError, did_you_mean, first_line
from gpuclf.model.targets import checked_targets
from gpuclf.vectors.feature_vectors import FeatureVectors
from gpuclf.vectors.rows import split_rows


class ClipArrays(NamedTuple):
    """Clips as feature vectors, and the form in which they were passed."""

    vectors: FeatureVectors  # on the device
    classes: AnyArray | None  # label of each class in y; None without y
    rows: bool  # whether X was two-dimensional


def as_vectors(X: Any, y: Any, groups: Any, per_clip: int, backend: Backend) -> ClipArrays:
    """Return clips as feature vectors on the device.

    Parameters
    ----------
    X : FeatureVectors, or float array of shape (clips, V, n) or (clips, V * n)
    y : array, shape (clips,), or None
        Labels of any type; they replace the classes of `FeatureVectors`.
    groups : array, shape (clips,), or None
        Groups; they replace those of `FeatureVectors`.
    per_clip : int
        Number of vectors ``V`` in a row of a two-dimensional ``X``.
    backend : Backend

    Returns
    -------
    ClipArrays

    Raises
    ------
    InputError
        If an array has another shape or type, or contains NaN or infinity.

    Examples
    --------
    >>> from gpuclf.backend import resolve
    >>> clips = as_vectors(np.ones((3, 8)), [7, 5, 7], None, 2, resolve("cpu"))
    >>> clips.vectors, clips.classes.tolist(), clips.rows
    (<3 clips x 2 vectors x 4 features, 2 classes>, [5, 7], True)
    """
    classes, rows = None, False
    if isinstance(X, FeatureVectors):
        if not lives_on_device(X.X):  # those on the device are made, and checked, by `aggregate`
            _check_finite(X.X, np)
        vectors = replace(X, X=backend.asarray(X.X))
    else:
        if y is None:
            raise InputError("y", got="None", expected="the label of every clip")
        X = _checked(X)
        _check_finite(X, backend.xp if lives_on_device(X) else np)
        X = backend.asarray(X)
        rows = len(X.shape) == 2
        ids = np.arange(X.shape[0]).astype(str)
        vectors = FeatureVectors(split_rows(X, per_clip) if rows else X, None, (), ids)
    if groups is not None:
        vectors = replace(vectors, groups=groups)
    if y is not None:
        y = checked_targets(y, vectors.X, backend)
        try:
            check_classification_targets(y)
        except ValueError as error:
            raise InputError(f"y: {first_line(error)}") from error
        classes, codes = np.unique(y, return_inverse=True)
        vectors = replace(vectors, y=codes, labels=tuple(map(str, classes.tolist())))
    return ClipArrays(vectors, classes, rows)


def _checked(X: Any) -> Array:
    """Return an array with two or three dimensions, on the host of float32 or float64."""
    if not lives_on_device(X):
        try:
            X = check_array(
                X,
                dtype=[np.float64, np.float32],
                ensure_2d=False,
                allow_nd=True,
                ensure_all_finite=False,
                input_name="X",
            )
        except (TypeError, ValueError) as error:
            raise InputError(f"X: {first_line(error)}") from error
    if len(X.shape) not in (2, 3):
        got, expected = f"an array of shape {X.shape}", "shape (clips, V, n) or (clips, V * n)"
        raise InputError("X", got=got, expected=expected)
    return X


def _check_finite(X: Array, xp: ModuleType) -> None:
    if not xp.isfinite(X).all().item():
        raise InputError("X", got="NaN or infinity", expected="finite numbers")


def class_weight_of_codes(class_weight: Any, classes: AnyArray) -> Any:
    """Return the parameter ``class_weight`` with labels of ``y`` replaced by indices of classes.

    Parameters
    ----------
    class_weight : {"balanced"}, mapping of label to weight, or None
    classes : array, shape (classes,)
        Label of each class.

    Raises
    ------
    InputError
        If a key is not a label.

    Examples
    --------
    >>> class_weight_of_codes({5: 2.0, 7: 1.0}, np.array([5, 7]))
    {0: 2.0, 1: 1.0}
    """
    if not isinstance(class_weight, Mapping):
        return class_weight
    codes = {label: code for code, label in enumerate(classes.tolist())}
    for label in class_weight:
        if label not in codes:
            expected = did_you_mean(str(label), map(str, codes))
            raise InputError("class_weight", got=repr(label), expected=expected)
    return {codes[label]: weight for label, weight in class_weight.items()}
