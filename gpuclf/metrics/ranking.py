"""How well scores rank: the classes of a sample, and the samples of a class.

Scores are ``(samples, classes)``, the higher the likelier; ``-inf`` for a class that was not
trained on. `top_two` compares the scores of one sample. `roc_auc` compares those of one class over
all samples, so that they must come from one fitted classifier: two folds' scores may not share a
scale.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gpuclf._typing import Floats, Ints
from gpuclf.errors import InputError


def top_two(true: Ints, predicted: Ints, scores: Floats) -> float:
    """Share of the samples whose class is the predicted one or the next in line.

    Next in line is, among the classes that were not predicted, the one with the highest score; ties
    go to the lower index. The predicted class need not have the highest score itself.

    Parameters
    ----------
    true, predicted : int array, shape (samples,)
        Classes; at least one sample.
    scores : float array, shape (samples, classes)

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    InputError
        If a score is NaN.

    Examples
    --------
    >>> scores = np.array([[5.0, 2.0, 1.0], [5.0, 2.0, 1.0], [1.0, 4.0, 1.0]])
    >>> top_two(np.array([1, 2, 0]), np.array([0, 0, 1]), scores) == 2 / 3
    True
    """
    _check(scores)
    samples, n_classes = scores.shape
    rows = np.arange(samples)
    own = scores[rows, true][:, None]
    earlier = np.arange(n_classes) < true[:, None]
    ahead = (scores > own) | ((scores == own) & earlier)
    ahead[rows, predicted] = False
    return float(np.mean((true == predicted) | ~ahead.any(axis=1)))


class RocAuc(NamedTuple):
    """Two ways to average the area under the ROC curve over classes; both in [0, 1]."""

    one_vs_rest: float
    hand_till: float


def roc_auc(true: Ints, scores: Floats) -> RocAuc:
    """Area under the ROC curve, averaged over classes and over pairs of classes.

    ``A(i|j)`` is the probability that, by the scores of class ``i``, a sample of ``i`` stands
    before one of ``j``; equal scores count a half. ``one_vs_rest`` sets each class against all
    others together, and depends on how frequent these are. ``hand_till`` is the mean over pairs
    ``i < j`` of ``(A(i|j) + A(j|i)) / 2``, which does not (D. J. Hand and R. J. Till, A simple
    generalisation of the area under the ROC curve for multiple class classification problems,
    Machine Learning 45, 2001, eq. 7, over the classes present).

    Parameters
    ----------
    true : int array, shape (samples,)
        Classes.
    scores : float array, shape (samples, classes)

    Returns
    -------
    RocAuc
        Over the classes that have samples, against those that have; NaN if there are not two.

    Raises
    ------
    InputError
        If a score is NaN.

    Examples
    --------
    >>> true = np.array([0, 0, 1, 2])
    >>> scores = np.array([[9.0, 0.0, 1.0], [4.0, 5.0, 1.0], [4.0, 6.0, 0.0], [1.0, 2.0, 7.0]])
    >>> roc_auc(true, scores)
    RocAuc(one_vs_rest=0.958..., hand_till=0.958...)
    """
    _check(scores)
    n_classes = scores.shape[1]
    counts = np.bincount(true, minlength=n_classes)
    pairs = np.outer(counts, counts)
    np.fill_diagonal(pairs, 0)
    won = _pairs_won(true, scores)
    np.fill_diagonal(won, 0)
    return RocAuc(
        one_vs_rest=_mean_share(won.sum(axis=1), pairs.sum(axis=1)),
        hand_till=_mean_share(won, pairs),
    )


def _pairs_won(true: Ints, scores: Floats) -> Floats:
    """Count for classes ``[i, j]`` the pairs of samples in which ``i``'s scores favour ``i``."""
    samples, n_classes = scores.shape
    won = np.zeros((n_classes, n_classes))
    before = np.zeros((samples + 1, n_classes), np.int64)  # of each class, among the first ranks
    for i in range(n_classes):
        order = np.argsort(scores[:, i])
        ranked, classes = scores[order, i], true[order]
        np.cumsum(classes[:, None] == np.arange(n_classes), axis=0, out=before[1:])
        own = ranked[classes == i]
        lower = before[np.searchsorted(ranked, own, side="left")]
        not_higher = before[np.searchsorted(ranked, own, side="right")]
        won[i] = (lower + not_higher).sum(axis=0) / 2
    return won


def _mean_share(won: Floats, pairs: Ints) -> float:
    some = pairs > 0
    return float(np.mean(won[some] / pairs[some])) if some.any() else np.nan


def _check(scores: Floats) -> None:
    if np.isnan(scores).any():
        raise InputError("scores", got="NaN", expected="numbers, or -inf")
