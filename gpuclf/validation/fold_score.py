"""Score of a fold: votes and decision values of its test clips."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Self

import numpy as np

from gpuclf._typing import AnyArray, Floats, Ints
from gpuclf.metrics import in_top_two, mean_recall, pairs_won
from gpuclf.model.voting import elect, vote_counts
from gpuclf.validation.fold import Fold


class VectorRanking(NamedTuple):
    """Counts of the single feature vectors of a fold, from their decision values.

    Parameters
    ----------
    top_two : int
        Number of feature vectors whose class is ranked first or second.
    won : float64 array, shape (classes, classes)
        Pairs of feature vectors that are ranked correctly; see `gpuclf.metrics.pairs_won`.
    """

    top_two: int
    won: Floats


@dataclass(frozen=True)
class Tested:
    """Votes and decision values of the test clips of a fold.

    Parameters
    ----------
    votes : int64 array, shape (clips, V)
        Predicted class of each feature vector.
    decisions : float64 array, shape (clips, classes)
        Decision values in favour of each class, summed over the feature vectors; minus infinity
        for a class that is missing in training.
    of_vectors : VectorRanking
        Counts from the decision values of single feature vectors, which are not kept.
    """

    votes: Ints
    decisions: Floats
    of_vectors: VectorRanking

    @cached_property
    def counts(self) -> Ints:
        """Number of votes for each class, ``(clips, classes)``."""
        counts: Ints = vote_counts(self.votes, self.decisions.shape[1], np)
        return counts

    @cached_property
    def labels(self) -> Ints:
        """Predicted class of every clip, ``(clips,)``."""
        labels: Ints = elect(self.counts)
        return labels

    def ranking_scores(self) -> Floats:
        """Compute the scores of `gpuclf.ClipClassifier.decision_function`, ``(clips, classes)``."""
        scores: Floats = self.counts.astype(np.float64) - 1 / 3
        trained = np.isfinite(self.decisions)
        decisions = self.decisions[trained]
        scores[trained] += 1 / 3 + decisions / (3 * (np.abs(decisions) + 1))
        return scores


@dataclass(frozen=True)
class FoldScore:
    """Scores of one fold.

    Parameters
    ----------
    fold : Fold
        Split and labels.
    score : float
        Accuracy on clips, or on feature vectors without majority voting; in [0, 1].
    vector_score : float
        Accuracy on feature vectors.
    balanced_score : float
        Balanced accuracy on what ``score`` is about: mean recall of the classes that are tested.
    unconverged : list of tuple of int
        Classes of every SVM that did not converge.
    tested : Tested or None
        Votes and decision values; None if the fold keeps scores only.
    """

    fold: Fold
    score: float
    vector_score: float
    balanced_score: float
    unconverged: list[tuple[Any, ...]]
    tested: Tested | None

    @classmethod
    def of(
        cls,
        fold: Fold,
        votes: Ints,
        decisions: Floats | None,
        classes: int,
        unconverged: list[tuple[Any, ...]],
        majority_voting: bool,
    ) -> Self:
        """Compute the scores of a fold.

        Parameters
        ----------
        fold : Fold
        votes : int64 array, shape (clips, V)
            Predicted class of each feature vector.
        decisions : float64 array, shape (clips, V, classes), or None
            Decision values in favour of each class; not used if the fold keeps scores only.
        classes : int
            Number of classes.
        unconverged : list of tuple of int
            Classes of every SVM that did not converge.
        majority_voting : bool
            Whether clips are scored, or feature vectors.
        """
        true = fold.y[fold.test]
        if fold.scores_only:
            tested, labels = None, elect(vote_counts(votes, classes, np))
        else:
            assert decisions is not None
            single, each = decisions.reshape(-1, classes), np.repeat(true, votes.shape[1])
            top_two = int(in_top_two(each, votes.ravel(), single).sum())
            ranking = VectorRanking(top_two, pairs_won(each, single))
            tested = Tested(votes, decisions.sum(axis=1), ranking)
            labels = tested.labels
        correct = votes == true[:, None]
        vector_score = float(np.mean(correct))
        if majority_voting:
            correct = (labels == true)[:, None]
        balanced_score = mean_recall(true, correct.mean(axis=1))
        score = float(np.mean(correct)) if majority_voting else vector_score
        return cls(fold, score, vector_score, balanced_score, unconverged, tested)

    def value(self, metric: str) -> float:
        """Return ``accuracy`` or ``balanced_accuracy``."""
        return self.score if metric == "accuracy" else self.balanced_score

    def to_record(self) -> dict[str, Any]:
        """Return everything except the fold as JSON-serialisable built-ins, without rounding."""
        record = {
            "score": self.score,
            "vector_score": self.vector_score,
            "balanced_score": self.balanced_score,
            "unconverged": self.unconverged,
        }
        if self.tested is not None:
            record["votes"] = _encode(self.tested.votes.astype(np.int32))
            record["decisions"] = _encode(self.tested.decisions)
            record["top_two"] = self.tested.of_vectors.top_two
            record["won"] = _encode(self.tested.of_vectors.won)
        return record

    @classmethod
    def from_record(cls, fold: Fold, record: dict[str, Any]) -> Self:
        """Restore the score of a fold from the result of `to_record`."""
        tested = None
        if not fold.scores_only:
            tested = Tested(
                _decode(record["votes"]).astype(np.int64),
                _decode(record["decisions"]),
                VectorRanking(record["top_two"], _decode(record["won"])),
            )
        unconverged = [tuple(classes) for classes in record["unconverged"]]
        names = ("score", "vector_score", "balanced_score")
        scores = {name: record[name] for name in names}
        return cls(fold, **scores, unconverged=unconverged, tested=tested)


def _encode(array: AnyArray) -> str:
    """Encode an array as base64 text of a ``.npy`` file."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return base64.b64encode(buffer.getvalue()).decode()


def _decode(text: str) -> AnyArray:
    """Decode the result of `_encode`."""
    array: AnyArray = np.load(io.BytesIO(base64.b64decode(text)), allow_pickle=False)
    return array
