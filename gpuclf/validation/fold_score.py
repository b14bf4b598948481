"""Score of a fold: votes and decision values of its test clips, and metrics.

Metrics are computed fold by fold, because decision values of different SVMs are not comparable;
classes without test clips are excluded from means over classes. AUC of clips is computed from vote
shares (``auc_votes``) and from summed decision values (``auc_decisions``), AUC of feature vectors
from decision values. Top-2 accuracy (``top_two``) ranks classes by votes, with ties resolved by
decision values.
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
    """Votes and decision values of the test clips of a fold.

    Parameters
    ----------
    votes : int64 array, shape (clips, V)
        Predicted class of each feature vector.
    decisions : float64 array, shape (clips, classes)
        Decision values in favour of each class, summed over the feature vectors; minus infinity
        for a class that is missing in training.
    of_vectors : dict of str to float
        Metrics computed from the decision values of single feature vectors.
    """

    votes: Ints
    decisions: Floats
    of_vectors: dict[str, float]

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
    unconverged : list of tuple of int
        Classes of every SVM that did not converge.
    tested : Tested or None
        Votes and decision values; None if the fold keeps scores only.
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
            of_vectors = decisions.reshape(-1, classes)
            each = np.repeat(true, votes.shape[1])
            ranked = _ranking(each, votes.ravel(), of_vectors, {"decisions": of_vectors})
            tested = Tested(votes, decisions.sum(axis=1), ranked)
            labels = tested.labels
        vector_score = float(np.mean(votes == true[:, None]))
        score = float(np.mean(labels == true)) if majority_voting else vector_score
        return cls(fold, score, vector_score, unconverged, tested)

    def to_record(self) -> dict[str, Any]:
        """Return everything except the fold as JSON-serialisable built-ins, without rounding."""
        record = {
            "score": self.score,
            "vector_score": self.vector_score,
            "unconverged": self.unconverged,
        }
        if self.tested is not None:
            record["votes"] = _encode(self.tested.votes.astype(np.int32))
            record["decisions"] = _encode(self.tested.decisions)
            record["of_vectors"] = _encode(np.array([*self.tested.of_vectors.values()]))
            record["names"] = list(self.tested.of_vectors)
        return record

    @classmethod
    def from_record(cls, fold: Fold, record: dict[str, Any]) -> Self:
        """Restore the score of a fold from the result of `to_record`."""
        tested = None
        if not fold.scores_only:
            values = _decode(record["of_vectors"]).tolist()
            tested = Tested(
                _decode(record["votes"]).astype(np.int64),
                _decode(record["decisions"]),
                dict(zip(record["names"], values, strict=True)),
            )
        unconverged = [tuple(classes) for classes in record["unconverged"]]
        return cls(fold, record["score"], record["vector_score"], unconverged, tested)


def fold_metrics(
    score: FoldScore, clip_confusion: Ints, vector_confusion: Ints
) -> dict[str, dict[str, float]]:
    """Compute the metrics of a fold on clips and on feature vectors.

    Parameters
    ----------
    score : FoldScore
        Score of a fold with predictions.
    clip_confusion, vector_confusion : int64 array, shape (classes, classes)
        Confusion matrices of the fold.

    Returns
    -------
    dict of str to dict of str to float
        Metrics by name, for ``clips`` and ``vectors``; NaN where a metric is undefined.
    """
    tested, true = score.tested, score.fold.y[score.fold.test]
    assert tested is not None
    shares = tested.counts / tested.votes.shape[1]
    return {
        "clips": {
            **_confusion_metrics(clip_confusion),
            **_ranking(
                true,
                tested.labels,
                tested.ranking_scores(),
                {"votes": shares, "decisions": tested.decisions},
            ),
            "brier": metrics.brier(true, shares),
        },
        "vectors": {
            **_confusion_metrics(vector_confusion),
            **tested.of_vectors,
        },
    }


def _ranking(
    true: Ints, predicted: Ints, ranking: Floats, scores: dict[str, Floats]
) -> dict[str, float]:
    """Compute top-2 accuracy and AUC."""
    values = {"top_two": metrics.top_two(true, predicted, ranking)}
    for name, by_class in scores.items():
        auc = metrics.roc_auc(true, by_class)
        values[f"auc_{name}"] = auc.one_vs_rest
        values[f"auc_{name}_hand_till"] = auc.hand_till
    return values


def _confusion_metrics(confusion: Ints) -> dict[str, float]:
    """Compute the metrics of a confusion matrix."""
    return {
        "accuracy": metrics.accuracy(confusion),
        "balanced_accuracy": metrics.balanced_accuracy(confusion),
        "macro_f1": metrics.macro_f1(confusion),
    }


def _encode(array: AnyArray) -> str:
    """Encode an array as base64 text of a ``.npy`` file."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return base64.b64encode(buffer.getvalue()).decode()


def _decode(text: str) -> AnyArray:
    """Decode the result of `_encode`."""
    array: AnyArray = np.load(io.BytesIO(base64.b64decode(text)), allow_pickle=False)
    return array
