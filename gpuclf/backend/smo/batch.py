"""All problems of a batch on the CPU: pair after pair, or fold after fold, as kernels are shared.

Where folds share one kernel, or a linear one of which each scales some features its own way, the
parts of a pair's kernel are cut out once for all of them. An RBF kernel that each fold scales its
own way is computed fold by fold. What is within a class serves all of its pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import repeat
from typing import Any

import numpy as np

from gpuclf._typing import AnyArray, Floats, Ints
from gpuclf.backend import interface
from gpuclf.backend.interface import (
    Batch,
    PairSolutions,
    Solved,
    TrainingSet,
    same_kernel,
)
from gpuclf.backend.smo.deciding import decide
from gpuclf.backend.smo.pair import KernelView, turn_over, view_of, write_block
from gpuclf.backend.smo.path import solve_path
from gpuclf.backend.smo.solve import PairKernel, make_workspace

SLOTS = 1040  # of a working set, at most: not a power of 2, which caches do not take well

Base = tuple[Floats, Floats]  # coefficients and errors, (values, vectors)
Within = dict[bytes, AnyArray]  # the kernel within each class, by the class's vectors
Parts = tuple[AnyArray, ...]  # of a pair's kernel, as of `PairKernel`
Map = Callable[..., Iterator[Any]]


def solve_batch(
    matrix: AnyArray,
    batch: Batch,
    side_by_side: Map,
    workers: int,
    on_solved: Callable[[int], None],
) -> Solved:
    """Solve a batch, and decide about the vectors that its folds test.

    Parameters
    ----------
    matrix : float array, shape (vectors, vectors)
    batch : Batch
    side_by_side : callable
        Maps a function over items in threads.
    workers : int
        How many of them; as many pairs' matrices are held at a time.
    on_solved : callable
        Called with the number of problems solved since the last call.

    Returns
    -------
    Solved
    """
    work = _Work(matrix, batch)
    shared = [same_kernel(fold.kernel, batch.base.kernel) for fold in batch.folds]
    own = [n for n, fold in enumerate(batch.folds) if fold.kernel.gamma and not shared[n]]
    together = [n for n in range(len(batch.folds)) if n not in set(own)]
    every = range(len(batch.pairs))
    view = view_of(matrix, batch.features, batch.base.kernel)
    within = work.within_classes(view, side_by_side)
    bases: list[Base] = []
    for begin in range(0, len(every), workers):
        some = every[begin : begin + workers]
        parts = list(side_by_side(work.parts, some, repeat(view), repeat(within)))
        bases += side_by_side(work.solve_base, some, parts)
        tasks = [
            (pair, fold, part, bases[pair], shared[fold])
            for pair, part in zip(some, parts, strict=True)
            for fold in together
        ]
        for _ in side_by_side(work.solve_fold, *zip(*tasks, strict=True)) if tasks else ():
            on_solved(len(batch.values))
        for part in parts:
            work.give_back(part)
    work.rooms.free.clear()
    del within, view
    for fold in own:
        view = view_of(matrix, batch.features, batch.folds[fold].kernel)
        within = work.within_classes(view, side_by_side)
        about = every, repeat(fold), repeat(view), repeat(within), bases
        for _ in side_by_side(work.solve_own, *about):
            on_solved(len(batch.values))
        del within, view
    ends = np.cumsum([len(rows) for rows in batch.tested])
    decisions = np.empty((int(ends[-1]), len(batch.values), len(batch.pairs)))
    parts_of_folds = np.split(decisions, ends[:-1])
    own_parts = range(len(ends)), parts_of_folds
    for _ in side_by_side(
        decide, repeat(matrix), repeat(batch), repeat(work.solutions), *own_parts
    ):
        pass
    return Solved(work.solutions, decisions)


class _Work:
    """A batch being solved: what threads take from and put into."""

    def __init__(self, matrix: AnyArray, batch: Batch) -> None:
        self.matrix, self.batch = matrix, batch
        folds, values = len(batch.folds), len(batch.values)
        self.solutions = [
            PairSolutions(
                beta=np.empty((folds, values, len(index)), matrix.dtype),
                offsets=np.empty((folds, values, 2)),
                violation=np.empty((folds, values)),
            )
            for index, _ in batch.pairs
        ]
        self.rooms = _Rooms()

    def within_classes(self, view: KernelView, side_by_side: Map) -> Within:
        """Compute a kernel within each class."""
        classes = {
            part.tobytes(): part
            for index, na in self.batch.pairs
            for part in (index[:na], index[na:])
        }

        def within(part: Ints) -> AnyArray:
            into = np.empty((len(part), len(part)), self.matrix.dtype)
            write_block(view, part, part, into)
            return into

        return dict(zip(classes, side_by_side(within, classes.values()), strict=True))

    def parts(self, pair: int, view: KernelView, within: Within) -> Parts:
        """Compute a kernel across the classes of a pair, both ways; the rest is there."""
        index, na = self.batch.pairs[pair]
        there, back = (na, len(index) - na), (len(index) - na, na)
        across = self.rooms.take(there, lambda: np.empty(there, self.matrix.dtype))
        turned = self.rooms.take(back, lambda: np.empty(back, self.matrix.dtype))
        write_block(view, index[:na], index[na:], across)
        turn_over(across, turned)
        first, second = (within[part.tobytes()] for part in (index[:na], index[na:]))
        return first, across, turned, second

    def give_back(self, parts: Parts) -> None:
        """Let go of what `parts` computed."""
        _, across, turned, _ = parts
        for part in (across, turned):
            self.rooms.give_back(part.shape, part)

    def solve_base(self, pair: int, parts: Parts) -> Base:
        """Solve a pair over all clips."""
        none = np.empty((0, len(self.batch.pairs[pair][0])))
        beta, error, _ = self._solve(pair, self.batch.base, parts, (none, none), True)
        return beta, error

    def solve_own(self, pair: int, fold: int, view: KernelView, within: Within, base: Base) -> None:
        """Solve a pair over a fold's own RBF kernel."""
        parts = self.parts(pair, view, within)
        self.solve_fold(pair, fold, parts, base, False)
        self.give_back(parts)

    def solve_fold(self, pair: int, fold: int, parts: Parts, base: Base, shared: bool) -> None:
        """Solve a pair in a fold, and keep what came out."""
        beta, _, told = self._solve(pair, self.batch.folds[fold], parts, base, shared)
        solutions = self.solutions[pair]
        solutions.beta[fold] = beta
        solutions.offsets[fold], solutions.violation[fold] = told[:, :2], told[:, 2]

    def _solve(
        self, pair: int, fold: TrainingSet, parts: Parts, base: Base, shared: bool
    ) -> tuple[Floats, Floats, Floats]:
        index, na = self.batch.pairs[pair]
        change, dtype = fold.kernel, self.matrix.dtype
        diagonal = np.concatenate([parts[0].diagonal(), parts[3].diagonal()])
        if change.gamma or not len(change.columns):
            changed = np.empty((len(index), 0), dtype), np.empty(0, dtype)
        else:
            changed = self.batch.features[np.ix_(index, change.columns)], change.weights
            diagonal += (changed[0] ** 2) @ change.weights
        kernel = PairKernel._make((*parts, *changed, float(diagonal.max())))
        beta, error, told = self._walk(fold, index, na, kernel, base, shared)
        if dtype.itemsize < 8 and (told[:, 2] > interface.TOLERANCE).any():
            # What float32 could not tell apart, float64 may; it goes on from where that stopped.
            *matrices, largest = kernel
            doubled = (np.asarray(matrix, np.float64) for matrix in matrices)
            exact = PairKernel._make((*doubled, largest))
            so_far = beta, np.zeros_like(beta)
            beta, error, told = self._walk(fold, index, na, exact, so_far, False)
        return beta, error, told

    def _walk(
        self,
        fold: TrainingSet,
        index: Ints,
        na: int,
        kernel: PairKernel,
        base: Base,
        shared: bool,
    ) -> tuple[Floats, Floats, Floats]:
        shape = len(self.batch.values), len(index)
        beta, error, told = np.empty(shape), np.empty(shape), np.empty((shape[0], 4))
        slots = min(SLOTS, 2 * max(na, len(index) - na))
        size = len(index), slots, len(kernel.weights), kernel.first.dtype
        room = self.rooms.take(size, lambda: make_workspace(*size))
        solve_path(
            kernel,
            room,
            na,
            self.batch.nu,
            fold.weight[index],
            np.asarray(self.batch.values, np.float64),
            base,
            shared,
            interface.TOLERANCE,
            interface.SHARED_ITERATIONS,
            beta,
            error,
            told,
        )
        self.rooms.give_back(size, room)
        return beta, error, told


class _Rooms:
    """Memory that is not in use just now: fresh one is slow."""

    def __init__(self) -> None:
        self.free: dict[Any, list[Any]] = {}

    def take(self, size: Any, make: Callable[[], Any]) -> Any:
        try:
            return self.free[size].pop()
        except (KeyError, IndexError):
            return make()

    def give_back(self, size: Any, room: Any) -> None:
        self.free.setdefault(size, []).append(room)
