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

from gpuclf.backend import Array, Batch, PairSolutions, TrainingSet, interface
from gpuclf.data.blocks import Ints
from gpuclf.svm.kernel import KernelMatrix, Term

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

    decisions: Array  # (vectors, pairs) float64; above 0 for the first class of a pair
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
        batch = problems.batch([split.train for split in some], rising, some[0].base)
        solutions = kernel.backend.solve_pairs(kernel.values, batch, on_solved)
        decide = _Deciding(problems, batch, solutions)
        for decided in kernel.backend.map(decide, range(len(some)), [s.test for s in some]):
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
        self, folds: Sequence[Ints | None], values: Sequence[float], base: Ints | None = None
    ) -> Batch:
        """Put together what is to be solved: the training clips of folds and base, None for all."""
        start = self._training(base)
        return Batch(
            pairs=self.indices,
            folds=[start if clips is base else self._training(clips) for clips in folds],
            base=start,
            values=values,
            nu=self.kernel.spec.svm_type == "nu",
        )

    def _training(self, clips: Ints | None) -> TrainingSet:
        chosen = np.zeros(len(self.y))
        chosen[slice(None) if clips is None else clips] = 1
        counts = np.bincount(self.y, weights=chosen, minlength=self.n_classes).astype(float)
        chosen *= class_weights(self.class_weight, counts)[self.y]
        return TrainingSet(self.kernel.change(clips), np.repeat(chosen, self.per_clip))


def functions_of(
    solutions: Sequence[PairSolutions], fold: int, nu: bool
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
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


def class_weights(
    class_weight: str | Mapping[int, float] | None, counts: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
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


class _Deciding:
    """Decides, fold by fold, about the vectors that a fold is tested on."""

    def __init__(self, problems: Problems, batch: Batch, solutions: list[PairSolutions]) -> None:
        self.problems, self.batch, self.solutions = problems, batch, solutions

    def __call__(self, fold: int, test: Ints) -> list[Decided]:
        problems, backend = self.problems, self.problems.kernel.backend
        training = self.batch.folds[fold]
        kept = [
            number
            for number, (index, na) in enumerate(self.batch.pairs)
            if training.weight[index[:na]].any() and training.weight[index[na:]].any()
        ]
        pairs = [problems.pairs[number] for number in kept]
        values = len(self.batch.values)
        per_clip = problems.per_clip
        rows = (test[:, None] * per_clip + np.arange(per_clip)).ravel()
        terms = [term for c in range(problems.n_classes) for term in self._terms(c, fold, kept)]
        decisions = problems.kernel.decide(
            training.kernel, backend.asarray(rows), terms, len(kept) * values
        )
        intercepts, divisors = functions_of(
            [self.solutions[number] for number in kept], fold, self.batch.nu
        )
        decisions = decisions + backend.asarray(intercepts.ravel())
        decisions /= backend.asarray(divisors.ravel())
        found = []
        for value in range(values):
            stuck: list[tuple[Any, ...]] = [
                pair
                for pair, number in zip(pairs, kept, strict=True)
                if self.solutions[number].violation[fold, value] > interface.TOLERANCE
            ]
            columns = decisions[:, value * len(kept) : (value + 1) * len(kept)]
            found.append(Decided(columns, pairs, stuck))
        return found

    def _terms(self, c: int, fold: int, kept: list[int]) -> Iterator[Term]:
        """Coefficients of one class's vectors in all functions that it has a part in."""
        beta, functions = [], []
        for place, number in enumerate(kept):
            pair, (_, na) = self.problems.pairs[number], self.batch.pairs[number]
            if c in pair:
                part = slice(None, na) if pair[0] == c else slice(na, None)
                beta.append(self.solutions[number].beta[fold][:, part])
                functions.append(place + len(kept) * np.arange(len(self.batch.values)))
        if beta:
            backend = self.problems.kernel.backend
            vectors = self.problems.members[c]
            run = slice(int(vectors[0]), int(vectors[-1]) + 1)
            yield Term(
                run if run.stop - run.start == len(vectors) else backend.asarray(vectors),
                backend.xp.concatenate(beta).T,
                backend.asarray(np.concatenate(functions)),
            )
