"""Fitting and scoring folds: over one kernel matrix, or one fit after the other.

Settings that share a kernel matrix are fitted over the same one: other vectors, ``scale`` and
``kernel`` make another; ``gamma``, ``C``, ``nu`` and the weights of classes do not. Values of C or
nu are solved one from the other. What is the same is computed once, and what is finished already is
taken from where it is kept.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol, TypeVar

from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from gpuclf._typing import Array, Floats, Ints
from gpuclf.backend import Backend
from gpuclf.svm import KernelMatrix, choose_solver, solve_folds
from gpuclf.validation.fold import Fold
from gpuclf.validation.fold_score import FoldScore
from gpuclf.validation.plan import Validation
from gpuclf.validation.progress import Telling
from gpuclf.validation.setting import Setting
from gpuclf.vectors.feature_vectors import FeatureVectors
from gpuclf.vectors.scaling import fit_scaler

Item = TypeVar("Item")


class Finished(Protocol):
    """Where finished work is kept, by name: see `gpuclf.validation.journal`."""

    def get(self, name: str) -> Any:
        """Give what is kept under a name, or None."""

    def put(self, name: str, work: Any) -> None:
        """Keep plain values under a name."""


class Memory(dict[str, Any]):
    """Finished work that is kept as long as the run goes on."""

    put = dict.__setitem__


class Fitted(NamedTuple):
    """What came out for one setting."""

    folds: list[FoldScore]
    solver: str


class Fitting:
    """Fits settings in folds; the last kernel matrix is kept for the next call.

    Parameters
    ----------
    validation : Validation
        Whether clips or vectors are scored and split, and what is scaled first.
    backend : Backend
    telling : Telling
        Is told of what is done.
    finished : Finished, optional
        Where finished work is looked up and kept.
    """

    def __init__(
        self,
        validation: Validation,
        backend: Backend,
        telling: Telling,
        finished: Finished | None = None,
    ) -> None:
        self.validation, self.backend = validation, backend
        self.telling, self.finished = telling, finished
        self._kept: tuple[_Path, KernelMatrix] | None = None
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
            One a setting, its folds in order.
        """
        scored: list[dict[int, FoldScore]] = [{} for _ in settings]
        solvers = [""] * len(settings)

        def keep(path: _Path, fold: int, scores: Sequence[FoldScore], solved: int) -> None:
            for alike, score in zip(path.alike, scores, strict=True):
                for place, n in enumerate(alike):
                    scored[n][fold], solvers[n] = score, path.solver
                    if place >= solved:
                        self.telling.skipped()
                    self.telling.fold(score)

        for same_kernel in _grouped(self._paths(settings), lambda path: path.kernel):
            for path in same_kernel:
                left = []
                for number, fold in enumerate(folds):
                    scores = self._look_up(path, fold)
                    if scores is None:
                        left.append(number)
                    else:
                        keep(path, number, scores, solved=0)
                found = self._fit(path, [folds[number] for number in left])
                for number, scores in zip(left, found, strict=True):
                    if self.finished is not None:
                        work = [score.to_record() for score in scores]
                        self.finished.put(path.name_of(folds[number]), work)
                    keep(path, number, scores, solved=path.shared)
        return [
            Fitted([by_fold[n] for n in range(len(folds))], solver)
            for by_fold, solver in zip(scored, solvers, strict=True)
        ]

    def _fit(self, path: _Path, folds: Sequence[Fold]) -> Iterator[list[FoldScore]]:
        if not folds:
            return iter(())
        if path.shared:
            return self._share(self._kernel(path), path.settings, folds)
        return self._fit_each(path.settings[0], folds)

    def _paths(self, settings: Sequence[Setting]) -> list[_Path]:
        """Put together what is fitted together; settings that are the same are fitted once."""
        numbers = range(len(settings))
        alike = _grouped(numbers, lambda n: (id(settings[n].vectors.X), settings[n].relevant))
        paths = []
        for some in _grouped(alike, lambda same: settings[same[0]].path):
            firsts = [settings[same[0]] for same in some]
            solver = self._solver(firsts[0])
            parts = [some] if solver == "shared" else [[same] for same in some]
            paths += [_Path(part, [settings[same[0]] for same in part], solver) for part in parts]
        if self.finished is not None:
            for path in paths:
                path.name = self._name(path)
        return paths

    def _solver(self, setting: Setting) -> str:
        """Choose a setting's solver, once: later, a matrix that is kept takes the room."""
        clf, X = setting.clf, setting.vectors.X
        count = int(X.shape[0]) * int(X.shape[1])
        about = clf.solver, clf.svm_type, count
        if about not in self._solvers:
            self._solvers[about] = choose_solver(clf.solver, clf.spec, count, self.backend)
        return self._solvers[about]

    def _name(self, path: _Path) -> str:
        """Name all that a path's results depend on, but for the fold."""
        X, validation = path.settings[0].vectors.X, self.validation
        if id(X) not in self._digests:
            digest = hashlib.sha256(self.backend.to_host(X).tobytes()).hexdigest()
            self._digests[id(X)] = X, digest  # X stays: no other array may have its id
        _, vectors = self._digests[id(X)]
        how = (validation.majority_voting, validation.scale_first, validation.split_vectors)
        settings = [setting.relevant for setting in path.settings]
        about = (vectors, X.shape, path.settings[0].vectors.labels, settings, path.solver, how)
        return hashlib.sha256(repr((*about, self.backend.name)).encode()).hexdigest()[:32]

    def _look_up(self, path: _Path, fold: Fold) -> list[FoldScore] | None:
        """Look up a fold that may be finished already."""
        if self.finished is None:
            return None
        work = self.finished.get(path.name_of(fold))
        return work and [FoldScore.from_record(fold, record) for record in work]

    def _prepared(self, setting: Setting) -> tuple[FeatureVectors, str]:
        """The vectors as they are split, and how each fold still has to scale them."""
        vectors, scale = setting.vectors, setting.clf.scale
        if self.validation.scale_first:
            X = vectors.X
            scaler = fit_scaler(X.reshape(-1, X.shape[-1]), scale, self.backend.xp)
            vectors = replace(vectors, X=scaler.transform(X, self.backend.dtype))
            scale = "none"
        return (vectors.as_single_vectors() if self.validation.split_vectors else vectors), scale

    def _kernel(self, path: _Path) -> KernelMatrix:
        if self._kept is None or self._kept[0].kernel != path.kernel:
            self._kept = None  # before the next one is made
            setting = path.settings[0]
            vectors, scale = self._prepared(setting)
            kernel = KernelMatrix.of(vectors.X, setting.clf.spec, scale, self.backend)
            self._kept = path, kernel
        return self._kept[1]

    def _share(
        self, kernel: KernelMatrix, settings: Sequence[Setting], folds: Sequence[Fold]
    ) -> Iterator[list[FoldScore]]:
        """Solve all folds, for settings that differ in C or nu only."""
        clf, labels = settings[0].clf, settings[0].vectors.labels
        kernel = replace(kernel, spec=clf.spec)
        values = [setting.value for setting in settings]
        weight = clf.class_weight_of(labels)
        results = solve_folds(kernel, folds, len(labels), values, weight, self.telling.solved)
        for fold, decided in zip(folds, results, strict=True):
            scores = []
            for one in decided:
                decisions = None if fold.brief else one.scores
                scores.append(self._score(fold, labels, one.votes, decisions, one.unconverged))
            yield scores

    def _fit_each(self, setting: Setting, folds: Sequence[Fold]) -> Iterator[list[FoldScore]]:
        """Fit one setting fold after fold, with the backend's library."""
        vectors, scale = self._prepared(setting)
        labels = setting.vectors.labels
        weight = setting.clf.class_weight_of(labels)
        clf = clone(setting.clf).set_params(scale=scale, solver="library", class_weight=weight)
        xp = self.backend.xp

        def fit(fold: Fold) -> list[FoldScore]:
            train, test = self.backend.asarray(fold.train), self.backend.asarray(fold.test)
            X, rest = vectors.X[train], vectors.X[test]
            if clf.kernel == "precomputed":  # between the vectors that are trained on
                per_clip = vectors.X.shape[1]
                columns = (train[:, None] * per_clip + xp.arange(per_clip)).ravel()
                X, rest = X[:, :, columns], rest[:, :, columns]
            fitted = clone(clf).fit(X, fold.y[fold.train])
            votes, known = fitted.judge_vectors(rest)
            present = self.backend.asarray(fitted.classes_)
            decisions = None
            if not fold.brief:
                decisions = xp.full((*known.shape[:2], len(labels)), -xp.inf, dtype=xp.float64)
                decisions[:, :, present] = known
                decisions = self.backend.to_host(decisions)
            votes = self.backend.to_host(present[votes])
            return [self._score(fold, labels, votes, decisions, fitted.unconverged())]

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # gathered over all folds
            yield from self.backend.map(fit, folds)

    def _score(
        self,
        fold: Fold,
        labels: tuple[str, ...],
        votes: Ints,
        decisions: Floats | None,
        unconverged: list[tuple[Any, ...]],
    ) -> FoldScore:
        clips, classes = len(fold.test), len(labels)
        return FoldScore.of(
            fold,
            votes.reshape(clips, -1),
            None if decisions is None else decisions.reshape(clips, -1, classes),
            classes,
            [tuple(map(int, some)) for some in unconverged],
            self.validation.majority_voting,
        )


@dataclass
class _Path:
    """Settings that are fitted together."""

    alike: list[list[int]]  # numbers of the settings that each of them stands for
    settings: list[Setting]
    solver: str
    name: str = ""

    @property
    def shared(self) -> bool:
        return self.solver == "shared"

    @property
    def kernel(self) -> Hashable:
        """What settings have in common that share a kernel matrix."""
        clf = self.settings[0].clf
        return self.shared, id(self.settings[0].vectors.X), clf.scale, clf.kernel

    def name_of(self, fold: Fold) -> str:
        return f"{self.name}-{fold.digest[:32]}" + "-brief" * fold.brief


def _grouped(items: Iterable[Item], key: Callable[[Item], Hashable]) -> list[list[Item]]:
    """Group items by a key, in the order in which keys first come."""
    groups: dict[Hashable, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.values())
