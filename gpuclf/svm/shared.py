"""The shared solver: all folds, pairs of classes and values of C or nu over one kernel matrix.

What libraries do again for every fold and pair is done once: the kernel is computed, and each
fold's problems start where the solution over all clips ends. That is where a solver starts and not
what it finds: whatever the start, it stops within the same tolerance of the fold's own optimum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from gpuclf._typing import Array, Floats, Ints
from gpuclf.backend import Batch, KernelChange, PairSolutions, Solved, TrainingSet, interface
from gpuclf.svm.kernel import KernelMatrix
from gpuclf.svm.votes import sum_of_pairs, vote_of_pairs

VOTED = 2**22  # decisions that are voted on at a time
BATCH = 0.1  # of the kernel matrix's memory: what the coefficients of a batch of folds may take


class Split(Protocol):
    """What a fold trains on and is tested on: positions of clips, and the classes of all clips.

    The base are the clips whose solution the fold starts from, None for all: a fold inside another
    one's training clips has these.
    """

    @property
    def train(self) -> Ints: ...  # noqa: D102
    @property
    def test(self) -> Ints: ...  # noqa: D102
    @property
    def y(self) -> Ints: ...  # noqa: D102
    @property
    def base(self) -> Ints | None: ...  # noqa: D102


class Decided(NamedTuple):
    """What a fold's SVMs of one value say about its test vectors."""

    votes: Ints  # (vectors,) the class that most pairs vote for
    scores: npt.NDArray[
        np.float64
    ]  # (vectors, classes) sums of the pairs' decisions, as `sum_of_pairs`
    decisions: Array  # (vectors, pairs) float64, on the device; above 0 for a pair's first class
    pairs: list[tuple[int, int]]  # those that the fold has training clips of
    unconverged: list[tuple[Any, ...]]


def solve_folds(
    kernel: KernelMatrix,
    splits: Sequence[Split],
    n_classes: int,
    values: Sequence[float],
    class_weight: str | Mapping[int, float] | None = None,
    on_solved: Callable[[int], None] = lambda count: None,
) -> Iterator[list[Decided]]:
    """Train on one side of every split, and decide about the vectors of the other.

    Parameters
    ----------
    kernel : KernelMatrix
        Of the vectors of all clips.
    splits : sequence of Split
        Over clips.
    n_classes : int
        How many there are.
    values : sequence of float
        Of C, or of nu for a nu-SVC, in any order.
    class_weight : {"balanced"}, mapping of class to weight, or None
        What the errors of each class weigh.
    on_solved : callable
        Called with the number of two-class problems solved since the last call.

    Yields
    ------
    list of Decided
        One a value, in their order; for split after split.
    """
    rising = sorted(set(values))
    order = [rising.index(value) for value in values]
    for some in _batches(kernel, splits, len(rising)):
        problems = Problems(kernel, some[0].y, n_classes, class_weight)
        batch = problems.batch([(s.train, s.test) for s in some], rising, some[0].base)
        solved = kernel.backend.solve_pairs(kernel.values, batch, on_solved)
        for decided in _decide(problems, batch, solved):
            yield [decided[place] for place in order]


def _batches(
    kernel: KernelMatrix, splits: Sequence[Split], values: int
) -> Iterator[Sequence[Split]]:
    """Give runs of splits of the same labels and base, whose coefficients take little memory."""
    begin = 0
    count = kernel.values.shape[0]
    for end in range(1, len(splits) + 1):
        classes = len(np.unique(splits[begin].y))
        room = max(1, int(BATCH * count / ((classes - 1) * values)))
        last = end == len(splits)
        if last or end - begin == room or not _alike(splits[begin], splits[end]):
            yield splits[begin:end]
            begin = end


def _alike(one: Split, other: Split) -> bool:
    return one.y is other.y and one.base is other.base


class Problems:
    """The pairs of classes over one labelling of the clips.

    Parameters
    ----------
    kernel : KernelMatrix
        Of the vectors of all clips.
    y : int64 array, shape (clips,)
        Their classes.
    n_classes, class_weight
        As of `solve_folds`.
    """

    def __init__(
        self,
        kernel: KernelMatrix,
        y: Ints,
        n_classes: int,
        class_weight: str | Mapping[int, float] | None,
    ) -> None:
        self.kernel, self.n_classes, self.class_weight = kernel, n_classes, class_weight
        self.y = y
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
        """Put together what is to be solved: training and test clips of folds; None for all."""
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

    def kept(self, fold: TrainingSet) -> list[int]:
        """List the pairs of which a fold trains on both classes."""
        present = {c for c in range(self.n_classes) if fold.weight[self.members[c]].any()}
        return [n for n, pair in enumerate(self.pairs) if present.issuperset(pair)]

    def _training(self, clips: Ints | None, change: KernelChange) -> TrainingSet:
        chosen = np.zeros(len(self.y))
        chosen[slice(None) if clips is None else clips] = 1
        counts = np.bincount(self.y, weights=chosen, minlength=self.n_classes).astype(float)
        chosen *= class_weights(self.class_weight, counts)[self.y]
        return TrainingSet(change, np.repeat(chosen, self.per_clip))


