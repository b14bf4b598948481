"""What all folds of a cross-validation together said of every clip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np

from gpuclf._typing import AnyArray, Ints
from gpuclf.validation.fold_score import FoldScore
from gpuclf.vectors.feature_vectors import FeatureVectors


class Mistake(NamedTuple):
    """A clip that most votes are wrong about; shares are of all of its votes, over all folds."""

    clip: int
    true: int
    taken_for: int
    share_true: float
    share_taken: float


@dataclass(frozen=True)
class ClipVotes:
    """What all folds together said of every clip.

    Parameters
    ----------
    ids : array of str, shape (clips,)
    y : int64 array, shape (clips,)
        The class that the file gives it.
    tested : int64 array, shape (clips,)
        In how many folds it was tested; with vectors split, how many of its vectors were.
    right : int64 array, shape (clips,)
        In how many of them it was given its class, the permuted one if labels were permuted.
    votes : int64 array, shape (clips, classes)
        Votes of its vectors, summed over the folds.
    votes_right : int64 array, shape (clips,)
        How many of them were for its class.
    """

    ids: AnyArray
    y: Ints
    tested: Ints
    right: Ints
    votes: Ints
    votes_right: Ints

    @classmethod
    def of(cls, folds: Sequence[FoldScore], vectors: FeatureVectors, per_clip: int) -> Self:
        """Sum up over folds, whose positions stand for clips, or ``per_clip`` for each."""
        assert vectors.y is not None
        clips, classes = len(vectors), len(vectors.labels)
        tested, right, votes_right = (np.zeros(clips, np.int64) for _ in range(3))
        votes = np.zeros((clips, classes), np.int64)
        for scored in folds:
            assert scored.tested is not None
            fold, counts = scored.fold, scored.tested.counts
            places, true = fold.test // per_clip, fold.y[fold.test]
            np.add.at(tested, places, 1)
            np.add.at(right, places, scored.tested.labels == true)
            np.add.at(votes, places, counts)
            np.add.at(votes_right, places, counts[np.arange(len(true)), true])
        return cls(vectors.ids, vectors.y, tested, right, votes, votes_right)

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain numbers, lists and strings."""
        return {name: value.tolist() for name, value in vars(self).items()}

    def mistakes(self) -> list[Mistake]:
        """Find the clips for which another class has more votes than their own.

        Returns
        -------
        list of Mistake
            The surest first: by how far the winner leads, in shares of the votes; ties in the order
            of the clips. The winner of several is the lower class.
        """
        shares = self.votes / np.maximum(1, self.votes.sum(axis=1, keepdims=True))
        every = np.arange(len(self.y))
        winner = shares.argmax(axis=1)
        lead = shares[every, winner] - shares[every, self.y]
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
