"""The confusion matrix, and what is read off it alone.

Rows are true classes, columns predicted ones. A class is *tested* if its row has a sample, and
*predicted* if its column has.
"""

from __future__ import annotations

import numpy as np

from gpuclf._typing import Floats, Ints


def confusion_matrix(true: Ints, predicted: Ints, n_classes: int) -> Ints:
    """Count how often a class was taken for another.

    Parameters
    ----------
    true, predicted : int array, shape (samples,)
        Classes.
    n_classes : int
        How many there are, present or not.

    Returns
    -------
    int64 array, shape (n_classes, n_classes)

    Examples
    --------
    >>> confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
    [[1, 1], [0, 1]]
    """
    cells = np.bincount(true * n_classes + predicted, minlength=n_classes**2)
    return cells.reshape(n_classes, n_classes)


def accuracy(confusion: Ints) -> float:
    """Share of the samples that were predicted right.

    Parameters
    ----------
    confusion : int array, shape (n_classes, n_classes)
        With at least one sample.

    Examples
    --------
    >>> accuracy(np.array([[1, 1], [0, 2]]))
    0.75
    """
    return float(np.trace(confusion) / confusion.sum())


def recall(confusion: Ints) -> Floats:
    """Share of each class's samples that were predicted right.

    Parameters
    ----------
    confusion : int array, shape (n_classes, n_classes)

    Returns
    -------
    float64 array, shape (n_classes,)
        NaN for a class that has no sample.

    Examples
    --------
    >>> recall(np.array([[1, 1], [0, 2]])).tolist()
    [0.5, 1.0]
    """
    return _share(np.diagonal(confusion), confusion.sum(axis=1))


def precision(confusion: Ints) -> Floats:
    """Share of the samples predicted as each class that are of it.

    Parameters
    ----------
    confusion : int array, shape (n_classes, n_classes)

    Returns
    -------
    float64 array, shape (n_classes,)
        NaN for a class that was never predicted.

    Examples
    --------
    >>> precision(np.array([[1, 1], [0, 1]])).tolist()
    [1.0, 0.5]
    """
    return _share(np.diagonal(confusion), confusion.sum(axis=0))


def f1(confusion: Ints) -> Floats:
    """Harmonic mean of each class's precision and recall.

    It is ``2 r / (t + p)`` for a class of which ``t`` samples were tested, ``p`` predicted and
    ``r`` right, so that one that was only tested, or only predicted, has 0.

    Parameters
    ----------
    confusion : int array, shape (n_classes, n_classes)

    Returns
    -------
    float64 array, shape (n_classes,)
        NaN for a class that was neither tested nor predicted.

    Examples
    --------
    >>> f1(np.array([[2, 1, 0], [1, 2, 0], [0, 0, 0]])).round(3).tolist()
    [0.667, 0.667, nan]
    """
    return _share(2 * np.diagonal(confusion), confusion.sum(axis=0) + confusion.sum(axis=1))


def balanced_accuracy(confusion: Ints) -> float:
    """Mean recall over the classes that were tested: each class counts as much as another.

    Parameters
    ----------
    confusion : int array, shape (n_classes, n_classes)
        With at least one sample.

    Examples
    --------
    >>> balanced_accuracy(np.array([[8, 0, 0], [1, 1, 0], [0, 0, 0]]))
    0.75
    """
    return float(np.nanmean(recall(confusion)))


def macro_f1(confusion: Ints) -> float:
    """Mean F1 over the classes that were tested or predicted.

    Parameters
    ----------
    confusion : int array, shape (n_classes, n_classes)
        With at least one sample.

    Examples
    --------
    >>> round(macro_f1(np.array([[1, 0, 1], [0, 2, 0], [0, 0, 0]])), 3)
    0.556
    """
    return float(np.nanmean(f1(confusion)))


def _share(part: Ints, whole: Ints) -> Floats:
    """Divide, with NaN where the whole is nothing."""
    share = np.full(len(whole), np.nan)
    np.divide(part, whole, out=share, where=whole > 0)
    return share
