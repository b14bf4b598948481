"""Fitting and scoring of settings in folds; completed folds are taken from the checkpoint.

Settings with the same vectors, ``scale`` and ``kernel`` share one kernel matrix, whatever their
``gamma``, ``C``, ``nu`` and class weights. The solution for each value of ``C`` or ``nu`` starts
from that of the previous value.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple

from sklearn.exceptions import ConvergenceWarning

from gpuclf._typing import Array
from gpuclf.svm import KernelMatrix, choose_solver, describe_unscaled
from gpuclf.validation.caller import caller_stacklevel
from gpuclf.validation.context import Context
from gpuclf.validation.fold import Fold
from gpuclf.validation.fold_score import FoldScore
from gpuclf.validation.fold_solvers import fit_separately, prepare_vectors, solve_shared
from gpuclf.validation.fold_unit import FoldUnit, checkpoint_key, group_into_units
from gpuclf.validation.plan import Plan
from gpuclf.validation.progress import ProgressTracker
from gpuclf.validation.setting import Setting


class Fitted(NamedTuple):
    """Scores of one setting, in the order of the folds, and the solver that fitted it."""

    folds: list[FoldScore]
    solver: str


class FoldFitting:
    """Callable that fits settings in folds; it keeps the last kernel matrix for the next call.

    Parameters
    ----------
    plan : Plan
        Unit of splits and scores, and protocol of scaling.
    context : Context
        Backend and checkpoint.
    tracker : ProgressTracker
        Receives every score.
    """

    def __init__(self, plan: Plan, context: Context, tracker: ProgressTracker) -> None:
        self.plan, self.context, self.tracker = plan, context, tracker
        self._kernel: tuple[Hashable, KernelMatrix] | None = None
        self._solvers: dict[Hashable, str] = {}
        self._digests: dict[int, tuple[Array, str]] = {}
        self._warned = False

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
        for unit in group_into_units(settings, self._solver):
            for fold, unit_scores, fitted in self._scored(unit, folds):
                for duplicates, score in zip(unit.numbers, unit_scores, strict=True):
                    for duplicate, number in enumerate(duplicates):
                        scores[number][fold], solvers[number] = score, unit.solver
                        if duplicate or not (fitted and unit.shared):
                            self.tracker.skipped()
                        self.tracker.scored(score)
        return [
            Fitted([by_fold[n] for n in range(len(folds))], solver)
            for by_fold, solver in zip(scores, solvers, strict=True)
        ]

    def _scored(
        self, unit: FoldUnit, folds: Sequence[Fold]
    ) -> Iterator[tuple[int, list[FoldScore], bool]]:
        """Yield the index of each fold, a score per setting, and whether it was fitted now."""
        checkpoint, name = self.context.checkpoint, ""
        if checkpoint is not None:
            X = unit.settings[0].vectors.X
            name = unit.name(self.plan, self._digest(X), self.context.backend.name)
        missing = []
        for number, fold in enumerate(folds):
            work = None if checkpoint is None else checkpoint.get(checkpoint_key(name, fold))
            if work is None:
                missing.append(number)
            else:
                yield number, [FoldScore.from_record(fold, record) for record in work], False
        fitted = self._fit(unit, [folds[number] for number in missing])
        for number, scores in zip(missing, fitted, strict=True):
            if checkpoint is not None:
                work = [score.to_record() for score in scores]
                checkpoint.put(checkpoint_key(name, folds[number]), work)
            yield number, scores, True

    def _fit(self, unit: FoldUnit, folds: Sequence[Fold]) -> Iterator[list[FoldScore]]:
        """Fit a unit; yield a score per setting, fold by fold."""
        if not folds:
            return iter(())
        self._warn_unscaled(unit)
        if unit.shared:
            kernel = self._kernel_of(unit)
            return solve_shared(kernel, unit.settings, folds, self.plan, self.tracker.solved)
        setting, backend = unit.settings[0], self.context.backend
        return fit_separately(setting, folds, self.plan, unit.solver, backend)

    def _warn_unscaled(self, unit: FoldUnit) -> None:
        """Warn once, before the first slow fit, of features whose scale makes fits slow."""
        for setting in unit.settings if not self._warned else ():
            X, clf = setting.vectors.X, setting.clf
            if setting.transformers is not None:
                continue  # they may scale
            rows = X.reshape(-1, X.shape[2])
            message = describe_unscaled(rows, clf.spec, clf.scale, self.context.backend.xp)
            if message:
                warnings.warn(message, ConvergenceWarning, stacklevel=caller_stacklevel())
                self._warned = True
                return

    def _kernel_of(self, unit: FoldUnit) -> KernelMatrix:
        """Return the kernel matrix of a unit, computed if it is not the last one."""
        if self._kernel is None or self._kernel[0] != unit.kernel:
            self._kernel = None  # free its memory first
            setting, backend = unit.settings[0], self.context.backend
            vectors, scale = prepare_vectors(setting, self.plan, backend)
            kernel = KernelMatrix.of(vectors.X, setting.clf.spec, scale, backend)
            self._kernel = unit.kernel, kernel
        return self._kernel[1]

    def _solver(self, setting: Setting) -> str:
        """Return the solver of a setting, chosen once: a kept kernel matrix uses memory later."""
        clf, X = setting.clf, setting.vectors.X
        count = int(X.shape[0]) * int(X.shape[1])
        key = clf.solver, clf.svm_type, count
        if key not in self._solvers:
            self._solvers[key] = choose_solver(clf.solver, clf.spec, count, self.context.backend)
        return self._solvers[key]

    def _digest(self, X: Array) -> str:
        """Return the SHA-256 of feature vectors, computed once."""
        if id(X) not in self._digests:
            digest = hashlib.sha256(self.context.backend.to_host(X).tobytes()).hexdigest()
            self._digests[id(X)] = X, digest  # keeps X alive, so that its id stays unique
        return self._digests[id(X)][1]
