"""Repeated cross-validation: the one way in which gpuclf scores a classifier.

``inductive``: of every fold, scaling and SVM are learned from its training clips alone, and whole
clips are split, whatever is scored. ``thesis``: the notebook's way; all vectors are scaled first,
those of the test clips as well, and without majority voting the single vectors are split, so that a
clip's vectors stand on both sides. Its scores are optimistic; it is there to reproduce the thesis.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from gpuclf import metrics
from gpuclf.backend import Backend, resolve
from gpuclf.classifier import ClipClassifier, describe_unconverged
from gpuclf.data.blocks import Ints
from gpuclf.scale import fit_scaler
from gpuclf.selection.plan import Fold, make_plan
from gpuclf.vectors import FeatureVectors
from gpuclf.vote import elect, vote_counts


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
    confusion : int64 array, shape (classes, classes)
        Of what ``score`` counts.
    unconverged : list of tuple of int
        Classes of every SVM that did not converge.
    """

    fold: Fold
    score: float
    vector_score: float
    confusion: Ints
    unconverged: list[tuple[Any, ...]]


OnFold = Callable[[FoldScore, int], None]  # a fold's score, folds in all


@dataclass(frozen=True)
class CrossValidation:
    """Scores of a repeated cross-validation.

    Parameters
    ----------
    labels : tuple of str
        Names of the classes.
    scores : float64 array, shape (repeats, folds)
        Accuracy on clips, or on vectors without majority voting; in [0, 1].
    vector_scores : float64 array, shape (repeats, folds)
        Accuracy on vectors.
    confusion : int64 array, shape (classes, classes)
        Rows true, columns predicted, summed over all folds.
    majority_voting : bool
        Whether clips were scored, or vectors.
    backend, solver : str
        What computed it.
    seconds : dict
        ``fit`` (training and scoring), and what the vectors took: ``read``, ``aggregate``.
    """

    labels: tuple[str, ...]
    scores: npt.NDArray[np.float64]
    vector_scores: npt.NDArray[np.float64]
    confusion: Ints
    majority_voting: bool
    backend: str
    solver: str
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def accuracy(self) -> float:
        """Mean of all scores."""
        return float(self.scores.mean())

    @property
    def accuracy_std(self) -> float:
        """Standard deviation over all scores."""
        return float(self.scores.std())

    @property
    def chance(self) -> float:
        """Accuracy of a guess among the classes, each as likely as the other."""
        return 1 / len(self.labels)

    @property
    def recall(self) -> npt.NDArray[np.float64]:
        """Share of each class's samples that were predicted right; NaN for one never tested."""
        return metrics.recall(self.confusion)

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
            "confusion": self.confusion.tolist(),
            "seconds": self.seconds,
        }


