"""Explanation of accuracies below that of always predicting the most frequent class.

A weakly fitted SVM, such as one with a small C, predicts the classes that are most frequent in
training. A split that is not stratified makes these classes rare in the test set, so that the
accuracy is lower than that of guessing.
"""

from __future__ import annotations

import numpy as np

from gpuclf._utils.formatting import percent
from gpuclf.validation.cv_result import CrossValidation
from gpuclf.validation.fold_score import FoldScore

PREFERENCE = 0.1  # excess of predictions of classes that are most frequent in training
SHORTFALL = 0.95  # ratio of their shares of the test clips and of all clips


def below_baseline(result: CrossValidation) -> str:
    """Explain why the accuracy is below that of always predicting the most frequent class.

    Parameters
    ----------
    result : CrossValidation

    Returns
    -------
    str
        One clause; empty if the accuracy is not below, or if it is neither explained by the splits
        nor significantly below the chance level.
    """
    if result.accuracy >= result.majority:
        return ""
    shares = [_most_frequent(fold) for fold in result.folds]
    predicted, tested, overall = (
        float(np.concatenate(each).mean()) for each in zip(*shares, strict=True)
    )
    if predicted > overall + PREFERENCE:
        if tested >= SHORTFALL * overall:
            return ""
        return (
            f"{percent(predicted)} of the predictions, but only {percent(tested)} of the test "
            "clips, are of classes that are most frequent in training: the more clips of a class "
            "a split tests, the fewer it trains on (stratified-kfold keeps them nearly equal)"
        )
    if result.interval.high < result.chance:
        return "significantly below chance: training clips resemble test clips of other classes"
    return ""


def _most_frequent(score: FoldScore) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return whether classes are most frequent in training: predicted, of test and of all clips."""
    assert score.tested is not None
    fold = score.fold
    counts = np.bincount(fold.y[fold.train], minlength=score.tested.counts.shape[1])
    frequent = counts == counts.max()
    return frequent[score.tested.votes].ravel(), frequent[fold.y[fold.test]], frequent[fold.y]
