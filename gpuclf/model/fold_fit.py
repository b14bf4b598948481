"""Vectors of a fold, and the predictions of a classifier that is fitted to its training clips."""

from __future__ import annotations

from typing import Any

from gpuclf._typing import Array, Floats, Ints
from gpuclf.backend import Backend


def fold_vectors(
    X: Array, train: Ints, test: Ints, kernel: str, backend: Backend
) -> tuple[Array, Array]:
    """Return the vectors of the training and of the test clips.

    Parameters
    ----------
    X : float array, shape (clips, V, n)
        Vectors of all clips, on the device.
    train, test : int64 array
        Indices of clips.
    kernel : str
        With "precomputed", the features are kernel values: those of training vectors are kept.
    backend : Backend
        Backend of ``X``.
    """
    rows = backend.asarray(train)
    X_train, X_test = X[rows], X[backend.asarray(test)]
    if kernel == "precomputed":
        per_clip = X.shape[1]
        columns = (rows[:, None] * per_clip + backend.xp.arange(per_clip)).ravel()
        X_train, X_test = X_train[:, :, columns], X_test[:, :, columns]
    return X_train, X_test


def judge_fold(fitted: Any, X: Array, classes: int, backend: Backend) -> tuple[Ints, Floats]:
    """Return votes and decision values for all classes, also those missing in training.

    Parameters
    ----------
    fitted : ClipClassifier
        Classifier whose labels are indices of classes.
    X : float array, shape (clips, V, n)
        Vectors of the test clips, on the device.
    classes : int
        Number of classes.
    backend : Backend
        Backend of ``X``.

    Returns
    -------
    votes : int64 array, shape (clips, V)
        Predicted class of each vector.
    decisions : float64 array, shape (clips, V, classes)
        Decision values in favour of each class; minus infinity for a class that is missing.
    """
    xp = backend.xp
    votes, of_present = fitted.judge_vectors(X)
    present = backend.asarray(fitted.classes_)
    decisions = xp.full((*of_present.shape[:2], classes), -xp.inf, dtype=xp.float64)
    decisions[:, :, present] = of_present
    return backend.to_host(present[votes]), backend.to_host(decisions)


def weights_of_present(
    class_weight: str | dict[int, float] | None, y: Ints
) -> str | dict[int, float] | None:
    """Return the weights of the classes in ``y``: a fold may have no training clip of some."""
    if not isinstance(class_weight, dict):
        return class_weight
    return {label: class_weight[label] for label in class_weight.keys() & set(y.tolist())}