def cross_validate(
    clf: ClipClassifier,
    vectors: FeatureVectors,
    *,
    split: str = "shuffle",
    folds: int = 10,
    test_size: float = 0.1,
    repeats: int = 20,
    seed: int = 0,
    protocol: str = "inductive",
    majority_voting: bool = True,
    permute_labels: bool = False,
    on_fold: OnFold | None = None,
) -> CrossValidation:
    """Cross-validate a classifier over clips, repeatedly.

    Parameters
    ----------
    clf : ClipClassifier
        Its parameters; it is not fitted itself.
    vectors : FeatureVectors
        Clips with their classes. If they have groups, no group stands on both sides of a split.
    split, folds, test_size, repeats, seed
        See `gpuclf.selection.splits.make_splits`.
    protocol : {"inductive", "thesis"}
        Whether nothing of a test clip is seen in training; see `gpuclf.selection.cross_validation`.
    majority_voting : bool
        Whether a clip's vectors vote and clips are scored, or vectors are scored one by one.
    permute_labels : bool
        Whether every repeat deals the labels out anew among the clips (or among the vectors, where
        the thesis's protocol splits these): a sanity check that must give chance.
    on_fold : callable, optional
        Called with every `FoldScore`, in order, and the number of folds in all.

    Returns
    -------
    CrossValidation

    Raises
    ------
    InputError
        If the clips cannot be split so, a class has one clip only, or ``nu`` is infeasible in some
        fold; before anything is fitted.

    Warns
    -----
    ConvergenceWarning
        If SVMs stopped before their tolerance, naming the first of them.
    UserWarning
        If training clips of a fold lack a class.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat([0, 1], 10)
    >>> X = (rng.normal(size=(20, 12, 5)) + y[:, None, None]).astype(np.float32)
    >>> vectors = FeatureVectors(X, y, ("blues", "rock"), np.arange(20).astype(str))
    >>> cross_validate(ClipClassifier(backend="cpu"), vectors, folds=5, repeats=2)
    <accuracy 100.0% +/- 0.0% over 2 x 5 folds, chance 50.0%>
    """
    begun = time.perf_counter()
    backend = resolve(clf.backend)
    clf = clone(clf).set_params(backend=backend)
    clf.spec.check_backend(backend)
    plan = make_plan(
        vectors,
        vectors.X.shape[1],
        clf.spec,
        split=split,
        folds=folds,
        test_size=test_size,
        repeats=repeats,
        seed=seed,
        protocol=protocol,
        majority_voting=majority_voting,
        permute_labels=permute_labels,
    )
    if plan.lacking:
        warnings.warn(plan.lacking, UserWarning, stacklevel=2)
    vectors = replace(vectors, X=backend.asarray(vectors.X))
    if protocol == "thesis":
        vectors = _scaled_over_all(vectors, clf.scale, backend)
        clf.set_params(scale="none")
    if plan.of_vectors:
        vectors = vectors.as_single_vectors()

    def score(fold: Fold) -> FoldScore:
        return _score(clf, vectors, fold, backend, majority_voting)

    folds_planned = plan.folds
    scored: list[FoldScore] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # gathered over all folds below
        for fold_score in backend.map(score, folds_planned):
            scored.append(fold_score)
            if on_fold:
                on_fold(fold_score, len(folds_planned))
    _warn_unconverged(scored, vectors.labels)
    return CrossValidation(
        labels=vectors.labels,
        scores=np.array([fold.score for fold in scored]).reshape(plan.shape),
        vector_scores=np.array([fold.vector_score for fold in scored]).reshape(plan.shape),
        confusion=np.sum([fold.confusion for fold in scored], axis=0),
        majority_voting=majority_voting,
        backend=backend.name,
        solver="library",
        seconds={**vectors.seconds, "fit": time.perf_counter() - begun},
    )


def _score(
    clf: ClipClassifier,
    vectors: FeatureVectors,
    fold: Fold,
    backend: Backend,
    majority_voting: bool,
) -> FoldScore:
    """Train on the clips of one side, test on those of the other."""
    n_classes = len(vectors.labels)
    fitted = clone(clf).fit(vectors.X[backend.asarray(fold.train)], fold.y[fold.train])
    votes = fitted.predict_vectors(vectors.X[backend.asarray(fold.test)])
    counts = vote_counts(backend.asarray(votes), n_classes, backend.xp)
    clips = backend.to_host(elect(counts))
    votes, true = backend.to_host(votes), fold.y[fold.test]
    of_vectors = metrics.confusion_matrix(np.repeat(true, votes.shape[1]), votes.ravel(), n_classes)
    of_clips = metrics.confusion_matrix(true, clips, n_classes)
    confusion = of_clips if majority_voting else of_vectors
    return FoldScore(
        fold=fold,
        score=metrics.accuracy(confusion),
        vector_score=metrics.accuracy(of_vectors),
        confusion=confusion,
        unconverged=fitted.unconverged(),
    )


def _scaled_over_all(vectors: FeatureVectors, scale: str, backend: Backend) -> FeatureVectors:
    scaler = fit_scaler(vectors.X.reshape(-1, vectors.X.shape[-1]), scale, backend.xp)
    return replace(vectors, X=scaler.transform(vectors.X, backend.dtype))


def _warn_unconverged(scored: list[FoldScore], labels: tuple[str, ...]) -> None:
    stuck = [fold for fold in scored if fold.unconverged]
    if stuck:
        first = stuck[0]
        names = [tuple(labels[c] for c in classes) for classes in first.unconverged]
        warnings.warn(
            f"in {len(stuck)} of {len(scored)} folds, first in {first.fold}, "
            f"{describe_unconverged(names)}",
            ConvergenceWarning,
            stacklevel=3,
        )
