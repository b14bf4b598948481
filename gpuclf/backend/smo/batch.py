"""All problems of a batch on the CPU: pair by pair, or fold by fold where kernels differ.

Where folds share one kernel, or have linear kernels that differ in some features' scaling, the
parts of a pair's kernel are cut out once for all of them. An RBF kernel with a fold's own scaling
is computed fold by fold. The part within a class serves all of its pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import repeat
from typing import Any

import numpy as np

from gpuclf._typing import AnyArray, Floats, Ints
from gpuclf.backend import interface
from gpuclf.backend.interface import Batch, PairSolutions, Solved, TrainingSet, same_kernel
from gpuclf.backend.smo.deciding import decide
from gpuclf.backend.smo.pair import KernelView, turn_over, view_of, write_block
from gpuclf.backend.smo.path import solve_path
from gpuclf.backend.smo.records import PairKernel, Path, Problem, make_workspace

SLOTS = 1040  # of a working set, at most: not a power of 2, which caches do not take well

Base = tuple[Floats, Floats]  # coefficients and errors, (values, vectors)
Within = dict[bytes, AnyArray]  # kernel within each class, by the class's vectors
Parts = tuple[AnyArray, ...]  # of a pair's kernel: the first four fields of `PairKernel`
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
    view = view_of(matrix, batch.features, batch.base.kernel)
    within = work.within_classes(view, side_by_side)
    bases: list[Base] = []
    for begin in range(0, len(batch.pairs), workers):
        pairs = range(begin, min(begin + workers, len(batch.pairs)))
        parts = list(side_by_side(work.parts, pairs, repeat(view), repeat(within)))
        bases += side_by_side(work.solve_base, pairs, parts)
        tasks = [
            (pair, fold, part, bases[pair], shared[fold])
            for pair, part in zip(pairs, parts, strict=True)
            for fold in together
        ]
        for _ in side_by_side(work.solve_fold, *zip(*tasks, strict=True)) if tasks else ():
            on_solved(len(batch.values))
        for part in parts:
            work.give_back(part)
    work.scratch.free.clear()
    del within, view
    for fold in own:
        view = view_of(matrix, batch.features, batch.folds[fold].kernel)
        within = work.within_classes(view, side_by_side)
        pairs = range(len(batch.pairs))
        tasks_of_fold = pairs, repeat(fold), repeat(view), repeat(within), bases
        for _ in side_by_side(work.solve_own, *tasks_of_fold):
            on_solved(len(batch.values))
        del within, view
    ends = np.cumsum([len(rows) for rows in batch.tested])
    decisions = np.empty((int(ends[-1]), len(batch.values), len(batch.pairs)))
    by_fold = range(len(ends)), np.split(decisions, ends[:-1])
    shared_arguments = repeat(matrix), repeat(batch), repeat(work.solutions)
    for _ in side_by_side(decide, *shared_arguments, *by_fold):
        pass
    return Solved(work.solutions, decisions)


class _Work:
    """A batch being solved: its solutions, and scratch memory that threads take and return."""

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
        self.scratch = _Scratch()

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
        """Compute a kernel across the classes of a pair, and its transpose; look up the rest."""
        index, na = self.batch.pairs[pair]
        there, back = (na, len(index) - na), (len(index) - na, na)
        across = self.scratch.take(there, lambda: np.empty(there, self.matrix.dtype))
        turned = self.scratch.take(back, lambda: np.empty(back, self.matrix.dtype))
        write_block(view, index[:na], index[na:], across)
        turn_over(across, turned)
        first, second = (within[part.tobytes()] for part in (index[:na], index[na:]))
        return first, across, turned, second

    def give_back(self, parts: Parts) -> None:
        """Return the memory of what `parts` computed."""
        _, across, turned, _ = parts
        for part in (across, turned):
            self.scratch.give_back(part.shape, part)

    def solve_base(self, pair: int, parts: Parts) -> Base:
        """Solve a pair over all clips."""
        none = np.empty((0, len(self.batch.pairs[pair][0])))
        path = self._solve(pair, self.batch.base, parts, (none, none), True)
        return path.beta, path.error

    def solve_own(self, pair: int, fold: int, view: KernelView, within: Within, base: Base) -> None:
        """Solve a pair over a fold's own RBF kernel."""
        parts = self.parts(pair, view, within)
        self.solve_fold(pair, fold, parts, base, False)
        self.give_back(parts)

    def solve_fold(self, pair: int, fold: int, parts: Parts, base: Base, shared: bool) -> None:
        """Solve a pair in a fold, and store the solution."""
        path = self._solve(pair, self.batch.folds[fold], parts, base, shared)
        solutions = self.solutions[pair]
        solutions.beta[fold], solutions.offsets[fold] = path.beta, path.offsets
        solutions.violation[fold] = path.violation

    def _solve(self, pair: int, fold: TrainingSet, parts: Parts, base: Base, shared: bool) -> Path:
        index, na = self.batch.pairs[pair]
        change, dtype = fold.kernel, self.matrix.dtype
        diagonal = np.concatenate([parts[0].diagonal(), parts[3].diagonal()])
        if change.gamma or not len(change.columns):
            changed = np.empty((len(index), 0), dtype), np.empty(0, dtype)
        else:
            changed = self.batch.features[np.ix_(index, change.columns)], change.column_weights
            diagonal += (changed[0] ** 2) @ change.column_weights
        problem = Problem(
            kernel=PairKernel._make((*parts, *changed, float(diagonal.max()))),
            na=na,
            by_class=self.batch.nu,
            weight=fold.weight[index],
            values=np.asarray(self.batch.values, np.float64),
            base_beta=base[0],
            base_error=base[1],
            shared=shared,
            tolerance=interface.TOLERANCE,
            limit=interface.SHARED_ITERATIONS,
        )
        path = self._solve_path(problem)
        if dtype.itemsize < 8 and (path.violation > interface.TOLERANCE).any():
            # Float64 may separate what float32 cannot; it continues from where float32 stopped.
            *matrices, largest = problem.kernel
            doubled = (np.asarray(matrix, np.float64) for matrix in matrices)
            exact = problem._replace(
                kernel=PairKernel._make((*doubled, largest)),
                base_beta=path.beta,
                base_error=np.zeros_like(path.beta),
                shared=False,
            )
            path = self._solve_path(exact)
        return path

    def _solve_path(self, problem: Problem) -> Path:
        values, count = len(problem.values), len(problem.weight)
        path = Path(
            beta=np.empty((values, count)),
            error=np.empty((values, count)),
            offsets=np.empty((values, 2)),
            violation=np.empty(values),
        )
        slots = min(SLOTS, 2 * max(problem.na, count - problem.na))
        size = count, slots, len(problem.kernel.column_weights), problem.kernel.first.dtype
        workspace = self.scratch.take(size, lambda: make_workspace(*size))
        solve_path(problem, workspace, path)
        self.scratch.give_back(size, workspace)
        return path


class _Scratch:
    """Arrays to be used again, by size: fresh memory is slow."""

    def __init__(self) -> None:
        self.free: dict[Any, list[Any]] = {}

    def take(self, size: Any, make: Callable[[], Any]) -> Any:
        try:
            return self.free[size].pop()
        except (KeyError, IndexError):
            return make()

    def give_back(self, size: Any, room: Any) -> None:
        self.free.setdefault(size, []).append(room)
