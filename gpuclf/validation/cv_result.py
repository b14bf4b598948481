"""What a cross-validation found: scores by fold, metrics, baselines, and every clip's votes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from gpuclf import metrics
from gpuclf._typing import Floats, Ints
from gpuclf._utils.displayable import Displayable
from gpuclf._utils.plain import plain
from gpuclf.backend import Backend
from gpuclf.metrics import Calibration, RocCurves
from gpuclf.metrics.intervals import Interval, corrected_interval, defined_mean, permutation_p
from gpuclf.validation.clip_votes import ClipVotes
from gpuclf.validation.fold_fitting import Fitted
from gpuclf.validation.fold_score import FoldScore, fold_metrics
from gpuclf.validation.plan import Plan
from gpuclf.vectors.feature_vectors import FeatureVectors

LEVEL = 0.95  # of every interval
SHARE = (0.0, 1.0)  # which no accuracy leaves


@dataclass(frozen=True, kw_only=True)
class CrossValidation(Displayable):
    """Scores of a repeated cross-validation.

    Parameters
    ----------
    labels : tuple of str
        Names of the classes.
    scores : float64 array, shape (repeats, folds)
        Accuracy on clips, or on vectors without majority voting; in [0, 1].
    vector_scores : float64 array, shape (repeats, folds)
        Accuracy on vectors.
    confusion, vector_confusion : int64 array, shape (classes, classes)
        Of what ``scores`` counts, and of the vectors. Rows true, columns predicted, summed over all
        folds.
    metrics : dict of str to dict of str to float64 array, shape (repeats, folds)
        Of the ``clips`` and of the ``vectors``: see `gpuclf.validation.fold_score`.
    calibration : Calibration
        Of the clips' winners: their share of the votes, against how often they are right.
    majority : float64 array, shape (repeats, folds)
        Accuracy of the class with most clips, if it were the answer to all.
    test_to_train : float
        Clips that a fold tests for each that it trains on.
    splits : str
        Fingerprint of the clips, their classes and the splits.
    clips : ClipVotes
        What was said of every clip.
    folds : list of FoldScore
        All that came out of every fold, repeat after repeat.
    majority_voting : bool
        Whether clips were scored, or vectors.
    backend, solver : str
        What computed it.
    seconds : dict
        ``fit`` (training and scoring), and what the vectors took: ``read``, ``aggregate``.
    permuted : float64 array, shape (permutations,)
        Accuracy of the whole run with permuted labels; empty if that was not asked for.
    """

    labels: tuple[str, ...]
    scores: Floats
    vector_scores: Floats
    confusion: Ints
    vector_confusion: Ints
    metrics: dict[str, dict[str, Floats]]
    calibration: Calibration
    majority: Floats
    test_to_train: float
    splits: str
    clips: ClipVotes
    folds: list[FoldScore] = field(repr=False)
    majority_voting: bool
    backend: str
    solver: str
    seconds: dict[str, float] = field(default_factory=dict)
    permuted: Floats = field(default_factory=lambda: np.empty(0))

    @classmethod
    def of(
        cls,
        plan: Plan,
        fitted: Fitted,
        vectors: FeatureVectors,
        backend: Backend,
        seconds: dict[str, float],
    ) -> Self:
        """Put together what came out of the folds of a plan."""
        folds, classes = fitted.folds, len(vectors.labels)
        true = [scored.fold.y[scored.fold.test] for scored in folds]
        tested = [scored.tested for scored in folds if scored.tested is not None]
        clips = metrics.confusion_matrices(true, [one.labels for one in tested], classes)
        single = metrics.confusion_matrices(
            [np.repeat(y, one.votes.shape[1]) for y, one in zip(true, tested, strict=True)],
            [one.votes.ravel() for one in tested],
            classes,
        )
        measured = [fold_metrics(*fold) for fold in zip(folds, clips, single, strict=True)]
        levels = ["vectors"] if plan.split_vectors else ["clips", "vectors"]
        shares = [one.counts.max(axis=1) / one.votes.shape[1] for one in tested]
        return cls(
            labels=vectors.labels,
            scores=np.array([scored.score for scored in folds]).reshape(plan.shape),
            vector_scores=np.array([scored.vector_score for scored in folds]).reshape(plan.shape),
            confusion=(clips if plan.validation.majority_voting else single).sum(axis=0),
            vector_confusion=single.sum(axis=0),
            metrics={
                level: {
                    name: np.array([one[level][name] for one in measured]).reshape(plan.shape)
                    for name in measured[0][level]
                }
                for level in levels
            },
            calibration=metrics.calibration(
                np.concatenate(true),
                np.concatenate([one.labels for one in tested]),
                np.concatenate(shares),
            ),
            majority=np.array([_majority(scored, classes) for scored in folds]).reshape(plan.shape),
            test_to_train=plan.test_to_train,
            splits=plan.digest(vectors),
            clips=ClipVotes.of(
                folds, vectors, int(vectors.X.shape[1]) if plan.split_vectors else 1
            ),
            folds=folds,
            majority_voting=plan.validation.majority_voting,
            backend=backend.name,
            solver=fitted.solver,
            seconds=seconds,
        )

    @property
    def accuracy(self) -> float:
        """Mean of all scores."""
        return float(self.scores.mean())

    @property
    def accuracy_std(self) -> float:
        """Standard deviation over all scores."""
        return float(self.scores.std())

    @property
    def interval(self) -> Interval:
        """Corrected interval of the accuracy, 95 %: `metrics.intervals.corrected_interval`."""
        return corrected_interval(self.scores, self.test_to_train, LEVEL, within=SHARE)

    @property
    def scored(self) -> str:
        """What is scored: ``clips`` or ``vectors``."""
        return "clips" if self.majority_voting else "vectors"

    @property
    def chance(self) -> float:
        """Accuracy of a guess among the classes, each as likely as the other."""
        return 1 / len(self.labels)

    @property
    def recall(self) -> Floats:
        """Share of each class's samples that were predicted right; NaN for one never tested."""
        return metrics.recall(self.confusion)

    def roc_curves(self) -> RocCurves:
        """Average the folds' ROC curves, of the clips' summed decision values.

        Of the vectors' decision values where single vectors are split.
        """
        return metrics.mean_roc_curves(
            (one.fold.y[one.fold.test], one.tested.decisions)
            for one in self.folds
            if one.tested is not None
        )

    @property
    def confusion_shares(self) -> Floats:
        """Confusion in shares of the true class, ``(classes, classes)``; 0 if never tested."""
        tested = self.confusion.sum(axis=1, keepdims=True)
        shares: Floats = self.confusion / np.maximum(1, tested)
        return shares

    @property
    def p_value(self) -> float | None:
        """How often permuted labels score as well; None if none were tried."""
        return permutation_p(self.accuracy, self.permuted) if len(self.permuted) else None

    def __repr__(self) -> str:
        repeats, folds = self.scores.shape
        return (
            f"<accuracy {self.accuracy:.1%} +/- {self.accuracy_std:.1%} "
            f"over {repeats} x {folds} folds, chance {self.chance:.1%}>"
        )

    def to_dict(self) -> dict[str, Any]:
        """Give the result as plain numbers, lists and strings, as ``--json`` writes it."""
        return {
            "backend": self.backend,
            "solver": self.solver,
            "labels": list(self.labels),
            "scores": self.scores.tolist(),
            "vector_scores": self.vector_scores.tolist(),
            "accuracy": self.accuracy,
            "accuracy_std": self.accuracy_std,
            "interval": plain(self.interval._asdict()),
            "baselines": {"chance": self.chance, "majority_class": float(self.majority.mean())},
            "confusion": self.confusion.tolist(),
            "vector_confusion": self.vector_confusion.tolist(),
            "classes": [
                plain({"label": label, **row})
                for label, row in zip(self.labels, self._by_class(), strict=True)
            ],
            "metrics": {
                level: {name: self._summary(name, values) for name, values in by_name.items()}
                for level, by_name in self.metrics.items()
            },
            "calibration": self.calibration.to_dict(),
            "permutations": None
            if self.p_value is None
            else {"p": self.p_value, "accuracies": self.permuted.tolist()},
            "splits": {"digest": self.splits, "test_to_train": self.test_to_train},
            "clips": self.clips.to_dict(),
            "seconds": self.seconds,
        }

    def _by_class(self) -> list[dict[str, float]]:
        columns = {
            "tested": self.confusion.sum(axis=1),
            "precision": metrics.precision(self.confusion),
            "recall": metrics.recall(self.confusion),
            "f1": metrics.f1(self.confusion),
        }
        return [
            {name: column[c].item() for name, column in columns.items()}
            for c in range(len(self.labels))
        ]

    def _summary(self, name: str, values: Floats) -> dict[str, Any]:
        """Mean, spread and interval of a metric over the folds that define it."""
        bounds = (0.0, 2.0) if name == "brier" else SHARE
        interval = corrected_interval(values, self.test_to_train, LEVEL, within=bounds)
        mean = defined_mean(values)
        std = np.sqrt(defined_mean((values - mean) ** 2))
        summary = {"mean": mean, "std": std, "low": interval.low, "high": interval.high}
        return {**plain(summary), "folds": plain(values.tolist())}


def _majority(scored: FoldScore, classes: int) -> float:
    """Score the class with most clips, the lower index of several, on a fold's test."""
    fold = scored.fold
    most = np.bincount(fold.y, minlength=classes).argmax()
    return float(np.mean(fold.y[fold.test] == most))
