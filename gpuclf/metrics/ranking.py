"""Ranking metrics: top-2 accuracy and area under the ROC curve (AUC).

Scores have shape ``(samples, classes)``; a higher score means a more likely class, and ``-inf``
marks a class without training samples. `in_top_two` compares the scores of one sample. AUC compares
the scores of one class for pairs of samples, which must come from the same fitted classifier:
scores of different folds may have different scales. `pairs_won` therefore counts pairs of samples
of one fold; the AUC of several folds is computed from the sums of their counts.
"""

from __future__ import annotations

import numpy as np

from gpuclf._typing import Bools, Floats, Ints
from gpuclf.errors import InputError
from gpuclf.metrics.shares import defined_means, share


def in_top_two(true: Ints, predicted: Ints, scores: Floats) -> Bools:
    """Return whether the class of each sample is ranked first or second.

    The predicted class is ranked first, whether or not it has the highest score; the second is the
    class with the highest score among the others. Ties go to the lower index.

    Parameters
    ----------
    true, predicted : int array, shape (samples,)
        Classes.
    scores : float array, shape (samples, classes)

    Returns
    -------
    bool array, shape (samples,)

    Raises
    ------
    InputError
        If a score is NaN.

    Examples
    --------
    >>> scores = np.array([[5.0, 2.0, 1.0], [5.0, 2.0, 1.0], [1.0, 4.0, 1.0]])
    >>> in_top_two(np.array([1, 2, 0]), np.array([0, 0, 1]), scores).tolist()
    [True, False, True]
    """
    _check(scores)
    samples, n_classes = scores.shape
    rows = np.arange(samples)
    own = scores[rows, true][:, None]
    earlier = np.arange(n_classes) < true[:, None]
    ahead = (scores > own) | ((scores == own) & earlier)
    ahead[rows, predicted] = False
    first_or_second: Bools = (true == predicted) | ~ahead.any(axis=1)
    return first_or_second


def pairs_won(true: Ints, scores: Floats) -> Floats:
    """Count the pairs of samples that are ranked correctly, for each pair of classes.

    Parameters
    ----------
    true : int array, shape (samples,)
        Classes.
    scores : float array, shape (samples, classes)

    Returns
    -------
    float64 array, shape (classes, classes)
        Element ``[i, j]`` is the number of pairs of a sample of ``i`` and a sample of ``j`` in
        which the former has the higher score for ``i``; ties count 1/2. The diagonal is 0.

    Raises
    ------
    InputError
        If a score is NaN.

    Examples
    --------
    >>> scores = np.array([[9.0, 0.0], [4.0, 5.0], [4.0, 6.0]])
    >>> pairs_won(np.array([0, 0, 1]), scores).tolist()
    [[0.0, 1.5], [2.0, 0.0]]
    """
    _check(scores)
    samples, n_classes = scores.shape
    won = np.zeros((n_classes, n_classes))
    before = np.zeros((samples + 1, n_classes), np.int64)  # samples per class among the lowest
    for i in range(n_classes):
        order = np.argsort(scores[:, i])
        ranked, classes = scores[order, i], true[order]
        np.cumsum(classes[:, None] == np.arange(n_classes), axis=0, out=before[1:])
        own = ranked[classes == i]
        lower = before[np.searchsorted(ranked, own, side="left")]
        not_higher = before[np.searchsorted(ranked, own, side="right")]
        won[i] = (lower + not_higher).sum(axis=0) / 2
    np.fill_diagonal(won, 0)
    return won


def class_pairs(counts: Ints) -> Ints:
    """Count the pairs of samples of each pair of classes.

    Parameters
    ----------
    counts : int array, shape (..., classes)
        Number of samples of each class.

    Returns
    -------
    int64 array, shape (..., classes, classes)
        The diagonal is 0.

    Examples
    --------
    >>> class_pairs(np.array([2, 1])).tolist()
    [[0, 2], [2, 0]]
    """
    different = ~np.eye(counts.shape[-1], dtype=bool)
    pairs: Ints = counts[..., :, None] * counts[..., None, :] * different
    return pairs


def auc_one_vs_rest(won: Floats, pairs: Ints) -> Floats:
    """Compute the mean area under the ROC curve of each class against the rest.

    It depends on the class frequencies.

    Parameters
    ----------
    won : float array, shape (..., classes, classes)
        Results of `pairs_won`.
    pairs : int array, shape (..., classes, classes)
        Results of `class_pairs`.

    Returns
    -------
    float64 array, shape (...)
        Mean over the classes with pairs; NaN if there are none.

    Examples
    --------
    >>> auc_one_vs_rest(np.array([[0, 1.5], [2, 0]]), np.array([[0, 2], [2, 0]])).item()
    0.875
    """
    return defined_means(share(won.sum(axis=-1), pairs.sum(axis=-1)))


def auc_hand_till(won: Floats, pairs: Ints) -> Floats:
    """Compute the mean area under the ROC curve of each class against each other.

    The mean over pairs of classes ``i < j`` of ``(A(i|j) + A(j|i)) / 2``, where ``A(i|j)`` is the
    probability that a sample of ``i`` has a higher score for class ``i`` than a sample of ``j``. It
    does not depend on the class frequencies.

    Parameters
    ----------
    won, pairs
        See `auc_one_vs_rest`.

    Returns
    -------
    float64 array, shape (...)
        Mean over the classes with pairs; NaN if there are none.

    References
    ----------
    D. J. Hand and R. J. Till, A simple generalisation of the area under the ROC curve for multiple
    class classification problems, Machine Learning 45, 2001, eq. 7.

    Examples
    --------
    >>> auc_hand_till(np.array([[0, 1.5], [2, 0]]), np.array([[0, 2], [2, 0]])).item()
    0.875
    """
    areas = share(won, pairs)
    return defined_means(areas.reshape(*areas.shape[:-2], -1))


def _check(scores: Floats) -> None:
    if np.isnan(scores).any():
        raise InputError("scores", got="NaN", expected="numbers or -inf")