def functions_of(solutions: Sequence[PairSolutions], fold: int, nu: bool) -> tuple[Floats, Floats]:
    """Give intercept and divisor of every pair's decisions in a fold, each ``(values, pairs)``.

    Parameters
    ----------
    solutions : sequence of PairSolutions
    fold : int
    nu : bool
        Whether they are nu-SVCs.
    """
    offsets = np.array([solution.offsets[fold] for solution in solutions])
    first, second = np.moveaxis(offsets, (2, 1), (0, 1))
    if not nu:
        return first, np.ones(first.shape)
    half = (second - first) / 2
    # Where no margin separates the classes, what is left of one decides with little weight.
    half = np.where(half > interface.TOLERANCE, half, 1.0)
    return (first + second) / 2, half


def class_weights(class_weight: str | Mapping[int, float] | None, counts: Floats) -> Floats:
    """Give what the errors of each class weigh, as scikit-learn's ``class_weight`` has it.

    Parameters
    ----------
    class_weight : {"balanced"}, mapping of class to weight, or None
    counts : float64 array, shape (classes,)
        Training samples of each.

    Returns
    -------
    float64 array, shape (classes,)

    Examples
    --------
    >>> class_weights("balanced", np.array([1.0, 3.0])).tolist()
    [2.0, 0.6666666666666666]
    """
    if class_weight == "balanced":
        present = counts > 0
        return counts.sum() / (present.sum() * np.where(present, counts, 1))  # type: ignore[no-any-return]
    weights = np.ones(len(counts))
    for label, weight in class_weight.items() if isinstance(class_weight, Mapping) else ():
        weights[label] = weight
    return weights


def _decide(problems: Problems, batch: Batch, solved: Solved) -> Iterator[list[Decided]]:
    """Turn what a batch's folds say about their test vectors into votes, fold after fold."""
    folds = range(len(batch.folds))
    counts = [len(rows) for rows in batch.tested]
    ends = np.cumsum([0, *counts]).tolist()
    kept = [problems.kept(fold) for fold in batch.folds]
    functions = [functions_of(solved.pairs, fold, batch.nu) for fold in folds]
    begin = 0
    for end in range(1, len(folds) + 1):
        size = (ends[end] - ends[begin]) * len(batch.values) * len(batch.pairs)
        if end == len(folds) or size >= VOTED or kept[end] != kept[begin]:
            part = solved.decisions[ends[begin] : ends[end]]
            yield from _vote(
                problems, batch, part, kept[begin], range(begin, end), functions, solved.pairs
            )
            begin = end


def _vote(
    problems: Problems,
    batch: Batch,
    decisions: Array,
    kept: list[int],
    folds: range,
    functions: Sequence[tuple[Floats, Floats]],
    solutions: Sequence[PairSolutions],
) -> Iterator[list[Decided]]:
    """Vote on the test vectors of folds that have the same pairs, all at once."""
    backend = problems.kernel.backend
    pairs = [problems.pairs[number] for number in kept]
    ends = np.cumsum([0, *(len(batch.tested[fold]) for fold in folds)]).tolist()
    for fold, begin, end in zip(folds, ends, ends[1:], strict=False):
        intercepts, divisors = functions[fold]
        own = decisions[begin:end]
        own += backend.asarray(intercepts)
        if batch.nu:
            own /= backend.asarray(divisors)
    if len(kept) < len(problems.pairs):
        decisions = decisions[:, :, backend.asarray(np.array(kept, np.int64))]
    about = decisions, pairs, problems.n_classes, backend.xp
    votes = backend.to_host(vote_of_pairs(*about))
    scores = backend.to_host(sum_of_pairs(*about))
    for fold, begin, end in zip(folds, ends, ends[1:], strict=False):
        yield [
            Decided(
                votes[begin:end, value],
                scores[begin:end, value],
                decisions[begin:end, value],
                pairs,
                [
                    problems.pairs[number]
                    for number in kept
                    if not solutions[number].violation[fold, value] <= interface.TOLERANCE
                ],
            )
            for value in range(len(batch.values))
        ]
