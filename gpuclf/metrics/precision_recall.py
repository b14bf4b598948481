"""One-vs-rest precision-recall curves, averaged over folds.

Scores have shape ``(samples, classes)`` as in `gpuclf.metrics.roc`. The precision at a recall ``r``
is the highest precision at a recall of at least ``r`` (interpolated precision: C. D. Manning, P.
Raghavan and H. Schuetze, Introduction to information retrieval, 2008, section 8.4). Curves are
computed for each fold and averaged at equal recalls.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from gpuclf._typing import Bools, Floats, Ints
from gpuclf.metrics.roc import counts_above

STEPS = 100  # of the recall


@dataclass(frozen=True)
class PrecisionRecallCurves:
    """One-vs-rest precision-recall curves, means over folds.

    Parameters
    ----------
    recall : float64 array, shape (points,)
        Recalls, from 0 to 1.
    precision : float64 array, shape (classes, points)
        Interpolated precisions; NaN for a class that no fold tests.
    average_precision : float64 array, shape (classes,)
        Average precisions, as scikit-learn defines them (without interpolation), means over folds.
    chance : float
        Mean over the classes of their fraction of the samples: the precision of random scores.
    """

    recall: Floats
    precision: Floats
    average_precision: Floats
    chance: float


def mean_precision_recall_curves(folds: Iterable[tuple[Ints, Floats]]) -> PrecisionRecallCurves:
    """Compute one-vs-rest precision-recall curves and average them over folds.

    Parameters
    ----------
    folds : iterable of (true, scores)
        Classes ``(samples,)`` and scores ``(samples, classes)`` of each fold; at least one.

    Returns
    -------
    PrecisionRecallCurves

    Examples
    --------
    >>> true, scores = np.array([0, 0, 1, 1]), np.array([[4.0, 0], [2, 0], [3, 0], [1, 0]])
    >>> curves = mean_precision_recall_curves([(true, scores)])
    >>> curves.precision[0, [0, 50, 51, 100]].round(3).tolist()
    [1.0, 1.0, 0.667, 0.667]
    >>> curves.average_precision.round(3).tolist(), curves.chance
    ([0.833, 0.5], 0.5)
    """
    recall = np.arange(STEPS + 1) / STEPS
    curves, areas, shares = [], [], []
    for true, scores in folds:
        classes = range(scores.shape[1])
        fold = [_curve(true == label, scores[:, label], recall) for label in classes]
        curves.append([curve for curve, _ in fold])
        areas.append([area for _, area in fold])
        shares.append([np.mean(true == label) or np.nan for label in classes])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # mean of an empty slice: never tested
        mean = [np.nanmean(values, axis=0) for values in (curves, areas, shares)]
    return PrecisionRecallCurves(recall, mean[0], mean[1], float(np.nanmean(mean[2])))


def _curve(positive: Bools, scores: Floats, recall: Floats) -> tuple[Floats, float]:
    """Return the interpolated precision of one class in one fold, and its average precision."""
    positives = np.count_nonzero(positive)
    if not positives:
        return np.full(len(recall), np.nan), np.nan
    selected, hits = counts_above(positive, scores)
    precision = hits / selected
    area = float(np.sum(np.diff(hits, prepend=0) / positives * precision))
    highest = np.maximum.accumulate(precision[::-1])[::-1]  # at this recall or a higher one
    reached = np.searchsorted(hits, np.ceil(recall * positives - 1e-9))
    return highest[reached], area
