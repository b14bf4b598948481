"""Fitting and scoring the folds of a plan: over one kernel matrix, or one fit after the other.

Settings of a classifier that share a kernel matrix are fitted over the same one: ``scale`` and
``kernel`` make another, ``gamma``, ``C``, ``nu`` and the weights of classes do not.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from gpuclf import metrics
from gpuclf.backend import Array, Backend
from gpuclf.classifier import ClipClassifier
from gpuclf.data.blocks import Ints
from gpuclf.scale import fit_scaler
from gpuclf.selection.plan import Fold, Plan
from gpuclf.svm import KernelMatrix, choose_solver, solve_folds, vote_of_pairs
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
    votes : int64 array, shape (test clips, V)
        The class that each vector was given.
    """

    fold: Fold
    score: float
    vector_score: float
    confusion: Ints
    unconverged: list[tuple[Any, ...]]
    votes: Ints


OnFold = Callable[[FoldScore, int], None]  # a fold's score, folds in all
OnProblems = Callable[[int, int], None]  # two-class problems solved, and in all


@dataclass(frozen=True)
class FoldFitting:
    """What is fitted: the folds of a plan, over clips on the device.

    Parameters
    ----------
    plan : Plan
    vectors : FeatureVectors
        Of all clips, not scaled.
    majority_voting : bool
        Whether clips are scored, or vectors.
    scale_first : bool
        Whether all clips are scaled together first, as the thesis did.
    backend : Backend
    """

    plan: Plan
    vectors: FeatureVectors
    majority_voting: bool
    scale_first: bool
    backend: Backend

    def __call__(
        self,
        clfs: Sequence[ClipClassifier],
        on_fold: OnFold | None = None,
        on_problems: OnProblems | None = None,
    ) -> tuple[list[list[FoldScore]], list[str]]:
        """Fit and score every classifier in every fold.

        Parameters
        ----------
        clfs : sequence of ClipClassifier
            Settings of one classifier.
        on_fold, on_problems
            As of `gpuclf.cross_validate`.

        Returns
        -------
        list of list of FoldScore
            Folds in order, one list a classifier.
        list of str
            Which solver fitted each.
        """
        X = self.vectors.X
        count = int(X.shape[0]) * int(X.shape[1])
        solvers = [choose_solver(clf.solver, clf.spec, count, self.backend) for clf in clfs]
        shared = [n for n, solver in enumerate(solvers) if solver == "shared"]
        total, done = len(clfs) * len(self.plan.folds), 0
        scored: list[list[FoldScore]] = [[] for _ in clfs]

        def keep(which: int, fold: FoldScore) -> None:
            nonlocal done
            scored[which].append(fold)
            done += 1
            if on_fold:
                on_fold(fold, total)

        told = _Counter(on_problems, len(shared) * len(self.plan.folds) * self._pairs())
        for (scale, _), some in _grouped(shared, lambda n: (clfs[n].scale, clfs[n].kernel)):
            kernel = self._kernel(clfs[some[0]], scale)
            for _, same in _grouped(some, lambda n: _all_but_value(clfs[n])):
                for which, fold in self._share(kernel, [clfs[n] for n in same], told):
                    keep(same[which], fold)
            del kernel  # before the next one is made
        for n, clf in enumerate(clfs):
            if n not in shared:
                for fold in self._fit_each(clf):
                    keep(n, fold)
        return scored, solvers

    def _pairs(self) -> int:
        classes = len(np.unique(self.plan.folds[0].y))
        return classes * (classes - 1) // 2

    def _prepared(self, scale: str) -> tuple[FeatureVectors, str]:
        """The vectors as they are split, and how each fold still has to scale them."""
        vectors = self.vectors
        if self.scale_first:
            X = vectors.X
            scaler = fit_scaler(X.reshape(-1, X.shape[-1]), scale, self.backend.xp)
            vectors = replace(vectors, X=scaler.transform(X, self.backend.dtype))
            scale = "none"
        return (vectors.as_single_vectors() if self.plan.of_vectors else vectors), scale

    def _kernel(self, clf: ClipClassifier, scale: str) -> KernelMatrix:
        vectors, scale = self._prepared(scale)
        return KernelMatrix.of(vectors.X, clf.spec, scale, self.backend)

    def _share(
        self, kernel: KernelMatrix, clfs: list[ClipClassifier], told: Callable[[int], None]
    ) -> Iterator[tuple[int, FoldScore]]:
        """Solve all folds, for classifiers that differ in C or nu only."""
        clf, folds = clfs[0], self.plan.folds
        kernel = replace(kernel, spec=clf.spec)
        values = [one.nu if clf.svm_type == "nu" else one.C for one in clfs]
        n_classes = len(self.vectors.labels)
        weight = clf.class_weight_of(self.vectors.labels)
        results = solve_folds(kernel, folds, n_classes, values, weight, told)
        for fold, decided in zip(folds, results, strict=True):
            for which, one in enumerate(decided):
                votes = vote_of_pairs(one.decisions, one.pairs, n_classes, self.backend.xp)
                yield which, self._score(fold, votes.reshape(len(fold.test), -1), one.unconverged)

    def _fit_each(self, clf: ClipClassifier) -> Iterator[FoldScore]:
        """Fit one classifier fold after fold, with the backend's library."""
        vectors, scale = self._prepared(clf.scale)
        weight = clf.class_weight_of(self.vectors.labels)
        clf = clone(clf).set_params(scale=scale, solver="library", class_weight=weight)

        def fit(fold: Fold) -> FoldScore:
            train, test = self.backend.asarray(fold.train), self.backend.asarray(fold.test)
            X, rest = vectors.X[train], vectors.X[test]
            if clf.kernel == "precomputed":  # between the vectors that are trained on
                per_clip = vectors.X.shape[1]
                columns = (train[:, None] * per_clip + self.backend.xp.arange(per_clip)).ravel()
                X, rest = X[:, :, columns], rest[:, :, columns]
            fitted = clone(clf).fit(X, fold.y[fold.train])
            votes = self.backend.asarray(fitted.predict_vectors(rest))
            return self._score(fold, votes, fitted.unconverged())

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # gathered over all folds
            yield from self.backend.map(fit, self.plan.folds)

    def _score(self, fold: Fold, votes: Array, unconverged: list[tuple[Any, ...]]) -> FoldScore:
        """Let the vectors of each test clip vote, ``(clips, V)``, and compare."""
        backend, n_classes = self.backend, len(self.vectors.labels)
        clips = backend.to_host(elect(vote_counts(votes, n_classes, backend.xp)))
        votes, true = backend.to_host(votes), fold.y[fold.test]
        of_vectors = metrics.confusion_matrix(
            np.repeat(true, votes.shape[1]), votes.ravel(), n_classes
        )
        of_clips = metrics.confusion_matrix(true, clips, n_classes)
        confusion = of_clips if self.majority_voting else of_vectors
        return FoldScore(
            fold=fold,
            score=metrics.accuracy(confusion),
            vector_score=metrics.accuracy(of_vectors),
            confusion=confusion,
            unconverged=unconverged,
            votes=votes,
        )


def _grouped(items: Sequence[int], key: Callable[[int], Hashable]) -> list[tuple[Any, list[int]]]:
    """Group items by a key, in the order in which keys first come."""
    groups: dict[Hashable, list[int]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.items())


def _all_but_value(clf: ClipClassifier) -> Hashable:
    """What settings of a path have in common: all but C, or but nu."""
    value = "nu" if clf.svm_type == "nu" else "C"
    return repr({name: v for name, v in clf.get_params().items() if name != value})


class _Counter:
    """Adds up problems that are solved, and tells of them."""

    def __init__(self, tell: OnProblems | None, total: int) -> None:
        self.tell, self.total, self.done = tell, total, 0

    def __call__(self, solved: int) -> None:
        self.done += solved
        if self.tell:
            self.tell(self.done, self.total)
