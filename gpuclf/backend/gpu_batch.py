"""All problems of a batch on the GPU; the CPU's counterpart is `gpuclf.backend.smo.batch`.

The base is solved first, unless there is a single fold, and every fold starts from its solution.
Folds whose scaling changes no feature are solved in one launch, from the matrix that all share.
The kernels of the others are written, for as many folds at a time as memory holds, in two streams:
one computes the kernels of the next folds while problems of the other come to their end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gpuclf._typing import AnyArray, Array
from gpuclf.backend.gpu_decide import Decider
from gpuclf.backend.gpu_kernel import FoldKernel, reorder, unchanged_kernel, write_kernels
from gpuclf.backend.gpu_launch import Device
from gpuclf.backend.gpu_layout import Layout
from gpuclf.backend.gpu_memory import kernels_at_once
from gpuclf.backend.gpu_smo import OUTCOME, PROBLEM, ProblemRun
from gpuclf.backend.interface import Batch, KernelChange, PairSolutions, Solved, same_kernel

STREAMS = 2  # groups of folds in flight


def solve_batch(
    matrix: Array,
    batch: Batch,
    device: Device,
    on_solved: Callable[[int], None] = lambda count: None,
) -> Solved:
    """Solve a batch and compute the decision values of its test vectors.

    Parameters
    ----------
    matrix : float32 array, shape (vectors, vectors)
        On the device.
    batch : Batch
    device : Device
    on_solved : callable
        Called with the number of problems solved since the last call, also while they are being
        solved.

    Returns
    -------
    Solved

    Raises
    ------
    MemoryError
        If the kernels of folds do not fit in the device's memory, and half as many do not either.
    """
    solver = BatchSolver(matrix, batch, device, on_solved)
    if len(batch.folds) > 1 or batch.folds[0] is batch.base:
        solver.solve_base()
    changed = [n for n, fold in enumerate(batch.folds) if len(fold.kernel.columns)]
    unchanged = [n for n in range(len(batch.folds)) if n not in set(changed)]
    if unchanged:
        solver.finish(solver.start(unchanged))
    at_once = kernels_at_once(device.free_memory(), matrix.shape[0]) if changed else 0
    try:
        solver.solve_in_groups(changed, at_once)
    except MemoryError:
        remaining = [n for n in changed if n not in solver.finished]
        solver.solve_in_groups(remaining, max(1, min(at_once, len(changed)) // 2))
    return solver.result()


class Group(NamedTuple):
    """Folds that are being solved together."""

    folds: list[int]
    kernels: list[FoldKernel]
    solved: list[int]  # those of the folds that are not the base itself
    run: ProblemRun | None


class BatchSolver:
    """Solver of a batch: its tables on the device, and its results."""

    def __init__(
        self, matrix: Array, batch: Batch, device: Device, on_solved: Callable[[int], None]
    ) -> None:
        self.batch, self.device, self.on_solved = batch, device, on_solved
        self.vectors = int(matrix.shape[0])
        self.layout = Layout(batch.pairs, self.vectors)
        self.matrix = matrix
        if not self.layout.is_sorted:
            self.matrix = reorder(matrix, self.layout.order, device)
        self.features: Array | None = None
        xp = device.xp
        folds, values, pairs = len(batch.folds), len(batch.values), len(batch.pairs)
        # The last row holds the base's weights.
        weights = np.stack([fold.weight for fold in [*batch.folds, batch.base]])
        self.vector_weights = np.ascontiguousarray(weights[:, self.layout.order], np.float32)
        self.weights = xp.asarray(self.vector_weights)
        self.size = int(self.layout.starts[-1])
        self.beta = xp.zeros((folds, values, self.size), dtype=xp.float64)
        self.outcomes = np.zeros((folds, values, pairs), OUTCOME)
        self.base: tuple[Array, Array] | None = None  # coefficients and errors
        self.decider = Decider(self.layout, batch.tested, values, device)
        self.finished: set[int] = set()

    def solve_base(self) -> None:
        """Solve the base and store its coefficients and errors."""
        xp, values = self.device.xp, len(self.batch.values)
        beta = xp.zeros((1, values, self.size), dtype=xp.float64)
        error = xp.empty((1, values, self.size), dtype=xp.float32)
        kernels = self._kernels([self.batch.base.kernel])
        problems = self._problems([len(self.batch.folds)], kernels, beta, [0])
        problems["error"] = self._addresses(error, [0])
        outcomes = self._run(problems).finish()
        self.base = beta, error
        for n, fold in enumerate(self.batch.folds):
            if fold is self.batch.base:
                self.beta[n], self.outcomes[n] = beta[0], outcomes[0]

    def solve_in_groups(self, folds: Sequence[int], kernels_at_once: int) -> None:
        """Solve folds with kernels of their own, as many at a time as memory holds."""
        size = max(1, kernels_at_once // STREAMS)
        groups = [folds[begin : begin + size] for begin in range(0, len(folds), size)]
        streams = self.device.streams(min(STREAMS, kernels_at_once, len(groups)))
        in_flight: deque[tuple[Group, Any]] = deque()
        out_of_memory = None
        for number, group in enumerate(groups):
            stream = streams[number % len(streams)]
            if len(in_flight) == len(streams):
                self._finish_on(*in_flight.popleft())
            try:
                with stream:
                    in_flight.append((self.start(group), stream))
            except MemoryError as error:
                out_of_memory = error.with_traceback(None)  # which keeps the kernels in memory
                break
        while in_flight:
            self._finish_on(*in_flight.popleft())
        self.device.join(streams)
        if out_of_memory is not None:
            raise out_of_memory

    def start(self, folds: Sequence[int]) -> Group:
        """Submit the kernels and problems of folds."""
        kernels = self._kernels([self.batch.folds[n].kernel for n in folds])
        is_base = [self.base is not None and self.batch.folds[n] is self.batch.base for n in folds]
        solved = [n for n, same in zip(folds, is_base, strict=True) if not same]
        if not solved:
            return Group(list(folds), kernels, solved, None)
        own = [kernel for kernel, same in zip(kernels, is_base, strict=True) if not same]
        problems = self._problems(solved, own, self.beta, solved)
        if self.base is not None:
            beta, error = self.base
            problems["start"] = self._addresses(beta, [0])
            base = self.batch.base.kernel
            shares = np.array([same_kernel(self.batch.folds[n].kernel, base) for n in solved])
            problems["start_error"] = self._addresses(error, [0]) * shares[:, None, None]
        return Group(list(folds), kernels, solved, self._run(problems))

    def finish(self, group: Group) -> None:
        """Wait for the problems of a group and submit the decisions on its test vectors."""
        count = len(self.batch.pairs) * len(self.batch.values)
        if group.run is not None:
            self.outcomes[group.solved] = group.run.finish(self.on_solved)
        self.on_solved(count * (len(group.folds) - len(group.solved)))
        self.decider.decide(group.folds, group.kernels, self.beta)
        self.finished.update(group.folds)

    def _finish_on(self, group: Group, stream: Any) -> None:
        with stream:
            self.finish(group)

    def result(self) -> Solved:
        """Return the solutions and decision values."""
        offsets = np.stack([self.outcomes["first"], self.outcomes["second"]], axis=-1)
        starts = self.layout.starts
        return Solved(
            [
                PairSolutions(
                    self.beta[:, :, starts[pair] : starts[pair + 1]],
                    offsets[:, :, pair].astype(np.float64),
                    self.outcomes["violation"][:, :, pair].astype(np.float64),
                )
                for pair in range(len(self.batch.pairs))
            ],
            self.decider.decisions,
        )

    def _kernels(self, changes: Sequence[KernelChange]) -> list[FoldKernel]:
        """Return the kernels of folds: all unchanged, or all written."""
        if not any(len(change.columns) for change in changes):
            return [unchanged_kernel(self.matrix, change) for change in changes]
        if self.features is None:
            xp, layout = self.device.xp, self.layout
            features = self.batch.features
            if not layout.is_sorted:
                features = features[xp.asarray(layout.order)]
            self.features = xp.ascontiguousarray(features.T)
        return write_kernels(self.matrix, self.features, changes, self.device)

    def _addresses(self, array: Array, rows: Sequence[int]) -> npt.NDArray[np.uint64]:
        """Return where pairs start in rows of an array, (rows, values, pairs)."""
        values = np.arange(len(self.batch.values))
        runs = np.array(rows, np.int64)[:, None] * len(values) + values
        offsets = self.size * runs[:, :, None] + self.layout.starts[:-1]
        addresses = self.device.address(array) + offsets * array.dtype.itemsize
        return addresses.astype(np.uint64)  # type: ignore[no-any-return]

    def _problems(
        self, folds: Sequence[int], kernels: Sequence[FoldKernel], beta: Array, rows: Sequence[int]
    ) -> AnyArray:
        """Return the problems of folds, whose coefficients are stored in rows of an array.

        Returns
        -------
        PROBLEM array, shape (folds, values, pairs)
        """
        batch, layout = self.batch, self.layout
        problems = np.zeros((len(folds), len(batch.values), len(batch.pairs)), PROBLEM)
        weights = self.device.address(self.weights) + 4 * self.vectors * np.array(folds)
        addresses = np.array([self.device.address(kernel.matrix) for kernel in kernels], np.uint64)
        problems["matrix"] = addresses[:, None, None]
        problems["rate"] = np.array([kernel.rate for kernel in kernels])[:, None, None]
        problems["weight"] = weights.astype(np.uint64)[:, None, None]
        problems["beta"] = self._addresses(beta, rows)
        problems["count"], problems["first"] = layout.counts, layout.first
        problems["first_row"], problems["second_row"] = layout.first_row, layout.second_row
        values = np.array(batch.values)[:, None]
        problems["value"] = 1.0 if batch.nu else values
        if batch.nu:
            total = layout.sums_of_pairs(self.vector_weights[list(folds)])
            problems["total"] = 0.5 * values * total[:, None]
        return problems

    def _run(self, problems: AnyArray) -> ProblemRun:
        rbf = bool(problems["rate"].any())
        return ProblemRun(problems, self.vectors, self.device, nu=self.batch.nu, rbf=rbf)
