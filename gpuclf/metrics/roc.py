"""One-vs-rest ROC curves, averaged over folds.

Scores have shape ``(samples, classes)``; a higher score means a more likely class, and ``-inf``
marks a class without training samples. Scores of different folds may have different scales. Curves
are therefore computed for each fold, and their true positive rates are averaged at equal false
positive rates (vertical averaging: T. Fawcett, An introduction to ROC analysis, Pattern Recognition
Letters 27, 2006, algorithm 3). Folds test few clips, so that the steps of their curves are at
nearly the same false positive rates, and their average would be a staircase: a curve connects the
centers of its steps instead.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from gpuclf._typing import Bools, Floats, Ints

STEPS = 100  # of the false positive rate


@dataclass(frozen=True)
class RocCurves:
    """One-vs-rest ROC curves, means over folds.

    Parameters
    ----------
    false_positives : float64 array, shape (points,)
        False positive rates, from 0 to 1.
    true_positives : float64 array, shape (classes, points)
        True positive rates; NaN for a class whose curve is undefined in all folds, because no fold
        tests both this class and another.
    areas : float64 array, shape (classes,)
        Areas under the curves, means over folds.
    """

    false_positives: Floats
    true_positives: Floats
    areas: Floats

    @property
    def mean(self) -> Floats:
        """Macro average of the curves, shape ``(points,)``."""
        mean: Floats = self.true_positives[~np.isnan(self.areas)].mean(axis=0)
        return mean


def mean_roc_curves(folds: Iterable[tuple[Ints, Floats]]) -> RocCurves:
    """Compute one-vs-rest ROC curves and average them over folds.

    Parameters
    ----------
    folds : iterable of (true, scores)
        Classes ``(samples,)`` and scores ``(samples, classes)`` of each fold; at least one.

    Returns
    -------
    RocCurves

    Examples
    --------
    >>> true, scores = np.array([0, 0, 1, 1]), np.array([[4.0, 0], [2, 0], [3, 0], [1, 0]])
    >>> curves = mean_roc_curves([(true, scores)])
    >>> curves.areas.tolist()
    [0.75, 0.5]
    >>> curves.true_positives[0, [0, 49, 50, 100]].tolist()
    [0.5, 0.74, 0.75, 1.0]
    """
    false_positives = np.linspace(0, 1, STEPS + 1)
    curves, areas = [], []
    for true, scores in folds:
        fold = [
            _curve(true == label, scores[:, label], false_positives)
            for label in range(scores.shape[1])
        ]
        curves.append([curve for curve, _ in fold])
        areas.append([area for _, area in fold])
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", RuntimeWarning
        )  # mean of an empty slice: undefined in all folds
        return RocCurves(false_positives, np.nanmean(curves, axis=0), np.nanmean(areas, axis=0))


def counts_above(positive: Bools, scores: Floats) -> tuple[Ints, Ints]:
    """Return the number of samples with at least each of the scores, and of positive ones.

    Parameters
    ----------
    positive : bool array, shape (samples,)
    scores : float64 array, shape (samples,)

    Returns
    -------
    selected, hits : int64 arrays, shape (different scores,)
        In descending order of the scores.

    Examples
    --------
    >>> selected, hits = counts_above(np.array([True, False, True]), np.array([0.5, 0.5, 0.9]))
    >>> selected.tolist(), hits.tolist()
    ([1, 3], [1, 2])
    """
    order = np.argsort(-scores)
    ranked = scores[order]
    last = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1)  # of tied scores
    hits: Ints = np.cumsum(positive[order])[last]
    return last + 1, hits


def _curve(positive: Bools, scores: Floats, false_positives: Floats) -> tuple[Floats, float]:
    """Return the ROC curve of one class in one fold and its area; 20 times as fast as sklearn."""
    positives = np.count_nonzero(positive)
    negatives = len(positive) - positives
    if not positives or not negatives:
        return np.full(len(false_positives), np.nan), np.nan
    selected, hits = counts_above(positive, scores)
    true = np.append(0, hits / positives)
    false = np.append(0, (selected - hits) / negatives)
    step = np.diff(false) > 0
    x, y = ((values[1:] + values[:-1])[step] / 2 for values in (false, true))
    start, end = true[false == 0].max(), true[false == 1].min()
    curve = np.interp(false_positives, [0, *x, 1, 1], [start, *y, end, 1])
    return curve, float(np.trapezoid(true, false))
