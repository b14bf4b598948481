"""Confusion matrices, and the metrics that depend on nothing else.

Rows are true classes, columns predicted ones. A class is *tested* if its row has a sample, and
*predicted* if its column has.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gpuclf._typing import Floats, Ints

ROWS = 512  # of one matrix of several folds: a larger one takes longer than the calls it saves


def confusion_matrix(true: Ints, predicted: Ints, n_classes: int) -> Ints:
    """Count the samples of each true class that were predicted as each class.

    Parameters
    ----------
    true, predicted : int array, shape (samples,)
        Classes; at least one sample.
    n_classes : int
        Number of classes, present or not.

    Returns
    -------
    int64 array, shape (n_classes, n_classes)

    Examples
    --------
    >>> confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
    [[1, 1], [0, 1]]
    """
    from sklearn import metrics

    counts: Ints = metrics.confusion_matrix(true, predicted, labels=np.arange(n_classes))
    return counts


def confusion_matrices(true: Sequence[Ints], predicted: Sequence[Ints], n_classes: int) -> Ints:
    """Confusion matrix of every fold.

    Several folds are counted by one call, each with class numbers of its own: scikit-learn's checks
    take two milliseconds per call.

    Parameters
    ----------
    true, predicted : sequence of int arrays, shape (samples,)
        Classes of the samples of each fold; at least one sample each.
    n_classes : int
        Number of classes, present or not.

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
    for begin in range(0, len(true), at_a_time):
        folds = slice(begin, begin + at_a_time)
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


def accuracy(confusion: Ints) -> float:
    """Accuracy: fraction of the samples that were predicted correctly.

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
    """Recall of each class: fraction of its samples that were predicted correctly.

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
    """Precision of each class: fraction of the samples predicted as the class that belong to it.

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
    """F1 of each class: harmonic mean of its precision and recall.

    ``2 c / (t + p)`` for a class with ``t`` tested, ``p`` predicted and ``c`` correctly predicted
    samples: 0 for a class that was only tested or only predicted.

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
    """Balanced accuracy: mean recall over the classes that were tested.

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
    """Macro F1: mean F1 over the classes that were tested or predicted.

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
    with np.errstate(invalid="ignore"):
        return part / whole  # NaN where the whole is 0, and so is the part
