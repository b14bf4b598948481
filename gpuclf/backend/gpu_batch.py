"""All problems of a batch on the GPU; the CPU's counterpart is `gpuclf.backend.smo.batch`.

The base is solved first, unless there is a single fold, and every fold starts from its solution.
Folds that share the base's kernel are solved together. Folds with a kernel of their own are solved
in groups, as many at a time as memory holds.

Arrays of coefficients have the shape (folds, values, size + 1): the coefficients of all pairs one
after the other, then a coefficient that is always 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gpuclf._typing import AnyArray, Array, Ints
from gpuclf.backend.gpu_kernel import gather_rows, write_kernel
from gpuclf.backend.gpu_launch import Device
from gpuclf.backend.gpu_smo import OUTCOME, PROBLEM, run_problems
from gpuclf.backend.interface import Batch, PairSolutions, Solved, same_kernel

MAX_FLOAT32 = 10  # largest C for which decision values are summed in float32
MAX_KERNELS = 32  # kernels of folds held at a time, if memory permits
RESERVED_KERNELS = 2  # memory left free for products and decisions, in kernels


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
        Called with the number of problems solved since the last call.

    Returns
    -------
    Solved
    """
    solver = BatchSolver(matrix, batch, device, on_solved)
    single = len(batch.folds) == 1 and batch.folds[0] is not batch.base
    shared = [n for n, f in enumerate(batch.folds) if same_kernel(f.kernel, batch.base.kernel)]
    if shared or not single:
        kernel = write_kernel(matrix, batch.features, batch.base.kernel, device)
        if not single:
            solver.solve_base(kernel)
        solver.solve(shared, [kernel] * len(shared), shares_base=True)
        del kernel
    own = [n for n in range(len(batch.folds)) if n not in set(shared)]
    room = device.free_memory() // max(matrix.nbytes, 1) - RESERVED_KERNELS if own else 0
    group_size = int(min(max(room, 1), MAX_KERNELS))
    for start in range(0, len(own), group_size):
        group = own[start : start + group_size]
        kernels = [
            write_kernel(matrix, batch.features, batch.folds[n].kernel, device) for n in group
        ]
        solver.solve(group, kernels, shares_base=False)
        del kernels
    return solver.result()


