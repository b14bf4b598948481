"""What came out of a fold: the votes of its test clips, and how good they are.

Metrics are computed fold by fold, since decision values of different SVMs do not compare; a class
that a fold does not test is left out of its means. Clips are ranked by their votes (``auc_votes``)
and by their summed decision values (``auc_decisions``), vectors by their decision values. The
second place (``top_two``) goes by votes, and among equal votes by decision values.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from gpuclf import metrics
from gpuclf._typing import AnyArray, Floats, Ints
from gpuclf.model.voting import elect, vote_counts
from gpuclf.validation.fold import Fold


@dataclass(frozen=True)
class Tested:
    """What was said of the clips that a fold tests.

    Parameters
    ----------
    votes : int64 array, shape (clips, V)
        The class that each vector was given.
    decisions : float64 array, shape (clips, classes)
        What speaks for each class, summed over the vectors; minus infinity for a class that was
        missing in training.
    of_vectors : dict of str to float
        Metrics of the vectors that need the decision values of each.
    """

    votes: Ints
    decisions: Floats
    of_vectors: dict[str, float]

    @cached_property
    def counts(self) -> Ints:
        """Votes of every clip, ``(clips, classes)``."""
        counts: Ints = vote_counts(self.votes, self.decisions.shape[1], np)
        return counts

    @cached_property
    def labels(self) -> Ints:
        """The class with most votes of every clip, ``(clips,)``."""
        labels: Ints = elect(self.counts)
        return labels

    def places(self) -> Floats:
        """Rank the classes of every clip as `gpuclf.ClipClassifier.decision_function` does."""
        places: Floats = self.counts.astype(np.float64) - 1 / 3
        known = np.isfinite(self.decisions)
        places[known] += 1 / 3 + self.decisions[known] / (3 * (np.abs(self.decisions[known]) + 1))
        return places


@dataclass(frozen=True)
class FoldScore:
    """What came out of one fold.

    Parameters
    ----------
    fold : Fold
        Which one.
    score : float
        Accuracy on clips, or on vectors without majority voting; in [0, 1].
    vector_score : float
        Accuracy on vectors.
    unconverged : list of tuple of int
        Classes of every SVM that did not converge.
    tested : Tested or None
        None of a brief fold.
    """

    fold: Fold
    score: float
    vector_score: float
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
        """Score a fold.

        Parameters
        ----------
        fold : Fold
        votes : int64 array, shape (clips, V)
            The class that each vector was given.
        decisions : float64 array, shape (clips, V, classes), or None
            What speaks for each class. Not needed of a brief fold.
        classes : int
            How many there are.
        unconverged : list of tuple of int
        majority_voting : bool
            Whether clips are scored, or vectors.
        """
        true = fold.y[fold.test]
        if fold.brief:
            tested, labels = None, elect(vote_counts(votes, classes, np))
        else:
            assert decisions is not None
            of_vectors = decisions.reshape(-1, classes)
            each = np.repeat(true, votes.shape[1])
            ranked = _ranking(each, votes.ravel(), of_vectors, {"decisions": of_vectors})
            tested = Tested(votes, decisions.sum(axis=1), ranked)
            labels = tested.labels
        vector_score = float(np.mean(votes == true[:, None]))
        score = float(np.mean(labels == true)) if majority_voting else vector_score
        return cls(fold, score, vector_score, unconverged, tested)

    def to_record(self) -> dict[str, Any]:
        """Give all but the fold as JSON has it, to the last bit."""
        record = {
            "score": self.score,
            "vector_score": self.vector_score,
            "unconverged": self.unconverged,
        }
        if self.tested is not None:
            record["votes"] = _packed(self.tested.votes.astype(np.int32))
            record["decisions"] = _packed(self.tested.decisions)
            record["of_vectors"] = _packed(np.array([*self.tested.of_vectors.values()]))
            record["names"] = list(self.tested.of_vectors)
        return record

    @classmethod
    def from_record(cls, fold: Fold, record: dict[str, Any]) -> Self:
        """Make it again out of what `to_record` gave."""
        tested = None
        if not fold.brief:
            values = _unpacked(record["of_vectors"]).tolist()
            tested = Tested(
                _unpacked(record["votes"]).astype(np.int64),
                _unpacked(record["decisions"]),
                dict(zip(record["names"], values, strict=True)),
            )
        unconverged = [tuple(classes) for classes in record["unconverged"]]
        return cls(fold, record["score"], record["vector_score"], unconverged, tested)


def fold_metrics(
    scored: FoldScore, clip_confusion: Ints, vector_confusion: Ints
) -> dict[str, dict[str, float]]:
    """Compute the metrics of a fold, of its clips and of its vectors.

    Parameters
    ----------
    scored : FoldScore
        Not of a brief fold.
    clip_confusion, vector_confusion : int64 array, shape (classes, classes)
        Of the fold.

    Returns
    -------
    dict of str to dict of str to float
        ``clips`` and ``vectors``; NaN for what the fold's classes do not define.
    """
    tested, true = scored.tested, scored.fold.y[scored.fold.test]
    assert tested is not None
    shares = tested.counts / tested.votes.shape[1]
    return {
        "clips": {
            **_of_confusion(clip_confusion),
            **_ranking(
                true,
                tested.labels,
                tested.places(),
                {"votes": shares, "decisions": tested.decisions},
            ),
            "brier": metrics.brier(true, shares),
        },
        "vectors": {
            **_of_confusion(vector_confusion),
            **tested.of_vectors,
        },
    }


def _ranking(
    true: Ints, predicted: Ints, places: Floats, scores: dict[str, Floats]
) -> dict[str, float]:
    """Compute the metrics that look at how classes are ranked."""
    found = {"top_two": metrics.top_two(true, predicted, places)}
    for name, values in scores.items():
        auc = metrics.roc_auc(true, values)
        found[f"auc_{name}"] = auc.one_vs_rest
        found[f"auc_{name}_hand_till"] = auc.hand_till
    return found


def _of_confusion(confusion: Ints) -> dict[str, float]:
    return {
        "accuracy": metrics.accuracy(confusion),
        "balanced_accuracy": metrics.balanced_accuracy(confusion),
        "macro_f1": metrics.macro_f1(confusion),
    }


def _packed(array: AnyArray) -> str:
    room = io.BytesIO()
    np.save(room, array, allow_pickle=False)
    return base64.b64encode(room.getvalue()).decode()


def _unpacked(text: str) -> AnyArray:
    found: AnyArray = np.load(io.BytesIO(base64.b64decode(text)), allow_pickle=False)
    return found
