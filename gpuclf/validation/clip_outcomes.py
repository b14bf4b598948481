"""Accuracy and balanced accuracy on clips, and the difference of two of them.

Two cross-validations over the same clips can be compared even if their splits differ: the effect on
each clip is paired, whichever fold tests it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from gpuclf._typing import AnyArray, Floats, Ints
from gpuclf.metrics.intervals import Estimate, clustered_mean
from gpuclf.metrics.shares import defined_mean, defined_means, share
from gpuclf.model.voting import elect
from gpuclf.validation.cv_result import CrossValidation

DIFFERENCE_BOUNDS = (-1.0, 1.0)  # of two accuracies


@dataclass(frozen=True)
class ClipOutcomes:
    """Tests and correct predictions of every clip in every repeat.

    Parameters
    ----------
    tested, correct : float64 array, shape (repeats, clips)
        Number of tests and of correct predictions.
    classes : int array, shape (clips,)
        Class of each clip, for balanced accuracy; one class for all clips for accuracy.

    Examples
    --------
    >>> tested, correct = np.array([[1, 1, 1, 1]]), np.array([[1, 0, 1, 1]])
    >>> ClipOutcomes(tested, correct, np.zeros(4, int)).accuracy
    0.75
    >>> round(ClipOutcomes(tested, correct, np.array([0, 0, 0, 1])).accuracy, 3)
    0.833
    """

    tested: Floats
    correct: Floats
    classes: Ints

    @classmethod
    def of(cls, result: CrossValidation, *, balanced: bool = False) -> Self:
        """Return the outcomes of a result that splits clips."""
        shape = len(result.scores), len(result.clips.y)
        tested, correct = np.zeros(shape), np.zeros(shape)
        for score in result.folds:
            assert score.tested is not None
            fold = score.fold
            tested[fold.repeat, fold.test] += 1
            correct[fold.repeat, fold.test] += score.tested.labels == fold.y[fold.test]
        return cls(tested, correct, balanced * result.clips.y)

    @classmethod
    def of_split_vectors(
        cls, result: CrossValidation, per_clip: int, *, balanced: bool = False
    ) -> Self:
        """Return the outcomes of a result that splits feature vectors, ``per_clip`` of each clip.

        In each repeat, a clip's vectors vote once, whichever folds predict them.
        """
        y = result.clips.y
        votes = np.zeros((len(result.scores), len(y), len(result.labels)))
        for score in result.folds:
            assert score.tested is not None
            clips = score.fold.test // per_clip
            np.add.at(votes[score.fold.repeat], clips, score.tested.counts)
        tested = votes.sum(axis=2) > 0
        correct = tested & (np.array([elect(counts) for counts in votes]) == y)
        return cls(tested.astype(float), correct.astype(float), balanced * y)

    @property
    def accuracy(self) -> float:
        """Mean over repeats of the mean recall of the tested classes of a repeat."""
        return defined_mean(defined_means(self._recall))

    @property
    def deviations(self) -> Floats:
        """Deviation of each clip from the recall of its class, times its weight in the accuracy.

        Shape ``(clips,)``. The accuracy is a sum of ratios of sums over clips; this is its
        linearisation.
        """
        classes = np.unique(self.classes, return_inverse=True)[1]
        recall, tests = self._recall, self._by_class(self.tested)
        weights = tests * (tests > 0).sum(axis=1, keepdims=True)
        deviations = self.correct - self.tested * np.nan_to_num(recall)[:, classes]
        weighted: Floats = (deviations / np.maximum(1, weights)[:, classes]).mean(axis=0)
        return weighted

    @property
    def _recall(self) -> Floats:
        """Recall of each class in each repeat; NaN for a class that is not tested."""
        return share(self._by_class(self.correct), self._by_class(self.tested))

    def _by_class(self, values: Floats) -> Floats:
        """Sum over the clips of each class, ``(repeats, classes)``."""
        sums: Floats = values @ (self.classes[:, None] == np.unique(self.classes)).astype(float)
        return sums


def accuracy_difference(one: ClipOutcomes, other: ClipOutcomes, units: AnyArray) -> Estimate:
    """Return the difference of two accuracies over the same clips, with its confidence interval.

    Parameters
    ----------
    one, other : ClipOutcomes
        Outcomes of the same clips; their numbers of repeats and of tests may differ.
    units : array, shape (clips,)
        Group of each clip; groups are independent.

    Returns
    -------
    Estimate
        Accuracy of ``one`` minus that of ``other``, with the cluster-robust interval of
        `gpuclf.metrics.intervals.clustered_mean` over the clips that either tests.

    Examples
    --------
    >>> tested, one_class = np.ones((1, 4)), np.zeros(4, int)
    >>> one = ClipOutcomes(tested, np.array([[1, 1, 1, 0]]), one_class)
    >>> other = ClipOutcomes(tested, np.array([[0, 1, 1, 0]]), one_class)
    >>> estimate = accuracy_difference(one, other, np.arange(4))
    >>> estimate.mean, round(estimate.low, 3), round(estimate.high, 3)
    (0.25, -0.546, 1.0)
    """
    tested = (one.tested.sum(axis=0) + other.tested.sum(axis=0)) > 0
    deviations = (one.deviations - other.deviations)[tested]
    values = one.accuracy - other.accuracy + len(deviations) * deviations
    return clustered_mean(values, units[tested], within=DIFFERENCE_BOUNDS)
