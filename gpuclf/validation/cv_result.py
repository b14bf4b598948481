"""Result of a cross-validation: scores, metrics, baselines and votes of every clip."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from gpuclf import metrics
from gpuclf._typing import AnyArray, Floats, Ints
from gpuclf._utils.plain import plain
from gpuclf._utils.run_result import RunResult
from gpuclf._utils.table import Table
from gpuclf.backend import Backend
from gpuclf.metrics import Calibration, PrecisionRecallCurves, RocCurves
from gpuclf.metrics.intervals import Interval, permutation_p
from gpuclf.metrics.pooling import Pooled
from gpuclf.validation.clip_votes import ClipVotes
from gpuclf.validation.fold_fitting import Fitted
from gpuclf.validation.fold_score import FoldScore
from gpuclf.validation.fold_table import fold_table
from gpuclf.validation.held_out import HeldOutProbabilities
from gpuclf.validation.out_of_fold import OutOfFold
from gpuclf.validation.plan import Plan
from gpuclf.validation.pooled_metrics import clip_metrics, vector_metrics
from gpuclf.validation.verdict import Verdict
from gpuclf.vectors.feature_vectors import FeatureVectors


@dataclass(frozen=True, kw_only=True)
class CrossValidation(RunResult):
    """Result of a repeated cross-validation.

    Parameters
    ----------
    labels : tuple of str
        Names of the classes.
    scores : float64 array, shape (repeats, folds)
        Accuracy on clips, or on feature vectors without majority voting; in [0, 1].
    vector_scores : float64 array, shape (repeats, folds)
        Accuracy on feature vectors.
    confusion : int64 array, shape (classes, classes)
        Confusion matrix of clips, or of feature vectors without majority voting, summed over all
        folds. Rows are true classes, columns predicted classes.
    vector_confusion : int64 array, shape (classes, classes)
        Confusion matrix of feature vectors.
    metrics : dict of str to dict of str to Pooled
        Metrics by name, for ``clips`` and ``vectors``, pooled over the folds of each repeat; see
        `gpuclf.validation.pooled_metrics`.
    calibration : Calibration
        Accuracy on clips as a function of the predicted class's vote share.
    test_to_train : float
        Ratio of test clips to training clips, on average over the folds.
    splits : str
        Digest of the clips, their classes and the splits.
    clips : ClipVotes
        Votes of every clip, over all folds.
    folds : list of FoldScore
        Scores and votes of every fold, repeat by repeat.
    majority_voting : bool
        Whether clips are scored, or feature vectors.
    backend, solver : str
        Backend and solver that computed the result.
    seconds : dict
        Elapsed time in seconds: ``read``, ``aggregate`` and ``fit`` (training and scoring).
    permuted : float64 array, shape (permutations,)
        Null distribution of the permutation test: accuracy for each permutation of the labels.
    groups : array, shape (clips,), or None
        Group of each clip.
    probabilities : HeldOutProbabilities or None
        Calibrated probabilities of the test clips; None if the classifier has none.

    Examples
    --------
    >>> from gpuclf import ClipClassifier, FeatureVectors, cross_validate
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat([0, 1], 10)
    >>> X = (rng.normal(size=(20, 12, 5)) + y[:, None, None]).astype(np.float32)
    >>> vectors = FeatureVectors(X, y, ("blues", "rock"), np.arange(20).astype(str))
    >>> clf = ClipClassifier(backend="cpu")
    >>> result = cross_validate(clf, vectors, folds=5, repeats=2, permutations=9)
    >>> result
    <accuracy 100.0% +/- 0.0% over 2 x 5 folds, majority class 50.0%>
    >>> result.confusion.tolist()
    [[9, 0], [0, 11]]
    >>> result.p_value
    0.1
    """

    labels: tuple[str, ...]
    scores: Floats
    vector_scores: Floats
    confusion: Ints
    vector_confusion: Ints
    metrics: dict[str, dict[str, Pooled]]
    calibration: Calibration
    test_to_train: float
    splits: str
    clips: ClipVotes
    folds: list[FoldScore] = field(repr=False)
    majority_voting: bool
    backend: str
    solver: str
    seconds: dict[str, float] = field(default_factory=dict)
    permuted: Floats = field(default_factory=lambda: np.empty(0))
    groups: AnyArray | None = None
    probabilities: HeldOutProbabilities | None = None

    @classmethod
    def of(
        cls,
        plan: Plan,
        fitted: Fitted,
        vectors: FeatureVectors,
        backend: Backend,
        seconds: dict[str, float],
        probabilities: HeldOutProbabilities | None = None,
    ) -> Self:
        """Combine the scores of all folds of a plan."""
        folds, classes = fitted.folds, len(vectors.labels)
        true = [score.fold.y[score.fold.test] for score in folds]
        tested = [score.tested for score in folds if score.tested is not None]
        clips = metrics.confusion_matrices(true, [one.labels for one in tested], classes)
        single = metrics.confusion_matrices(
            [np.repeat(y, one.votes.shape[1]) for y, one in zip(true, tested, strict=True)],
            [one.votes.ravel() for one in tested],
            classes,
        )
        by_fold = (*plan.shape, classes, classes)
        pooled = {"vectors": vector_metrics(folds, single.reshape(by_fold), plan.test_to_train)}
        if not plan.split_vectors:
            of_clips = clip_metrics(folds, clips.reshape(by_fold), plan.test_to_train)
            pooled = {"clips": of_clips, **pooled}
        if probabilities is not None:
            pooled["clips"] |= probabilities.pooled(plan.test_to_train)
        shares = [one.counts.max(axis=1) / one.votes.shape[1] for one in tested]
        return cls(
            labels=vectors.labels,
            scores=np.array([score.score for score in folds]).reshape(plan.shape),
            vector_scores=np.array([score.vector_score for score in folds]).reshape(plan.shape),
            confusion=(clips if plan.validation.majority_voting else single).sum(axis=0),
            vector_confusion=single.sum(axis=0),
            metrics=pooled,
            calibration=metrics.calibration(
                np.concatenate(true),
                np.concatenate([one.labels for one in tested]),
                np.concatenate(shares),
            ),
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
            groups=vectors.groups,
            probabilities=probabilities,
        )

    @property
    def predictions(self) -> OutOfFold:
        """Out-of-fold predictions: one row per test of a clip."""
        return OutOfFold.of(self.folds, self.labels, self.clips.ids, self.groups)

    @property
    def fold_scores(self) -> Table:
        """Scores of each fold as a table; see `gpuclf.validation.fold_table.fold_table`."""
        return fold_table(self.folds)

    @property
    def permutation_scores(self) -> Table:
        """Accuracy for each permutation of the labels as a table; empty without permutations."""
        return Table({"permutation": np.arange(len(self.permuted)), "accuracy": self.permuted})

    def to_table(self) -> Table:
        """Return `fold_scores`."""
        return self.fold_scores

    @property
    def accuracy(self) -> float:
        """Accuracy pooled over the folds of each repeat, mean over repeats."""
        return self.metrics[self.scored]["accuracy"].mean

    @property
    def accuracy_std(self) -> float:
        """Standard deviation of ``scores``."""
        return float(self.scores.std())

    @property
    def interval(self) -> Interval:
        """95 % confidence interval of the accuracy: see `gpuclf.metrics.pooling.Pooling.pool`."""
        return self.metrics[self.scored]["accuracy"].interval

    @property
    def verdict(self) -> Verdict:
        """Test of the leading metric against always predicting the most frequent class."""
        counts = np.bincount(self.clips.y, minlength=len(self.labels))
        return Verdict.of(self.metrics[self.scored], counts, self.labels, self.test_to_train)

    @property
    def majority(self) -> float:
        """Accuracy of always predicting the most frequent class: its share of all clips."""
        return float(np.bincount(self.clips.y).max() / len(self.clips.y))

    @property
    def scored(self) -> str:
        """Unit of ``scores``: ``clips`` or ``vectors``."""
        return "clips" if self.majority_voting else "vectors"

    @property
    def chance(self) -> float:
        """Chance level: expected accuracy of guessing each class with equal probability."""
        return 1 / len(self.labels)

    @property
    def recall(self) -> Floats:
        """Recall of each class, ``(classes,)``; NaN for a class that is never tested."""
        return metrics.recall(self.confusion)

    def roc_curves(self) -> RocCurves:
        """Compute one-vs-rest ROC curves of the summed decision values, averaged over folds.

        Returns
        -------
        RocCurves
            Curves of clips, or of feature vectors if these are split.
        """
        return metrics.mean_roc_curves(self._decisions())

    def precision_recall_curves(self) -> PrecisionRecallCurves:
        """Compute one-vs-rest precision-recall curves of the summed decision values.

        Returns
        -------
        PrecisionRecallCurves
            Averages over folds; curves of clips, or of feature vectors if these are split.
        """
        return metrics.mean_precision_recall_curves(self._decisions())

    def _decisions(self) -> list[tuple[Ints, Floats]]:
        """Return the true classes and the decision values of each fold."""
        return [
            (one.fold.y[one.fold.test], one.tested.decisions)
            for one in self.folds
            if one.tested is not None
        ]

    @property
    def confusion_shares(self) -> Floats:
        """Confusion matrix normalised over each true class; 0 for a class that is never tested."""
        tested = self.confusion.sum(axis=1, keepdims=True)
        shares: Floats = self.confusion / np.maximum(1, tested)
        return shares

    @property
    def p_value(self) -> float | None:
        """P-value of the permutation test; None without permutations."""
        return permutation_p(self.accuracy, self.permuted) if len(self.permuted) else None

    def __repr__(self) -> str:
        repeats, folds = self.scores.shape
        accuracy = f"accuracy {self.accuracy:.1%}"
        over = f"over {repeats} x {folds} folds"
        majority = f"majority class {self.majority:.1%}"
        verdict = self.verdict
        if verdict.metric == "accuracy":
            return f"<{accuracy} +/- {self.accuracy_std:.1%} {over}, {majority}>"
        balanced = f"balanced accuracy {verdict.value:.1%}"
        return f"<{balanced} {over}, chance {self.chance:.1%}; {accuracy}, {majority}>"

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON-serialisable built-ins, as ``--json`` writes it."""
        return {
            "backend": self.backend,
            "solver": self.solver,
            "labels": list(self.labels),
            "scores": self.scores.tolist(),
            "vector_scores": self.vector_scores.tolist(),
            "accuracy": self.accuracy,
            "accuracy_std": self.accuracy_std,
            "interval": plain(self.interval._asdict()),
            "baselines": {"chance": self.chance, "majority_class": self.majority},
            "verdict": self.verdict.to_dict(),
            "confusion": self.confusion.tolist(),
            "vector_confusion": self.vector_confusion.tolist(),
            "classes": [
                plain({"label": label, **row})
                for label, row in zip(self.labels, metrics.by_class(self.confusion), strict=True)
            ],
            "metrics": {
                level: {name: pooled.to_dict() for name, pooled in by_name.items()}
                for level, by_name in self.metrics.items()
            },
            "calibration": self.calibration.to_dict(),
            "probabilities": None if self.probabilities is None else self.probabilities.to_dict(),
            "permutations": None
            if self.p_value is None
            else {"p": self.p_value, "accuracies": self.permuted.tolist()},
            "splits": {"digest": self.splits, "test_to_train": self.test_to_train},
            "clips": self.clips.to_dict(),
            "seconds": self.seconds,
        }
