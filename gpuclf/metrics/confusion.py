"""Confusion matrices and the metrics that are computed from them.

Rows are true classes, columns predicted classes. A class is *tested* if its row contains a sample,
and *predicted* if its column does. The metrics of a stack of matrices, of shape ``(..., n_classes,
n_classes)``, are an array of shape ``(...)``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gpuclf._typing import AnyArray, Floats, Ints
from gpuclf.metrics.shares import defined_means, share

ROWS = 512  # of the joint matrix of several folds: larger ones take longer than separate calls


def confusion_matrix(true: Ints, predicted: Ints, n_classes: int) -> Ints:
    """Compute the confusion matrix: number of samples by true and predicted class.

    Parameters
    ----------
    true, predicted : int array, shape (samples,)
        Classes; at least one sample.
    n_classes : int
        Number of classes, including those without samples.

    Returns
    -------
    int64 array, shape (n_classes, n_classes)
        Rows are true classes, columns predicted classes.

    Examples
    --------
    >>> confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
    [[1, 1], [0, 1]]
    """
    from sklearn import metrics

    counts: Ints = metrics.confusion_matrix(true, predicted, labels=np.arange(n_classes))
    return counts


def confusion_matrices(true: Sequence[Ints], predicted: Sequence[Ints], n_classes: int) -> Ints:
    """Compute the confusion matrix of each fold.

    Folds are counted jointly, with separate class indices: input validation by scikit-learn takes
    two milliseconds per call.

    Parameters
    ----------
    true, predicted : sequence of int arrays, shape (samples,)
        Classes of the samples of each fold; at least one sample each.
    n_classes : int
        Number of classes, including those without samples.

    Returns
    -------
    int64 array, shape (folds, n_classes, n_classes)

    Examples
    --------
    >>> true, predicted = [np.array([0, 1]), np.array([0])], [np.array([1, 1]), np.array([0])]
    >>> confusion_matrices(true, predicted, 2).tolist()
    [[[0, 1], [0, 1]], [[1, 0], [0, 0]]]
    """
    at_a_time = max(1, ROWS // n_classes)
    matrices = []
    for start in range(0, len(true), at_a_time):
        folds = slice(start, start + at_a_time)
        lengths = [len(classes) for classes in true[folds]]
        count = len(lengths)
        first = np.repeat(n_classes * np.arange(count), lengths)
        joined = confusion_matrix(
            np.concatenate(true[folds]) + first,
            np.concatenate(predicted[folds]) + first,
            n_classes * count,
        )
        blocks = joined.reshape(count, n_classes, count, n_classes)
        matrices.append(blocks[np.arange(count), :, np.arange(count)])
    return np.concatenate(matrices)


def accuracy(confusion: Ints) -> Floats:
    """Compute the accuracy: fraction of samples that are predicted correctly.

    Parameters
    ----------
    confusion : int array, shape (..., n_classes, n_classes)
        Confusion matrices.

    Returns
    -------
    float64 array, shape (...)
        In [0, 1]; NaN without samples.

    Examples
    --------
    >>> float(accuracy(np.array([[1, 1], [0, 2]])))
    0.75
    """
    return share(np.trace(confusion, axis1=-2, axis2=-1), confusion.sum(axis=(-2, -1)))


def recall(confusion: Ints) -> Floats:
    """Compute the recall of each class: fraction of its samples that are predicted correctly.

    Parameters
    ----------
    confusion : int array, shape (..., n_classes, n_classes)
        Confusion matrices.

    Returns
    -------
    float64 array, shape (..., n_classes)
        NaN for a class without samples.

    Examples
    --------
    >>> recall(np.array([[1, 1], [0, 2]])).tolist()
    [0.5, 1.0]
    """
    return share(_correct(confusion), confusion.sum(axis=-1))


def precision(confusion: Ints) -> Floats:
    """Compute the precision of each class: fraction of its predictions that are correct.

    Parameters
    ----------
    confusion : int array, shape (..., n_classes, n_classes)
        Confusion matrices.

    Returns
    -------
    float64 array, shape (..., n_classes)
        NaN for a class that is never predicted.

    Examples
    --------
    >>> precision(np.array([[1, 1], [0, 1]])).tolist()
    [1.0, 0.5]
    """
    return share(_correct(confusion), confusion.sum(axis=-2))


def f1(confusion: Ints) -> Floats:
    """Compute the F1 score of each class: harmonic mean of precision and recall.

    ``2 c / (t + p)`` for a class with ``t`` tested, ``p`` predicted and ``c`` correctly predicted
    samples; 0 for a class that is only tested or only predicted.

    Parameters
    ----------
    confusion : int array, shape (..., n_classes, n_classes)
        Confusion matrices.

    Returns
    -------
    float64 array, shape (..., n_classes)
        NaN for a class that is neither tested nor predicted.

    Examples
    --------
    >>> f1(np.array([[2, 1, 0], [1, 2, 0], [0, 0, 0]])).round(3).tolist()
    [0.667, 0.667, nan]
    """
    return share(2 * _correct(confusion), confusion.sum(axis=-2) + confusion.sum(axis=-1))


def balanced_accuracy(confusion: Ints) -> Floats:
    """Compute the balanced accuracy: mean recall of the tested classes.

    Parameters
    ----------
    confusion : int array, shape (..., n_classes, n_classes)
        Confusion matrices.

    Returns
    -------
    float64 array, shape (...)
        In [0, 1]; NaN without samples.

    Examples
    --------
    >>> float(balanced_accuracy(np.array([[8, 0, 0], [1, 1, 0], [0, 0, 0]])))
    0.75
    """
    return defined_means(recall(confusion))


def mean_recall(true: Ints, correct: AnyArray) -> float:
    """Compute the balanced accuracy from the correctness of each sample.

    Parameters
    ----------
    true : int array, shape (samples,)
        Classes; at least one sample.
    correct : bool or float array, shape (samples,)
        Whether each sample is predicted correctly, or the fraction of its parts that are.

    Returns
    -------
    float
        Mean recall of the tested classes, in [0, 1].

    Examples
    --------
    >>> mean_recall(np.array([0, 0, 2, 2]), np.array([1.0, 1.0, 0.5, 0.5]))
    0.75
    """
    counts = np.bincount(true)
    tested = counts > 0
    return float(np.mean(np.bincount(true, correct)[tested] / counts[tested]))


def macro_f1(confusion: Ints) -> Floats:
    """Compute the macro F1 score: mean F1 of the classes that are tested or predicted.

    Parameters
    ----------
    confusion : int array, shape (..., n_classes, n_classes)
        Confusion matrices.

    Returns
    -------
    float64 array, shape (...)
        In [0, 1]; NaN without samples.

    Examples
    --------
    >>> macro_f1(np.array([[1, 0, 1], [0, 2, 0], [0, 0, 0]])).round(3).item()
    0.556
    """
    return defined_means(f1(confusion))


def _correct(confusion: Ints) -> Ints:
    diagonal: Ints = np.diagonal(confusion, axis1=-2, axis2=-1)
    return diagonal


def by_class(confusion: Ints) -> list[dict[str, float]]:
    """Return the number of tests, precision, recall and F1 score of each class.

    Parameters
    ----------
    confusion : int array, shape (classes, classes)
        Confusion matrix.

    Examples
    --------
    >>> by_class(np.array([[3, 1], [0, 4]]))[0]
    {'tested': 4, 'precision': 1.0, 'recall': 0.75, 'f1': 0.8571428571428571}
    """
    columns = {
        "tested": confusion.sum(axis=1),
        "precision": precision(confusion),
        "recall": recall(confusion),
        "f1": f1(confusion),
    }
    return [
        {name: column[label].item() for name, column in columns.items()}
        for label in range(len(confusion))
    ]
