"""Accuracy on clips as a mean over clips, and the difference of two accuracies.

Two cross-validations over the same clips can be compared even if their splits differ: the effect on
each clip is paired, whichever fold tests it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from gpuclf._typing import AnyArray, Floats
from gpuclf.metrics.intervals import Estimate, clustered_mean
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

    Examples
    --------
    >>> outcomes = ClipOutcomes(np.array([[1, 1, 1, 1]]), np.array([[1, 0, 1, 1]]))
    >>> outcomes.accuracy, outcomes.deviations.tolist()
    (0.75, [0.0625, -0.1875, 0.0625, 0.0625])
    """

    tested: Floats
    correct: Floats

    @classmethod
    def of(cls, result: CrossValidation) -> Self:
        """Return the outcomes of a result that splits clips."""
        shape = len(result.scores), len(result.clips.y)
        tested, correct = np.zeros(shape), np.zeros(shape)
        for score in result.folds:
            assert score.tested is not None
            fold = score.fold
            tested[fold.repeat, fold.test] += 1
            correct[fold.repeat, fold.test] += score.tested.labels == fold.y[fold.test]
        return cls(tested, correct)

    @classmethod
    def of_split_vectors(cls, result: CrossValidation, per_clip: int) -> Self:
        """Return the outcomes of a result that splits feature vectors, ``per_clip`` of each clip.

        In each repeat, a clip's vectors vote once, whichever folds predict them.
        """
        votes = np.zeros((len(result.scores), len(result.clips.y), len(result.labels)))
        for score in result.folds:
            assert score.tested is not None
            clips = score.fold.test // per_clip
            np.add.at(votes[score.fold.repeat], clips, score.tested.counts)
        tested = votes.sum(axis=2) > 0
        correct = tested & (np.array([elect(counts) for counts in votes]) == result.clips.y)
        return cls(tested.astype(float), correct.astype(float))

    @property
    def accuracy(self) -> float:
        """Accuracy of the tests of a repeat, mean over repeats."""
        return float(self._by_repeat.mean())

    @property
    def deviations(self) -> Floats:
        """Deviation of each clip from the accuracy, times its weight, ``(clips,)``; sums to 0.

        The accuracy is a ratio of two sums over clips; this is its linearisation.
        """
        weights = 1 / self.tested.sum(axis=1, keepdims=True)
        expected = self.tested * self._by_repeat[:, None]
        deviations: Floats = (weights * (self.correct - expected)).mean(axis=0)
        return deviations

    @property
    def _by_repeat(self) -> Floats:
        accuracies: Floats = self.correct.sum(axis=1) / self.tested.sum(axis=1)
        return accuracies


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
    >>> tested = np.ones((1, 4))
    >>> one = ClipOutcomes(tested, np.array([[1, 1, 1, 0]]))
    >>> other = ClipOutcomes(tested, np.array([[0, 1, 1, 0]]))
    >>> estimate = accuracy_difference(one, other, np.arange(4))
    >>> estimate.mean, round(estimate.low, 3), round(estimate.high, 3)
    (0.25, -0.546, 1.0)
    """
    tested = (one.tested.sum(axis=0) + other.tested.sum(axis=0)) > 0
    deviations = (one.deviations - other.deviations)[tested]
    values = one.accuracy - other.accuracy + len(deviations) * deviations
    return clustered_mean(values, units[tested], within=DIFFERENCE_BOUNDS)
