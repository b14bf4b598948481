"""Votes and predictions of every clip over all folds of a cross-validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np

from gpuclf._typing import AnyArray, Ints
from gpuclf.validation.fold_score import FoldScore
from gpuclf.vectors.feature_vectors import FeatureVectors


class Mistake(NamedTuple):
    """Misclassified clip: its true and predicted class, and their shares of its votes."""

    clip: int
    true: int
    predicted: int
    share_true: float
    share_predicted: float


@dataclass(frozen=True)
class ClipVotes:
    """Votes and predictions of every clip, summed over all folds.

    Parameters
    ----------
    ids : array of str, shape (clips,)
        Name of each clip.
    y : int64 array, shape (clips,)
        True class of each clip, before any permutation of the labels.
    tested : int64 array, shape (clips,)
        Number of times the clip was tested; if feature vectors are split, the number of tests of
        its vectors.
    right : int64 array, shape (clips,)
        Number of correct predictions; compared with permuted labels if these are permuted.
    votes : int64 array, shape (clips, classes)
        Votes of the clip's feature vectors for each class.
    votes_right : int64 array, shape (clips,)
        Number of correct votes.
    """

    ids: AnyArray
    y: Ints
    tested: Ints
    right: Ints
    votes: Ints
    votes_right: Ints

    @classmethod
    def of(cls, folds: Sequence[FoldScore], vectors: FeatureVectors, per_clip: int) -> Self:
        """Sum over folds; each clip has ``per_clip`` consecutive positions."""
        assert vectors.y is not None
        clips, classes = len(vectors), len(vectors.labels)
        tested, right, votes_right = (np.zeros(clips, np.int64) for _ in range(3))
        votes = np.zeros((clips, classes), np.int64)
        for score in folds:
            assert score.tested is not None
            fold, counts = score.fold, score.tested.counts
            of_clip, true = fold.test // per_clip, fold.y[fold.test]
            np.add.at(tested, of_clip, 1)
            np.add.at(right, of_clip, score.tested.labels == true)
            np.add.at(votes, of_clip, counts)
            np.add.at(votes_right, of_clip, counts[np.arange(len(true)), true])
        return cls(vectors.ids, vectors.y, tested, right, votes, votes_right)

    def to_dict(self) -> dict[str, Any]:
        """Return the votes as JSON-serialisable built-ins."""
        return {name: value.tolist() for name, value in vars(self).items()}

    def mistakes(self) -> list[Mistake]:
        """Return the clips for which another class has more votes than the true class.

        Returns
        -------
        list of Mistake
            Sorted by the difference of the two vote shares, largest first; ties in the order of
            the clips. Among classes with equal votes the lower index is the predicted class.
        """
        shares = self.votes / np.maximum(1, self.votes.sum(axis=1, keepdims=True))
        rows = np.arange(len(self.y))
        winner = shares.argmax(axis=1)
        lead = shares[rows, winner] - shares[rows, self.y]
        return [
            Mistake(
                clip,
                int(self.y[clip]),
                int(winner[clip]),
                float(shares[clip, self.y[clip]]),
                float(shares[clip, winner[clip]]),
            )
            for clip in np.argsort(-lead, kind="stable").tolist()
            if lead[clip] > 0
        ]