class BatchSolver:
    """Solver of a batch: its tables on the device, and its results."""

    def __init__(
        self, matrix: Array, batch: Batch, device: Device, on_solved: Callable[[int], None]
    ) -> None:
        self.batch, self.device, self.on_solved = batch, device, on_solved
        self.vectors = int(matrix.shape[0])
        xp = device.xp
        folds, values, pairs = len(batch.folds), len(batch.values), len(batch.pairs)
        lengths = [len(index) for index, _ in batch.pairs]
        self.pair_starts = np.concatenate([[0], np.cumsum(lengths)])
        self.counts = np.array(lengths, np.int32)
        self.first = np.array([na for _, na in batch.pairs], np.int32)
        self.size = int(self.pair_starts[-1])
        members = np.concatenate([index for index, _ in batch.pairs])
        self.members = xp.asarray(members.astype(np.int32))
        # Coefficient of a vector in a pair; the last one, always 0, if it is not in the pair.
        positions = np.full((self.vectors, pairs), self.size, np.int32)
        positions[members, np.repeat(np.arange(pairs), lengths)] = np.arange(self.size)
        self.positions = xp.asarray(positions)
        # The last row holds the base's weights.
        self.vector_weights = np.stack([f.weight for f in [*batch.folds, batch.base]]).astype(
            np.float32
        )
        self.weight = xp.ascontiguousarray(xp.asarray(self.vector_weights)[:, self.members])
        self.beta = xp.zeros((folds, values, self.size + 1), dtype=xp.float64)
        self.outcomes = np.zeros((folds, values, pairs), OUTCOME)
        self.base: tuple[Array, Array] | None = None  # coefficients and errors
        self.fold_starts = np.cumsum([0, *(len(rows) for rows in batch.tested)])
        self.tested = xp.asarray(np.concatenate([np.asarray(r, np.int64) for r in batch.tested]))
        largest = max(batch.values) * float(self.vector_weights.max())
        self.dtype = xp.float64 if batch.nu or largest > MAX_FLOAT32 else xp.float32
        self.decisions = xp.empty((int(self.fold_starts[-1]), values, pairs), dtype=xp.float64)

    def solve_base(self, kernel: Array) -> None:
        """Solve the base and store its coefficients and errors."""
        xp, values = self.device.xp, len(self.batch.values)
        beta = xp.zeros((1, values, self.size + 1), dtype=xp.float64)
        error = xp.empty((1, values, self.size + 1), dtype=xp.float32)
        problems = self._problems([len(self.batch.folds)], [kernel], beta, [0])
        problems["error"] = self._addresses(error, self._offsets([0]))
        outcomes = self._run(problems)
        self.base = beta, error
        for n, fold in enumerate(self.batch.folds):
            if fold is self.batch.base:
                self.beta[n], self.outcomes[n] = beta[0], outcomes[0]

    def solve(self, folds: Sequence[int], kernels: Sequence[Array], *, shares_base: bool) -> None:
        """Solve folds and compute the decision values of their test vectors."""
        remaining = [
            (n, kernel)
            for n, kernel in zip(folds, kernels, strict=True)
            if self.base is None or self.batch.folds[n] is not self.batch.base
        ]
        if remaining:
            rows = [n for n, _ in remaining]
            problems = self._problems(rows, [kernel for _, kernel in remaining], self.beta, rows)
            if self.base is not None:
                beta, error = self.base
                problems["start"] = self._addresses(beta, self._offsets([0]))
                if shares_base:
                    problems["start_error"] = self._addresses(error, self._offsets([0]))
            self.outcomes[rows] = self._run(problems)
        for n, kernel in zip(folds, kernels, strict=True):
            self._decide(n, kernel)
        self.on_solved(len(folds) * len(self.batch.pairs) * len(self.batch.values))

    def result(self) -> Solved:
        """Return the solutions and decision values."""
        offsets = np.stack([self.outcomes["first"], self.outcomes["second"]], axis=-1)
        return Solved(
            [
                PairSolutions(
                    self.beta[:, :, self.pair_starts[pair] : self.pair_starts[pair + 1]],
                    offsets[:, :, pair].astype(np.float64),
                    self.outcomes["violation"][:, :, pair].astype(np.float64),
                )
                for pair in range(len(self.batch.pairs))
            ],
            self.decisions,
        )

    def _offsets(self, rows: Sequence[int]) -> Ints:
        """Return where pairs start in rows of coefficients, (rows, values, pairs)."""
        values = np.arange(len(self.batch.values))
        runs = np.array(rows, np.int64)[:, None] * len(values) + values
        offsets: Ints = (self.size + 1) * runs[:, :, None] + self.pair_starts[:-1]
        return offsets

    def _addresses(self, array: Array, offsets: Any) -> npt.NDArray[np.uint64]:
        """Return the addresses of an array's elements."""
        start = self.device.address(array)
        addresses: npt.NDArray[np.uint64] = (start + offsets * array.dtype.itemsize).astype(
            np.uint64
        )
        return addresses

    def _problems(
        self, folds: Sequence[int], kernels: Sequence[Array], beta: Array, rows: Sequence[int]
    ) -> AnyArray:
        """Return the problems of folds, whose coefficients are stored in rows of an array.

        Returns
        -------
        PROBLEM array, shape (folds, values, pairs)
        """
        batch = self.batch
        problems = np.zeros((len(folds), len(batch.values), len(batch.pairs)), PROBLEM)
        kernel = [self.device.address(kernel) for kernel in kernels]
        problems["kernel"] = np.array(kernel, np.uint64)[:, None, None]
        weights = np.array(folds)[:, None, None] * self.size + self.pair_starts[:-1]
        problems["weight"] = self._addresses(self.weight, weights)
        problems["beta"] = self._addresses(beta, self._offsets(rows))
        problems["members"] = self._addresses(self.members, self.pair_starts[:-1])
        problems["count"], problems["first"] = self.counts, self.first
        values = np.array(batch.values)[:, None]
        problems["value"] = 1.0 if batch.nu else values
        if batch.nu:
            weight = self.vector_weights[list(folds)]
            total = [weight[:, index].sum(axis=1, dtype=float) for index, _ in batch.pairs]
            problems["total"] = 0.5 * values * np.stack(total, axis=1)[:, None]
        return problems

    def _run(self, problems: AnyArray) -> AnyArray:
        return run_problems(problems, self.vectors, self.batch.nu, self.device)

    def _decide(self, fold: int, kernel: Array) -> None:
        """Compute the decision values of a fold's test vectors."""
        start, stop = int(self.fold_starts[fold]), int(self.fold_starts[fold + 1])
        if start == stop:
            return
        rows = gather_rows(kernel, self.tested[start:stop], self.dtype, self.device)
        for value in range(len(self.batch.values)):
            coefficients = self.beta[fold, value][self.positions].astype(self.dtype)
            self.decisions[start:stop, value] = rows @ coefficients
