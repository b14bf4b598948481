"""Metrics of clips and of feature vectors, pooled over the folds of each repeat.

Classes without test clips are excluded from means over classes. AUC is computed from the pairs of
test clips of the same fold, because decision values of different SVMs are not comparable: from vote
shares (``auc_votes``) and from summed decision values (``auc_decisions``); AUC of feature vectors
from their decision values. Top-2 accuracy (``top_two``) ranks classes by votes, with ties resolved
by decision values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from gpuclf import metrics
from gpuclf._typing import Floats, Ints
from gpuclf.metrics.pooling import Pooled, Pooling
from gpuclf.metrics.shares import share
from gpuclf.validation.fold_score import FoldScore, Tested


def clip_metrics(
    folds: Sequence[FoldScore], confusion: Ints, test_to_train: float
) -> dict[str, Pooled]:
    """Compute the metrics of clips.

    Parameters
    ----------
    folds : sequence of FoldScore
        Scores with predictions, repeat by repeat.
    confusion : int64 array, shape (repeats, folds, classes, classes)
        Confusion matrices of clips.
    test_to_train : float
        Ratio of test to training clips of a fold.

    Returns
    -------
    dict of str to Pooled
        Metrics by name.
    """
    shape = confusion.shape[:2]
    tested = [(_tested(score), score.fold.y[score.fold.test]) for score in folds]
    shares = [one.counts / one.votes.shape[1] for one, _ in tested]
    top_two = [metrics.in_top_two(y, one.labels, one.ranking_scores()).sum() for one, y in tested]
    won = {
        "votes": [metrics.pairs_won(y, each) for (_, y), each in zip(tested, shares, strict=True)],
        "decisions": [metrics.pairs_won(y, one.decisions) for one, y in tested],
    }
    brier = [metrics.brier(y, each).sum() for (_, y), each in zip(tested, shares, strict=True)]
    pooling = Pooling(confusion.sum(axis=(-2, -1)), test_to_train)
    return {
        **_metrics(pooling, confusion, np.reshape(top_two, shape), won),
        "brier": pooling.pool(share, np.reshape(brier, shape), pooling.sizes, within=(0.0, 2.0)),
    }


def vector_metrics(
    folds: Sequence[FoldScore], confusion: Ints, test_to_train: float
) -> dict[str, Pooled]:
    """Compute the metrics of feature vectors; parameters as for `clip_metrics`."""
    rankings = [_tested(score).of_vectors for score in folds]
    pooling = Pooling(confusion.sum(axis=(-2, -1)), test_to_train)
    top_two = np.reshape([one.top_two for one in rankings], confusion.shape[:2])
    return _metrics(pooling, confusion, top_two, {"decisions": [one.won for one in rankings]})


def _metrics(
    pooling: Pooling, confusion: Ints, top_two: Ints, won: Mapping[str, Sequence[Floats]]
) -> dict[str, Pooled]:
    """Compute the metrics that clips and feature vectors have in common."""
    pool, pairs = pooling.pool, metrics.class_pairs(confusion.sum(axis=-1))
    pooled = {
        "accuracy": pool(metrics.accuracy, confusion),
        "balanced_accuracy": pool(metrics.balanced_accuracy, confusion),
        "macro_f1": pool(metrics.macro_f1, confusion),
        "top_two": pool(share, top_two, pooling.sizes),
    }
    for name, of_folds in won.items():
        each = np.reshape(of_folds, confusion.shape)
        pooled[f"auc_{name}"] = pool(metrics.auc_one_vs_rest, each, pairs)
        pooled[f"auc_{name}_hand_till"] = pool(metrics.auc_hand_till, each, pairs)
    return pooled


def _tested(score: FoldScore) -> Tested:
    assert score.tested is not None, "a fold with predictions"
    return score.tested
