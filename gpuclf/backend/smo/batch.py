"""All problems of a batch on the CPU; the GPU's counterpart is `gpuclf.backend.gpu_batch`.

Where folds share one kernel, or have linear kernels that differ in the scaling of some features,
the blocks of a pair's kernel are extracted once for all folds, pair by pair. An RBF kernel with a
fold's own scaling is computed per fold. The block within a class is shared by all of its pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import repeat
from typing import Any

import numpy as np

from gpuclf._typing import AnyArray, Floats, Ints
from gpuclf.backend import interface
from gpuclf.backend.interface import Batch, PairSolutions, Solved, TrainingSet, same_kernel
from gpuclf.backend.smo.deciding import decide, dtype_of_sums
from gpuclf.backend.smo.pair import KernelView, transpose, view_of, write_block
from gpuclf.backend.smo.path import solve_path
from gpuclf.backend.smo.records import PairKernel, Path, Problem, make_workspace

MAX_SLOTS = 1040  # of a working set; not a power of 2, which causes cache conflicts

Base = tuple[Floats, Floats]  # coefficients and errors, (values, vectors)
Within = dict[bytes, AnyArray]  # kernel within each class, by the class's vectors
Blocks = tuple[AnyArray, ...]  # of a pair's kernel: the first four fields of `PairKernel`
Map = Callable[..., Iterator[Any]]


def solve_batch(
    matrix: AnyArray,
    batch: Batch,
    map_threads: Map,
    workers: int,
    on_solved: Callable[[int], None],
) -> Solved:
    """Solve a batch and compute the decision values of its test vectors.

    Parameters
    ----------
    matrix : float array, shape (vectors, vectors)
    batch : Batch
    map_threads : callable
        Like the built-in ``map``, in threads.
    workers : int
        Number of threads; the kernels of as many pairs are held at a time.
    on_solved : callable
        Called with the number of problems solved since the last call.

    Returns
    -------
    Solved
    """
    solver = _BatchSolver(matrix, batch)
    shared = [same_kernel(fold.kernel, batch.base.kernel) for fold in batch.folds]
    own = [n for n, fold in enumerate(batch.folds) if fold.kernel.gamma and not shared[n]]
    together = [n for n in range(len(batch.folds)) if n not in set(own)]
    view = view_of(matrix, batch.features, batch.base.kernel)
    within = solver.within_classes(view, map_threads)
    bases: list[Base] = []
    for begin in range(0, len(batch.pairs), workers):
        pairs = range(begin, min(begin + workers, len(batch.pairs)))
        blocks = list(map_threads(solver.blocks, pairs, repeat(view), repeat(within)))
        bases += map_threads(solver.solve_base, pairs, blocks)
        tasks = [
            (pair, fold, pair_blocks, bases[pair], shared[fold])
            for pair, pair_blocks in zip(pairs, blocks, strict=True)
            for fold in together
        ]
        for _ in map_threads(solver.solve_fold, *zip(*tasks, strict=True)) if tasks else ():
            on_solved(len(batch.values))
        for pair_blocks in blocks:
            solver.give_back(pair_blocks)
    solver.scratch.free.clear()
    del within, view
    for fold in own:
        view = view_of(matrix, batch.features, batch.folds[fold].kernel)
        within = solver.within_classes(view, map_threads)
        pairs = range(len(batch.pairs))
        tasks_of_fold = pairs, repeat(fold), repeat(view), repeat(within), bases
        for _ in map_threads(solver.solve_own, *tasks_of_fold):
            on_solved(len(batch.values))
        del within, view
    ends = np.cumsum([len(rows) for rows in batch.tested])
    decisions = np.empty((int(ends[-1]), len(batch.values), len(batch.pairs)))
    by_fold = range(len(ends)), np.split(decisions, ends[:-1])
    shared_arguments = repeat(matrix), repeat(batch), repeat(solver.solutions)
    for _ in map_threads(decide, *shared_arguments, *by_fold):
        pass
    return Solved(solver.solutions, decisions)


class _BatchSolver:
    """Solver of a batch: its solutions, and scratch memory that threads take and return."""

    def __init__(self, matrix: AnyArray, batch: Batch) -> None:
        self.matrix, self.batch = matrix, batch
        folds, values = len(batch.folds), len(batch.values)
        dtype = dtype_of_sums(batch, matrix.dtype)
        self.solutions = [
            PairSolutions(
                beta=np.empty((folds, values, len(index)), dtype),
                offsets=np.empty((folds, values, 2)),
                violation=np.empty((folds, values)),
            )
            for index, _ in batch.pairs
        ]
        self.scratch = _Scratch()

    def within_classes(self, view: KernelView, map_threads: Map) -> Within:
        """Return the kernel within each class."""
        classes = {
            part.tobytes(): part
            for index, na in self.batch.pairs
            for part in (index[:na], index[na:])
        }

        def within(vectors: Ints) -> AnyArray:
            out = np.empty((len(vectors), len(vectors)), self.matrix.dtype)
            write_block(view, vectors, vectors, out)
            return out

        return dict(zip(classes, map_threads(within, classes.values()), strict=True))

    def blocks(self, pair: int, view: KernelView, within: Within) -> Blocks:
        """Compute the kernel across the classes of a pair and its transpose; look up the rest."""
        index, na = self.batch.pairs[pair]
        shape, transposed = (na, len(index) - na), (len(index) - na, na)
        across = self.scratch.take(shape, lambda: np.empty(shape, self.matrix.dtype))
        back = self.scratch.take(transposed, lambda: np.empty(transposed, self.matrix.dtype))
        write_block(view, index[:na], index[na:], across)
        transpose(across, back)
        first, second = (within[part.tobytes()] for part in (index[:na], index[na:]))
        return first, across, back, second

    def give_back(self, blocks: Blocks) -> None:
        """Return the memory of blocks to the scratch memory."""
        for block in blocks[1:3]:
            self.scratch.give_back(block.shape, block)

    def solve_base(self, pair: int, blocks: Blocks) -> Base:
        """Solve a pair for the base; return coefficients and errors."""
        no_base = np.empty((0, len(self.batch.pairs[pair][0])))
        path = self._solve(pair, self.batch.base, blocks, (no_base, no_base), True)
        return path.beta, path.error

    def solve_own(self, pair: int, fold: int, view: KernelView, within: Within, base: Base) -> None:
        """Solve a pair over a fold's own RBF kernel."""
        blocks = self.blocks(pair, view, within)
        self.solve_fold(pair, fold, blocks, base, False)
        self.give_back(blocks)

    def solve_fold(self, pair: int, fold: int, blocks: Blocks, base: Base, shared: bool) -> None:
        """Solve a pair in a fold, and store the solution."""
        path = self._solve(pair, self.batch.folds[fold], blocks, base, shared)
        solutions = self.solutions[pair]
        solutions.beta[fold], solutions.offsets[fold] = path.beta, path.offsets
        solutions.violation[fold] = path.violation

    def _solve(
        self, pair: int, fold: TrainingSet, blocks: Blocks, base: Base, shared: bool
    ) -> Path:
        index, na = self.batch.pairs[pair]
        change, dtype = fold.kernel, self.matrix.dtype
        diagonal = np.concatenate([blocks[0].diagonal(), blocks[3].diagonal()])
        if change.gamma or not len(change.columns):
            changed = np.empty((len(index), 0), dtype), np.empty(0, dtype)
        else:
            changed = self.batch.features[np.ix_(index, change.columns)], change.column_weights
            diagonal += (changed[0] ** 2) @ change.column_weights
        problem = Problem(
            kernel=PairKernel._make((*blocks, *changed, float(diagonal.max()))),
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
            # float32 did not converge; continue in float64 from its solution.
            *matrices, largest = problem.kernel
            float64 = (np.asarray(matrix, np.float64) for matrix in matrices)
            exact = problem._replace(
                kernel=PairKernel._make((*float64, largest)),
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
        slots = min(MAX_SLOTS, 2 * max(problem.na, count - problem.na))
        size = count, slots, len(problem.kernel.column_weights), problem.kernel.first.dtype
        workspace = self.scratch.take(size, lambda: make_workspace(*size))
        solve_path(problem, workspace, path)
        self.scratch.give_back(size, workspace)
        return path


class _Scratch:
    """Pool of arrays by size; reuse is faster than allocation."""

    def __init__(self) -> None:
        self.free: dict[Any, list[Any]] = {}

    def take(self, size: Any, make: Callable[[], Any]) -> Any:
        try:
            return self.free[size].pop()
        except (KeyError, IndexError):
            return make()

    def give_back(self, size: Any, arrays: Any) -> None:
        self.free.setdefault(size, []).append(arrays)
