"""Fitting and scoring settings in folds, resuming from what is finished.

Settings that share a kernel matrix are fitted over the same one: other vectors, ``scale`` and
``kernel`` make another; ``gamma``, ``C``, ``nu`` and the weights of classes do not. Values of C or
nu are solved one from the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple

from gpuclf._typing import Array
from gpuclf.svm import KernelMatrix, choose_solver
from gpuclf.validation.context import Context
from gpuclf.validation.fold import Fold
from gpuclf.validation.fold_score import FoldScore
from gpuclf.validation.fold_solvers import fit_each, prepared, solve_shared
from gpuclf.validation.fold_unit import FoldUnit, key_of, units_of
from gpuclf.validation.plan import Plan
from gpuclf.validation.progress import ProgressTracker
from gpuclf.validation.setting import Setting


class Fitted(NamedTuple):
    """Scores of one setting in the folds, in their order, and the solver that fitted it."""

    folds: list[FoldScore]
    solver: str


class FoldFitting:
    """Fits settings in folds; the last kernel matrix is kept for the next call.

    Parameters
    ----------
    plan : Plan
        Whether clips or vectors are scored and split, and what is scaled first.
    context : Context
        Where to compute, and where finished folds are kept.
    tracker : ProgressTracker
        Is told of every fold.
    """

    def __init__(self, plan: Plan, context: Context, tracker: ProgressTracker) -> None:
        self.plan, self.context, self.tracker = plan, context, tracker
        self._kernel: tuple[Hashable, KernelMatrix] | None = None
        self._solvers: dict[Hashable, str] = {}
        self._digests: dict[int, tuple[Array, str]] = {}

    def __call__(self, settings: Sequence[Setting], folds: Sequence[Fold]) -> list[Fitted]:
        """Fit and score every setting in every fold.

        Parameters
        ----------
        settings : sequence of Setting
        folds : sequence of Fold

        Returns
        -------
        list of Fitted
            One per setting.
        """
        scores: list[dict[int, FoldScore]] = [{} for _ in settings]
        solvers = [""] * len(settings)
        for unit in units_of(settings, self._solver):
            for fold, of_settings, fitted in self._scored(unit, folds):
                for equal, score in zip(unit.numbers, of_settings, strict=True):
                    for place, number in enumerate(equal):
                        scores[number][fold], solvers[number] = score, unit.solver
                        if place or not (fitted and unit.shared):
                            self.tracker.skipped()
                        self.tracker.scored(score)
        return [
            Fitted([by_fold[n] for n in range(len(folds))], solver)
            for by_fold, solver in zip(scores, solvers, strict=True)
        ]

    def _scored(
        self, unit: FoldUnit, folds: Sequence[Fold]
    ) -> Iterator[tuple[int, list[FoldScore], bool]]:
        """Score a unit in folds: their number, a score per setting, and whether it was fitted."""
        checkpoint, name = self.context.checkpoint, ""
        if checkpoint is not None:
            X = unit.settings[0].vectors.X
            name = unit.name(self.plan, self._digest(X), self.context.backend.name)
        left = []
        for number, fold in enumerate(folds):
            work = None if checkpoint is None else checkpoint.get(key_of(name, fold))
            if work is None:
                left.append(number)
            else:
                yield number, [FoldScore.from_record(fold, record) for record in work], False
        for number, scores in zip(left, self._fit(unit, [folds[n] for n in left]), strict=True):
            if checkpoint is not None:
                work = [score.to_record() for score in scores]
                checkpoint.put(key_of(name, folds[number]), work)
            yield number, scores, True

    def _fit(self, unit: FoldUnit, folds: Sequence[Fold]) -> Iterator[list[FoldScore]]:
        if not folds:
            return iter(())
        if unit.shared:
            kernel = self._kernel_of(unit)
            return solve_shared(kernel, unit.settings, folds, self.plan, self.tracker.solved)
        return fit_each(unit.settings[0], folds, self.plan, self.context.backend)

    def _kernel_of(self, unit: FoldUnit) -> KernelMatrix:
        if self._kernel is None or self._kernel[0] != unit.kernel:
            self._kernel = None  # before the next one is made
            setting, backend = unit.settings[0], self.context.backend
            vectors, scale = prepared(setting, self.plan, backend)
            kernel = KernelMatrix.of(vectors.X, setting.clf.spec, scale, backend)
            self._kernel = unit.kernel, kernel
        return self._kernel[1]

    def _solver(self, setting: Setting) -> str:
        """Choose a setting's solver, once: later, a matrix that is kept takes the room."""
        clf, X = setting.clf, setting.vectors.X
        count = int(X.shape[0]) * int(X.shape[1])
        about = clf.solver, clf.svm_type, count
        if about not in self._solvers:
            self._solvers[about] = choose_solver(clf.solver, clf.spec, count, self.context.backend)
        return self._solvers[about]

    def _digest(self, X: Array) -> str:
        if id(X) not in self._digests:
            digest = hashlib.sha256(self.context.backend.to_host(X).tobytes()).hexdigest()
            self._digests[id(X)] = X, digest  # X stays: no other array may have its id
        return self._digests[id(X)][1]
