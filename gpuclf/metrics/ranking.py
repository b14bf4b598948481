"""Ranking metrics: top-2 accuracy and area under the ROC curve.

Scores have shape ``(samples, classes)``; a higher score means a more likely class, and ``-inf``
marks a class without training samples. `top_two` compares the scores of one sample. `roc_auc`
compares the scores of one class over all samples, which must come from the same fitted classifier:
scores of different folds may have different scales.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gpuclf._typing import Floats, Ints
from gpuclf.errors import InputError


def top_two(true: Ints, predicted: Ints, scores: Floats) -> float:
    """Compute the top-2 accuracy: fraction of samples whose class is ranked first or second.

    The predicted class is ranked first, whether or not it has the highest score; the second is the
    class with the highest score among the others. Ties go to the lower index.

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
    """Area under the ROC curve by two ways of averaging over classes; both in [0, 1]."""

    one_vs_rest: float
    hand_till: float


def roc_auc(true: Ints, scores: Floats) -> RocAuc:
    """Compute the area under the ROC curve (AUC), one-vs-rest and by Hand and Till.

    ``one_vs_rest`` is the mean AUC of each class against the rest; it depends on the class
    frequencies. ``hand_till`` is the mean over pairs of classes ``i < j`` of ``(A(i|j) + A(j|i)) /
    2``, which does not; ``A(i|j)`` is the probability that a sample of ``i`` has a higher score for
    class ``i`` than a sample of ``j``, with ties counted as 1/2.

    Parameters
    ----------
    true : int array, shape (samples,)
        Classes.
    scores : float array, shape (samples, classes)

    Returns
    -------
    RocAuc
        Averages over the classes with samples; NaN if there are fewer than two.

    Raises
    ------
    InputError
        If a score is NaN.

    References
    ----------
    D. J. Hand and R. J. Till, A simple generalisation of the area under the ROC curve for multiple
    class classification problems, Machine Learning 45, 2001, eq. 7.

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
    """Count the pairs of samples of classes ``[i, j]`` in which ``i`` scores higher for ``i``."""
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
    return won


def _mean_share(won: Floats, pairs: Ints) -> float:
    """Return the mean fraction of pairs won; NaN if there are no pairs."""
    defined = pairs > 0
    return float(np.mean(won[defined] / pairs[defined])) if defined.any() else np.nan


def _check(scores: Floats) -> None:
    if np.isnan(scores).any():
        raise InputError("scores", got="NaN", expected="numbers or -inf")
