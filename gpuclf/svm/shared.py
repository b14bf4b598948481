"""Shared solver: all folds, pairs of classes and values of C or nu with one kernel matrix.

The kernel is computed once, not for every fold and pair. The two-class problems of a fold are
initialised with the solution over all clips. Only the starting point depends on that solution: from
any start, the solver stops within the same tolerance of the fold's own optimum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple, Protocol

import numpy as np

from gpuclf._typing import Array, Floats, Ints
from gpuclf.backend import Batch, KernelChange, PairSolutions, Solved, TrainingSet, interface
from gpuclf.svm.class_weight import class_weights
from gpuclf.svm.kernel import KernelMatrix

VOTED = 2**22  # decision values voted on at a time
BATCH = 0.1  # coefficients of a batch of folds, as a fraction of the kernel matrix's memory


class LabelledFold(Protocol):
    """Fold with the labels of all clips.

    Attributes
    ----------
    train, test : int64 arrays
        Indices of the training and test clips.
    y : int64 array, shape (clips,)
        Class of every clip.
    base : int64 array or None
        Clips whose solution initialises the solver; None for all clips. For an inner fold, the
        training clips of the outer fold.
    weight : float64 array, shape (clips,), or None
        Factor of the penalty of every clip's vectors; None for 1.
    """

    @property
    def train(self) -> Ints: ...  # noqa: D102
    @property
    def test(self) -> Ints: ...  # noqa: D102
    @property
    def y(self) -> Ints: ...  # noqa: D102
    @property
    def base(self) -> Ints | None: ...  # noqa: D102
    @property
    def weight(self) -> Floats | None: ...  # noqa: D102


class FoldDecisions(NamedTuple):
    """Predictions for the test vectors of a fold with one value of C or nu."""

    votes: Ints  # (vectors,) predicted class
    scores: Floats  # (vectors, classes) sums of decision values in favour of each class
    decisions: Array  # (vectors, pairs) float64, on the device; above 0 for the first class
    pairs: list[tuple[int, int]]  # pairs of classes with training clips
    unconverged: list[tuple[Any, ...]]  # pairs whose SVM did not converge


def solve_folds(
    kernel: KernelMatrix,
    folds: Sequence[LabelledFold],
    n_classes: int,
    values: Sequence[float],
    class_weight: str | Mapping[int, float] | None = None,
    on_solved: Callable[[int], None] = lambda count: None,
) -> Iterator[list[FoldDecisions]]:
    """Yield the predictions for the test vectors of every fold.

    Parameters
    ----------
    kernel : KernelMatrix
        Kernel of the vectors of all clips.
    folds : sequence of LabelledFold
        Folds over clips.
    n_classes : int
        Number of classes.
    values : sequence of float
        Values of C, or of nu for a nu-SVC, in any order.
    class_weight : {"balanced"}, mapping of class to weight, or None
        Factor of the penalty of each class, as in scikit-learn.
    on_solved : callable
        Called with the number of two-class problems solved since the last call.

    Yields
    ------
    list of FoldDecisions
        One per value, in the order of ``values``, for each fold.
    """
    ascending = sorted(set(values))
    order = [ascending.index(value) for value in values]
    for part in _batches(kernel, folds, len(ascending)):
        problems = Problems(kernel, part[0].y, n_classes, class_weight, part[0].weight)
        batch = problems.batch([(f.train, f.test) for f in part], ascending, part[0].base)
        solved = kernel.backend.solve_pairs(kernel.values, batch, on_solved)
        for decisions in _decide(problems, batch, solved):
            yield [decisions[index] for index in order]


def _batches(
    kernel: KernelMatrix, folds: Sequence[LabelledFold], values: int
) -> Iterator[Sequence[LabelledFold]]:
    """Yield consecutive folds with the same labels and base, limited by memory."""
    start = 0
    count = kernel.values.shape[0]
    for end in range(1, len(folds) + 1):
        first = folds[start]
        most = max(1, int(BATCH * count / ((len(np.unique(first.y)) - 1) * values)))
        last = end == len(folds)
        if last or end - start == most or not _same_problem(first, folds[end]):
            yield folds[start:end]
            start = end


def _same_problem(one: LabelledFold, other: LabelledFold) -> bool:
    return one.y is other.y and one.base is other.base and one.weight is other.weight


class Problems:
    """Two-class problems of all pairs of classes, for one labelling of the clips.

    Parameters
    ----------
    kernel : KernelMatrix
        Kernel of the vectors of all clips.
    y : int64 array, shape (clips,)
        Class of each clip.
    n_classes, class_weight
        See `solve_folds`.
    sample_weight : float64 array, shape (clips,), optional
        Factor of the penalty of each clip's vectors; 1 by default.
    """

    def __init__(
        self,
        kernel: KernelMatrix,
        y: Ints,
        n_classes: int,
        class_weight: str | Mapping[int, float] | None,
        sample_weight: Floats | None = None,
    ) -> None:
        self.kernel, self.n_classes, self.class_weight = kernel, n_classes, class_weight
        self.y, self.sample_weight = y, sample_weight
        self.per_clip = kernel.values.shape[0] // len(y)
        vectors = np.repeat(y, self.per_clip)
        self.members = [np.flatnonzero(vectors == c) for c in range(n_classes)]
        present = [c for c in range(n_classes) if len(self.members[c])]
        self.pairs = list(combinations(present, 2))
        self.indices = [
            (np.concatenate([self.members[a], self.members[b]]), len(self.members[a]))
            for a, b in self.pairs
        ]

    def batch(
        self,
        folds: Sequence[tuple[Ints | None, Ints]],
        values: Sequence[float],
        base: Ints | None = None,
    ) -> Batch:
        """Return the batch to solve, for training clips (None for all) and test clips of folds."""
        changes = self.kernel.changes([base, *(clips for clips, _ in folds)])
        start, *own = [
            self._training(clips, change)
            for clips, change in zip([base, *(clips for clips, _ in folds)], changes, strict=True)
        ]
        return Batch(
            features=self.kernel.features,
            pairs=self.indices,
            folds=[
                start if clips is base else training
                for (clips, _), training in zip(folds, own, strict=True)
            ],
            base=start,
            values=values,
            nu=self.kernel.spec.svm_type == "nu",
            tested=[self._vectors_of(clips) for _, clips in folds],
        )

    def _vectors_of(self, clips: Ints) -> Ints:
        first = np.asarray(clips, np.int64)[:, None] * self.per_clip
        vectors: Ints = (first + np.arange(self.per_clip)).ravel()
        return vectors

    def trained_pairs(self, fold: TrainingSet) -> list[int]:
        """Return the numbers of the pairs whose classes both have training vectors in a fold."""
        present = {c for c in range(self.n_classes) if fold.weight[self.members[c]].any()}
        return [n for n, pair in enumerate(self.pairs) if present.issuperset(pair)]

    def _training(self, clips: Ints | None, change: KernelChange) -> TrainingSet:
        weights = np.zeros(len(self.y))
        weights[slice(None) if clips is None else clips] = 1
        counts = np.bincount(self.y, weights=weights, minlength=self.n_classes).astype(float)
        weights *= class_weights(self.class_weight, counts)[self.y]
        if self.sample_weight is not None:
            weights *= self.sample_weight
        return TrainingSet(change, np.repeat(weights, self.per_clip))


def intercepts_and_divisors(
    solutions: Sequence[PairSolutions], fold: int, nu: bool
) -> tuple[Floats, Floats]:
    """Return intercepts and divisors of the decision values of a fold, each ``(values, pairs)``."""
    offsets = np.array([solution.offsets[fold] for solution in solutions])
    first, second = np.moveaxis(offsets, (2, 1), (0, 1))
    if not nu:
        return first, np.ones(first.shape)
    half = (second - first) / 2
    # Without a margin between the classes, the divisor is 1: decision values stay near 0.
    half = np.where(half > interface.TOLERANCE, half, 1.0)
    return (first + second) / 2, half


def _decide(problems: Problems, batch: Batch, solved: Solved) -> Iterator[list[FoldDecisions]]:
    """Yield the predictions for the test vectors of each fold of a batch."""
    folds = range(len(batch.folds))
    counts = [len(rows) for rows in batch.tested]
    ends = np.cumsum([0, *counts]).tolist()
    trained = [problems.trained_pairs(fold) for fold in batch.folds]
    functions = [intercepts_and_divisors(solved.pairs, fold, batch.nu) for fold in folds]
    start = 0
    for end in range(1, len(folds) + 1):
        size = (ends[end] - ends[start]) * len(batch.values) * len(batch.pairs)
        if end == len(folds) or size >= VOTED or trained[end] != trained[start]:
            part = solved.decisions[ends[start] : ends[end]]
            yield from _vote(
                problems, batch, part, trained[start], range(start, end), functions, solved.pairs
            )
            start = end


def _vote(
    problems: Problems,
    batch: Batch,
    decisions: Array,
    trained: list[int],
    folds: range,
    functions: Sequence[tuple[Floats, Floats]],
    solutions: Sequence[PairSolutions],
) -> Iterator[list[FoldDecisions]]:
    """Yield the predictions of folds that have the same trained pairs, computed at once."""
    backend = problems.kernel.backend
    pairs = [problems.pairs[number] for number in trained]
    counts = [len(batch.tested[fold]) for fold in folds]
    ends = np.cumsum([0, *counts]).tolist()
    of_row = backend.asarray(np.repeat(np.arange(len(folds)), counts))
    intercepts, divisors = map(np.stack, zip(*(functions[fold] for fold in folds), strict=True))
    decisions += backend.asarray(intercepts)[of_row]
    if batch.nu:
        decisions /= backend.asarray(divisors)[of_row]
    if len(trained) < len(problems.pairs):
        decisions = decisions[:, :, backend.asarray(np.array(trained, np.int64))]
    voted = backend.vote_of_pairs(decisions, pairs, problems.n_classes)
    votes, scores = map(backend.to_host, voted)
    for fold, start, end in zip(folds, ends, ends[1:], strict=False):
        yield [
            FoldDecisions(
                votes[start:end, value],
                scores[start:end, value],
                decisions[start:end, value],
                pairs,
                [
                    problems.pairs[number]
                    for number in trained
                    if not solutions[number].violation[fold, value] <= interface.TOLERANCE
                ],
            )
            for value in range(len(batch.values))
        ]
