"""A batch of two-class problems as launches of the GPU's kernel ``smo.cu``, a block a problem.

Folds that share their kernel with the base go into one launch, value after value; a fold with a
kernel of its own has it written out first, which costs a GPU little. Of a C-SVC, the solution for
one value, stretched, is the next one's start.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from gpuclf.backend import interface
from gpuclf.backend.interface import Array, Batch, KernelChange, PairSolutions, same_kernel

THREADS = 256  # of a block; a power of 2
ROOM = 8  # bytes of shared memory a thread, and 16 a vector
Launch = Callable[[int, int, int, Sequence[Any]], None]


def solve_batch(
    matrix: Array,
    batch: Batch,
    xp: ModuleType,
    launch: Launch,
    most_shared: int,
    on_solved: Callable[[int], None] = lambda count: None,
    threads: int = THREADS,
) -> list[PairSolutions]:
    """Solve a batch.

    Parameters
    ----------
    matrix : float32 array, shape (vectors, vectors)
        On the device.
    batch : Batch
    xp : module
        CuPy; or NumPy, for a kernel that the CPU runs.
    launch : callable
        ``(blocks, threads, bytes of shared memory, arguments)``.
    most_shared : int
        Bytes of shared memory that a block may have.
    on_solved : callable
        Called with the number of problems solved since the last call.
    threads : int
        Of a block.

    Returns
    -------
    list of PairSolutions
        In the order of the batch's pairs.
    """
    layout = _Layout(batch, xp)
    values, folds = len(batch.values), len(batch.folds)
    shape = (folds, values, layout.size)
    beta = xp.zeros(shape, dtype=xp.float32)
    told = xp.zeros((folds, values, len(batch.pairs), 4), dtype=xp.float32)
    shared = threads * ROOM + 16 * layout.longest
    fits = shared <= most_shared
    together = [n for n, f in enumerate(batch.folds) if same_kernel(f.kernel, batch.base.kernel)]
    alone = [[n] for n in range(folds) if n not in set(together)]
    for some in ([together] if together else []) + alone:
        kernel = write_kernel(matrix, batch.folds[some[0]].kernel, xp)
        weight = xp.asarray(np.stack([layout.laid_out(batch.folds[n].weight) for n in some]))
        start = xp.zeros(weight.shape, dtype=xp.float32)
        for v, value in enumerate(batch.values):
            if batch.nu:
                start = layout.first_ones(weight, value)
            elif v:
                start = start * (value / batch.values[v - 1])
            blocks = len(some) * len(batch.pairs)
            out = xp.zeros((blocks, 4), dtype=xp.float32)
            arguments = [
                *(kernel, np.int64(kernel.shape[0]), *layout.tables(len(some))),
                *(weight, xp.full(blocks, 1.0 if batch.nu else value, dtype=xp.float32)),
                *(np.int32(batch.nu), np.float32(interface.TOLERANCE)),
                np.int32(interface.SHARED_ITERATIONS),
                np.uint64(0) if fits else xp.empty(4 * weight.size, dtype=xp.float32),
                *(start, out),
            ]
            launch(blocks, threads, shared if fits else threads * ROOM, arguments)
            beta[xp.asarray(some), v] = start
            told[xp.asarray(some), v] = out.reshape(len(some), len(batch.pairs), 4)
        on_solved(len(some) * len(batch.pairs) * values)
        del kernel
    host = told.get() if hasattr(told, "get") else told
    return [
        PairSolutions(
            beta[:, :, layout.begins[pair] : layout.begins[pair + 1]],
            host[:, :, pair, :2].astype(np.float64),
            host[:, :, pair, 2].astype(np.float64),
        )
        for pair in range(len(batch.pairs))
    ]


def write_kernel(matrix: Array, change: KernelChange, xp: ModuleType) -> Array:
    """Write a fold's kernel out, if it is not the matrix itself.

    Parameters
    ----------
    matrix : float array, shape (vectors, vectors)
    change : KernelChange
        What is different.
    xp : module
        NumPy or CuPy.

    Returns
    -------
    float array, shape (vectors, vectors)
    """
    kernel = matrix
    if change.weights.shape[0]:
        kernel = (change.features * change.weights) @ change.features.T
        if change.gamma:
            kernel *= -2
            kernel += change.norms
            kernel += change.norms[:, None]
        kernel += matrix
    if change.gamma:
        kernel = xp.maximum(kernel, 0, out=None if kernel is matrix else kernel)
        kernel *= -change.gamma
        xp.exp(kernel, out=kernel)
    return kernel


class _Layout:
    """Where the vectors of every pair stand, one pair after the other."""

    def __init__(self, batch: Batch, xp: ModuleType) -> None:
        self.xp = xp
        lengths = [len(index) for index, _ in batch.pairs]
        self.begins = [0, *np.cumsum(lengths).tolist()]
        self.size, self.longest = self.begins[-1], max(lengths)
        self.members = np.concatenate([index for index, _ in batch.pairs]).astype(np.int32)
        self.first = np.array([na for _, na in batch.pairs], dtype=np.int32)

    def laid_out(self, weight: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
        """A fold's weights, pair after pair."""
        return weight[self.members].astype(np.float32)

    def tables(self, folds: int) -> list[Array]:
        """Members, where pairs begin, how many are of one class; pairs, places of problems."""
        pairs = len(self.first)
        pair_of = np.tile(np.arange(pairs, dtype=np.int32), folds)
        places = np.add.outer(self.size * np.arange(folds), self.begins[:-1]).ravel()
        tables = [self.members, np.array(self.begins), self.first, pair_of, places]
        return [self.xp.asarray(table) for table in tables]

    def first_ones(self, weight: Array, nu: float) -> Array:
        """Where a nu-SVC starts: the first vectors of each class at their bounds, as in libsvm."""
        xp, start = self.xp, self.xp.zeros(weight.shape, dtype=self.xp.float32)
        for pair, na in enumerate(self.first.tolist()):
            begin, end = self.begins[pair], self.begins[pair + 1]
            total = 0.5 * nu * weight[:, begin:end].sum(axis=1, dtype=xp.float64)[:, None]
            for part, sign in ((slice(begin, begin + na), 1), (slice(begin + na, end), -1)):
                own = weight[:, part]
                before = own.cumsum(axis=1, dtype=xp.float64) - own
                start[:, part] = sign * xp.minimum(own, xp.maximum(total - before, 0))
        return start
