"""How well labels were predicted; on the host, classes numbered from 0.

A confusion matrix has the true classes in its rows and the predicted ones in its columns.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


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


def recall(confusion: Ints) -> npt.NDArray[np.float64]:
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
    samples = confusion.sum(axis=1)
    right = np.full(len(samples), np.nan)
    np.divide(np.diagonal(confusion), samples, out=right, where=samples > 0)
    return right
