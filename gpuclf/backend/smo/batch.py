"""All problems of a batch on the CPU: pair after pair, or fold after fold, as kernels are shared.

Where folds share one kernel, or a linear one of which each scales some features its own way, the
matrix of a pair is cut out once for all of them. An RBF kernel that each fold scales its own way is
computed fold by fold, the part within a class once for all of its pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import repeat
from typing import Any

import numpy as np
import numpy.typing as npt

from gpuclf.backend import interface
from gpuclf.backend.interface import (
    Batch,
    KernelChange,
    PairSolutions,
    TrainingSet,
    same_kernel,
)
from gpuclf.backend.smo.pair import put_together, write_block
from gpuclf.backend.smo.path import solve_path
from gpuclf.backend.smo.solve import KernelView, make_workspace

SLOTS = 1552  # of a working set, at most: not a power of 2, which caches do not take well

Floats = npt.NDArray[np.float64]
Base = tuple[Floats, Floats]  # coefficients and errors, (values, vectors)
Map = Callable[..., Iterator[Any]]


def solve_batch(
    matrix: npt.NDArray[Any],
    batch: Batch,
    side_by_side: Map,
    workers: int,
    on_solved: Callable[[int], None],
) -> list[PairSolutions]:
    """Solve a batch.

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
    list of PairSolutions
        In the order of the batch's pairs.
    """
    work = _Work(matrix, batch)
    shared = [same_kernel(fold.kernel, batch.base.kernel) for fold in batch.folds]
    own = [n for n, fold in enumerate(batch.folds) if fold.kernel.gamma and not shared[n]]
    together = [n for n in range(len(batch.folds)) if n not in set(own)]
    bases: list[Base] = []
    for begin in range(0, len(batch.pairs), workers):
        some = range(len(batch.pairs))[begin : begin + workers]
        matrices = list(side_by_side(work.pair_matrix, some))
        bases += side_by_side(work.solve_base, some, matrices)
        tasks = [
            (pair, fold, matrix, bases[pair], shared[fold])
            for pair, matrix in zip(some, matrices, strict=True)
            for fold in together
        ]
        for _ in side_by_side(work.solve_fold, *zip(*tasks, strict=True)) if tasks else ():
            on_solved(len(batch.values))
    for fold in own:
        within = work.class_matrices(fold, side_by_side)
        every = range(len(batch.pairs))
        for _ in side_by_side(work.solve_own, every, repeat(fold), repeat(within), bases):
            on_solved(len(batch.values))
    return work.solutions


class _Work:
    """A batch being solved: what threads take from and put into."""

    def __init__(self, matrix: npt.NDArray[Any], batch: Batch) -> None:
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

    def pair_matrix(self, pair: int) -> npt.NDArray[Any]:
        """Cut a pair's matrix out of the base's."""
        index, _ = self.batch.pairs[pair]
        into = np.empty((len(index), len(index)), self.matrix.dtype)
        write_block(self._view(self.batch.base.kernel), index, index, into)
        return into

    def class_matrices(self, fold: int, side_by_side: Map) -> dict[bytes, npt.NDArray[Any]]:
        """Compute a fold's kernel within each class."""
        view = self._view(self.batch.folds[fold].kernel)
        classes = {
            part.tobytes(): part
            for index, na in self.batch.pairs
            for part in (index[:na], index[na:])
        }

        def within(part: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
            into = np.empty((len(part), len(part)), self.matrix.dtype)
            write_block(view, part, part, into)
            return into

        return dict(zip(classes, side_by_side(within, classes.values()), strict=True))

    def solve_base(self, pair: int, matrix: npt.NDArray[Any]) -> Base:
        """Solve a pair over all clips."""
        none = np.empty((0, len(matrix)))
        beta, error, _ = self._solve(pair, self.batch.base, matrix, (none, none), True)
        return beta, error

    def solve_own(
        self, pair: int, fold: int, within: dict[bytes, npt.NDArray[Any]], base: Base
    ) -> None:
        """Solve a pair over a fold's own RBF kernel."""
        index, na = self.batch.pairs[pair]
        shape, count = (na, len(index) - na), (len(index), len(index))
        across = self.rooms.take(shape, lambda: np.empty(shape, self.matrix.dtype))
        matrix = self.rooms.take(count, lambda: np.empty(count, self.matrix.dtype))
        first, second = (within[part.tobytes()] for part in (index[:na], index[na:]))
        view = self._view(self.batch.folds[fold].kernel)
        write_block(view, index[:na], index[na:], across)
        put_together(first, across, second, matrix)
        self.solve_fold(pair, fold, matrix, base, False)
        self.rooms.give_back(shape, across)
        self.rooms.give_back(count, matrix)

    def solve_fold(
        self, pair: int, fold: int, matrix: npt.NDArray[Any], base: Base, shared: bool
    ) -> None:
        """Solve a pair in a fold, and keep what came out."""
        beta, _, told = self._solve(pair, self.batch.folds[fold], matrix, base, shared)
        solutions = self.solutions[pair]
        solutions.beta[fold] = beta
        solutions.offsets[fold], solutions.violation[fold] = told[:, :2], told[:, 2]

    def _solve(
        self, pair: int, fold: TrainingSet, matrix: npt.NDArray[Any], base: Base, shared: bool
    ) -> tuple[Floats, Floats, Floats]:
        index, na = self.batch.pairs[pair]
        change = fold.kernel
        linear = not change.gamma  # else the matrix has the fold's own values
        weights = change.weights if linear else change.weights[:0]
        features = change.features[index] if weights.size else np.empty((len(index), 0))
        kernel = KernelView(
            matrix,
            features.astype(matrix.dtype, copy=False),
            weights.astype(matrix.dtype, copy=False),
            change.norms[:0],
            matrix.dtype.type(0),
        )
        beta, error, told = self._walk(fold, index, na, kernel, base, shared)
        if matrix.itemsize < 8 and (told[:, 2] > interface.TOLERANCE).any():
            # What float32 could not tell apart, float64 may; it goes on from where that stopped.
            exact = KernelView(*(np.asarray(part, np.float64) for part in kernel))
            so_far = beta, np.zeros_like(beta)
            beta, error, told = self._walk(fold, index, na, exact, so_far, False)
        return beta, error, told

    def _walk(
        self,
        fold: TrainingSet,
        index: npt.NDArray[np.int64],
        na: int,
        kernel: KernelView,
        base: Base,
        shared: bool,
    ) -> tuple[Floats, Floats, Floats]:
        shape = len(self.batch.values), len(index)
        beta, error, told = np.empty(shape), np.empty(shape), np.empty((shape[0], 4))
        slots = min(SLOTS, 2 * max(na, len(index) - na))
        size = len(index), slots, len(kernel.weights), kernel.matrix.dtype
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

    def _view(self, change: KernelChange) -> KernelView:
        return KernelView(
            self.matrix,
            change.features,
            change.weights,
            change.norms,
            self.matrix.dtype.type(change.gamma),
        )


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
