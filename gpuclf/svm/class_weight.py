"""Weights of classes: factors of the penalty of their errors, as in scikit-learn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from gpuclf._typing import Floats
from gpuclf.errors import InputError
from gpuclf.svm.spec import is_number


def check_class_weight(class_weight: Any) -> None:
    """Check the parameter ``class_weight``.

    Parameters
    ----------
    class_weight : {"balanced"}, mapping of class to weight, or None

    Raises
    ------
    InputError
        If it is something else, or a weight is not a finite number above 0.

    Examples
    --------
    >>> check_class_weight({"rock": 2, "jazz": -1})
    Traceback (most recent call last):
    gpuclf.errors.InputError: class_weight of 'jazz': got -1, expected a finite number above 0
    """
    if isinstance(class_weight, Mapping):
        check_weights(class_weight.keys(), class_weight.values())
    elif class_weight is not None and not (
        isinstance(class_weight, str) and class_weight == "balanced"
    ):
        expected = "'balanced', a mapping of label to weight, or None"
        got = repr(class_weight) if isinstance(class_weight, str) else type(class_weight).__name__
        raise InputError("class_weight", got=got, expected=expected)


def check_weights(names: Iterable[object], weights: Iterable[Any]) -> None:
    """Check that the weight of each class is a finite number above 0."""
    for name, weight in zip(names, weights, strict=True):
        if not is_number(weight) or not 0 < weight < np.inf:
            label = repr(name.item() if isinstance(name, np.generic) else name)
            expected = "a finite number above 0"
            raise InputError(f"class_weight of {label}", got=f"{weight!r}", expected=expected)


def class_weights(class_weight: str | Mapping[int, float] | None, counts: Floats) -> Floats:
    """Return the weight of each class, as defined by scikit-learn's ``class_weight``.

    Parameters
    ----------
    class_weight : {"balanced"}, mapping of class to weight, or None
        ``"balanced"``: ``n_samples / (n_classes * counts)`` over the classes with samples.
    counts : float64 array, shape (classes,)
        Number of training samples of each class.

    Returns
    -------
    float64 array, shape (classes,)
        Factor of the penalty of each class.

    Examples
    --------
    >>> class_weights("balanced", np.array([1.0, 3.0])).tolist()
    [2.0, 0.6666666666666666]
    """
    if class_weight == "balanced":
        present = counts > 0
        return counts.sum() / (present.sum() * np.where(present, counts, 1))  # type: ignore[no-any-return]
    weights = np.ones(len(counts))
    for label, weight in class_weight.items() if isinstance(class_weight, Mapping) else ():
        weights[label] = weight
    return weights
