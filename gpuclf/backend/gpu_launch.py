"""A batch of two-class problems on the GPU: launches of ``smo.cu``, one block per problem.

The base is solved first and every fold starts from it. Folds that share the base's kernel are
solved in one launch, pair after pair, so that the problems that run at the same time read the same
part of the kernel; folds with a kernel of their own are solved a few at a time, as many as memory
holds. A launch stops every problem after a number of steps, and those that have not converged
continue in the next one: no launch lasts long.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gpuclf._typing import AnyArray, Array, Ints
from gpuclf.backend import interface
from gpuclf.backend.interface import Batch, KernelChange, PairSolutions, Solved, same_kernel

EXACT = 10  # values of C up to which decisions may be summed in float32
THREADS = 256  # of a block that writes a row of a kernel
STEPS = 20_000  # of a problem in one launch: about 50 ms
IN_REGISTERS = 10  # vectors per thread whose errors are held in registers
IN_SHARED, IN_GLOBAL = 20, 32  # bytes per vector of a problem
STATIC = 4096  # bytes of shared memory that the kernel itself takes, at most
TOGETHER = 32  # folds with kernels of their own in one launch, if memory holds them
RESERVE = 2  # kernels' worth of memory that is left for products and decisions

PROBLEM = np.dtype(
    [
        *((name, np.uint64) for name in ("kernel", "weight", "start", "start_error", "beta")),
        *((name, np.uint64) for name in ("error", "members", "scratch")),
        *(("value", np.float32), ("total", np.float32), ("count", np.int32), ("first", np.int32)),
    ]
)
OUTCOME = np.dtype([("first", "f4"), ("second", "f4"), ("violation", "f4"), ("steps", "i4")])


class Launch(NamedTuple):
    """One launch of a kernel: its source file, name, macros, size and arguments."""

    file: str
    kernel: str
    macros: tuple[tuple[str, int | str], ...]
    blocks: int
    threads: int
    shared: int  # bytes
    arguments: Sequence[Any]


@dataclass(frozen=True)
class Device:
    """What the launches need of a GPU.

    Parameters
    ----------
    xp : module
        CuPy; or NumPy, where kernels are run on the CPU.
    launch : callable
        Runs a `Launch`.
    address : callable
        Gives an array's address in the device's memory.
    to_host : callable
        Moves an array to the host, and waits for it.
    most_shared : int
        Bytes of shared memory that a block may have.
    free_memory : callable
        Bytes that are free.
    """

    xp: ModuleType
    launch: Callable[[Launch], None]
    address: Callable[[Array], int]
    to_host: Callable[[Array], AnyArray]
    most_shared: int
    free_memory: Callable[[], int]


def solve_batch(
    matrix: Array,
    batch: Batch,
    device: Device,
    on_solved: Callable[[int], None] = lambda count: None,
) -> Solved:
    """Solve a batch, and decide about the vectors that its folds test.

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
    solving = _Solving(matrix, batch, device, on_solved)
    alone = len(batch.folds) == 1 and batch.folds[0] is not batch.base
    shared = [n for n, f in enumerate(batch.folds) if same_kernel(f.kernel, batch.base.kernel)]
    if shared or not alone:
        kernel = write_kernel(matrix, batch.features, batch.base.kernel, device)
        if not alone:
            solving.solve_base(kernel)
        solving.solve(shared, [kernel] * len(shared), shares_base=True)
        del kernel
    own = [n for n in range(len(batch.folds)) if n not in set(shared)]
    room = device.free_memory() // max(matrix.nbytes, 1) - RESERVE if own else 0
    together = int(min(max(room, 1), TOGETHER))
    for begin in range(0, len(own), together):
        some = own[begin : begin + together]
        kernels = [
            write_kernel(matrix, batch.features, batch.folds[n].kernel, device) for n in some
        ]
        solving.solve(some, kernels, shares_base=False)
        del kernels
    return solving.solved()


def write_kernel(matrix: Array, features: Array, change: KernelChange, device: Device) -> Array:
    """Write a fold's kernel, or return the matrix itself if it is the fold's kernel.

    Parameters
    ----------
    matrix : float32 array, shape (vectors, vectors)
    features : float32 array, shape (vectors, n)
    change : KernelChange
    device : Device

    Returns
    -------
    float32 array, shape (vectors, vectors)
    """
    xp, changes = device.xp, len(change.columns) > 0
    if not changes and not change.gamma:
        return matrix
    count = matrix.shape[0]
    out = xp.empty(matrix.shape, dtype=xp.float32)
    norms = matrix[0]  # not read
    if changes:
        changed = features
        if len(change.columns) < features.shape[1]:
            changed = features[:, xp.asarray(change.columns)]
        xp.matmul(changed * xp.asarray(change.column_weights), changed.T, out=out)
        norms = xp.ascontiguousarray(out.diagonal())
    arguments = [
        *(matrix, out, norms, np.int64(count)),
        *(np.int32(changes), np.float32(change.gamma)),
    ]
    device.launch(Launch("kernel.cu", "write_kernel", (), count, THREADS, 0, arguments))
    return out


class _Solving:
    """A batch that is being solved: its tables on the device, and its results."""

    def __init__(
        self, matrix: Array, batch: Batch, device: Device, on_solved: Callable[[int], None]
    ) -> None:
        self.batch, self.device, self.on_solved = batch, device, on_solved
        self.vectors = int(matrix.shape[0])
        xp = device.xp
        folds, values, pairs = len(batch.folds), len(batch.values), len(batch.pairs)
        lengths = [len(index) for index, _ in batch.pairs]
        self.begins = np.concatenate([[0], np.cumsum(lengths)])
        self.counts = np.array(lengths, np.int32)
        self.first = np.array([na for _, na in batch.pairs], np.int32)
        self.size = int(self.begins[-1])
        members = np.concatenate([index for index, _ in batch.pairs])
        self.members = xp.asarray(members.astype(np.int32))
        # Of a vector in a pair: which coefficient; the last one, which is always 0, if none.
        place_of = np.full((self.vectors, pairs), self.size, np.int32)
        place_of[members, np.repeat(np.arange(pairs), lengths)] = np.arange(self.size)
        self.place_of = xp.asarray(place_of)
        # The base's weights stand after the folds'.
        self.vector_weights = np.stack([f.weight for f in [*batch.folds, batch.base]]).astype(
            np.float32
        )
        self.weight = xp.ascontiguousarray(xp.asarray(self.vector_weights)[:, self.members])
        self.beta = xp.zeros((folds, values, self.size + 1), dtype=xp.float64)
        self.outcomes = np.zeros((folds, values, pairs), OUTCOME)
        self.base: tuple[Array, Array] | None = None
        self.rows = np.cumsum([0, *(len(rows) for rows in batch.tested)])
        self.tested = xp.asarray(np.concatenate([np.asarray(r, np.int64) for r in batch.tested]))
        largest = max(batch.values) * float(self.vector_weights.max())
        self.real = xp.float64 if batch.nu or largest > EXACT else xp.float32
        self.decisions = xp.empty((int(self.rows[-1]), values, pairs), dtype=xp.float64)

    def solve_base(self, kernel: Array) -> None:
        """Solve the base, and keep its coefficients and errors."""
        xp, values = self.device.xp, len(self.batch.values)
        beta = xp.zeros((1, values, self.size + 1), dtype=xp.float64)
        error = xp.empty((1, values, self.size + 1), dtype=xp.float32)
        problems = self._problems([len(self.batch.folds)], [kernel], beta, [0])
        problems["error"] = self._address(error, self._places([0]))
        outcomes = self._run(problems)
        self.base = beta, error
        for n, fold in enumerate(self.batch.folds):
            if fold is self.batch.base:
                self.beta[n], self.outcomes[n] = beta[0], outcomes[0]

    def solve(self, folds: Sequence[int], kernels: Sequence[Array], *, shares_base: bool) -> None:
        """Solve some folds and decide about what they test."""
        left = [
            (n, kernel)
            for n, kernel in zip(folds, kernels, strict=True)
            if self.base is None or self.batch.folds[n] is not self.batch.base
        ]
        if left:
            numbers = [n for n, _ in left]
            problems = self._problems(numbers, [kernel for _, kernel in left], self.beta, numbers)
            if self.base is not None:
                beta, error = self.base
                problems["start"] = self._address(beta, self._places([0]))
                if shares_base:
                    problems["start_error"] = self._address(error, self._places([0]))
            self.outcomes[numbers] = self._run(problems)
        for n, kernel in zip(folds, kernels, strict=True):
            self._decide(n, kernel)
        self.on_solved(len(folds) * len(self.batch.pairs) * len(self.batch.values))

    def solved(self) -> Solved:
        """Give the results."""
        offsets = np.stack([self.outcomes["first"], self.outcomes["second"]], axis=-1)
        return Solved(
            [
                PairSolutions(
                    self.beta[:, :, self.begins[pair] : self.begins[pair + 1]],
                    offsets[:, :, pair].astype(np.float64),
                    self.outcomes["violation"][:, :, pair].astype(np.float64),
                )
                for pair in range(len(self.batch.pairs))
            ],
            self.decisions,
        )

    def _places(self, rows: Sequence[int]) -> Ints:
        """Where pairs begin in rows of an array (rows, values, size + 1): (rows, values, pairs)."""
        values = np.arange(len(self.batch.values))
        runs = np.array(rows, np.int64)[:, None] * len(values) + values
        places: Ints = (self.size + 1) * runs[:, :, None] + self.begins[:-1]
        return places

    def _address(self, array: Array, places: Any) -> npt.NDArray[np.uint64]:
        first = self.device.address(array)
        found: npt.NDArray[np.uint64] = (first + places * array.dtype.itemsize).astype(np.uint64)
        return found

    def _problems(
        self, folds: Sequence[int], kernels: Sequence[Array], beta: Array, rows: Sequence[int]
    ) -> AnyArray:
        """Describe the problems of folds whose coefficients have rows of an array.

        Returns
        -------
        PROBLEM array, shape (folds, values, pairs)
        """
        batch = self.batch
        problems = np.zeros((len(folds), len(batch.values), len(batch.pairs)), PROBLEM)
        kernel = [self.device.address(kernel) for kernel in kernels]
        problems["kernel"] = np.array(kernel, np.uint64)[:, None, None]
        places = np.array(folds)[:, None, None] * self.size + self.begins[:-1]
        problems["weight"] = self._address(self.weight, places)
        problems["beta"] = self._address(beta, self._places(rows))
        problems["members"] = self._address(self.members, self.begins[:-1])
        problems["count"], problems["first"] = self.counts, self.first
        values = np.array(batch.values)[:, None]
        problems["value"] = 1.0 if batch.nu else values
        if batch.nu:
            chosen = self.vector_weights[list(folds)]
            total = [chosen[:, index].sum(axis=1, dtype=float) for index, _ in batch.pairs]
            problems["total"] = 0.5 * values * np.stack(total, axis=1)[:, None]
        return problems

    def _run(self, problems: AnyArray) -> AnyArray:
        """Launch problems until each has converged or had its steps."""
        device, xp = self.device, self.device.xp
        # Pair after pair: problems that run side by side read the same part of the kernel.
        order = np.moveaxis(np.arange(problems.size).reshape(problems.shape), 2, 0).ravel()
        flat = problems.reshape(-1)
        outcomes = np.zeros(problems.size, OUTCOME)
        longest = int(self.counts.max())
        threads, per = size_of_block(longest, device.most_shared)
        macros = (
            *(("THREADS", threads), ("PER", per)),
            *(("BLOCKS", max(1, min(16, 1024 // threads))), ("BY_CLASS", int(self.batch.nu))),
        )
        shared = IN_SHARED * threads * per
        room = 0 if per else IN_GLOBAL * threads * -(-longest // threads)
        used = np.zeros(problems.size, np.int64)
        limit = interface.SHARED_ITERATIONS
        while order.size:
            some = flat[order]
            scratch = None
            if room:
                scratch = xp.empty(room * len(some), dtype=xp.uint8)
                some["scratch"] = self._address(scratch, room * np.arange(len(some)))
            out = xp.zeros((len(some), OUTCOME.itemsize), dtype=np.uint8)
            there = xp.asarray(some.view(np.uint8).reshape(len(some), PROBLEM.itemsize))
            most = int(min(STEPS, limit - used[order].max()))
            arguments = [
                *(there, out, np.int64(self.vectors)),
                *(np.float32(interface.TOLERANCE), np.int32(most)),
            ]
            device.launch(
                Launch("smo.cu", "solve_pairs", macros, len(some), threads, shared, arguments)
            )
            came = np.ascontiguousarray(device.to_host(out)).view(OUTCOME).ravel()
            outcomes[order] = came
            used[order] += came["steps"]
            unfinished = (came["violation"] > interface.TOLERANCE) & (used[order] < limit)
            order = order[unfinished]
            flat["start"][order] = flat["beta"][order]  # errors are computed again from there
            flat["start_error"][order] = 0
        outcomes["steps"] = used
        return outcomes.reshape(problems.shape)

    def _decide(self, fold: int, kernel: Array) -> None:
        """Sum a fold's kernel over its coefficients, for the vectors that it tests."""
        xp = self.device.xp
        begin, end = int(self.rows[fold]), int(self.rows[fold + 1])
        if begin == end:
            return
        rows = xp.empty((end - begin, self.vectors), dtype=self.real)
        arguments = [kernel, self.tested[begin:end], rows, np.int64(self.vectors)]
        macros = (("REAL", "double" if self.real == xp.float64 else "float"),)
        launch = Launch("kernel.cu", "gather_rows", macros, end - begin, THREADS, 0, arguments)
        self.device.launch(launch)
        for value in range(len(self.batch.values)):
            coefficients = self.beta[fold, value][self.place_of].astype(self.real)
            self.decisions[begin:end, value] = rows @ coefficients


def size_of_block(longest: int, most_shared: int) -> tuple[int, int]:
    """Choose threads per block and vectors per thread, 0 where they do not fit on the chip.

    Parameters
    ----------
    longest : int
        Vectors of the largest problem.
    most_shared : int
        Bytes of shared memory that a block may have.

    Examples
    --------
    >>> [size_of_block(longest, 227 * 1024) for longest in (100, 2400, 10_000, 12_000)]
    [(32, 4), (256, 10), (1024, 10), (1024, 0)]
    """
    for threads in (32, 64, 128, 256, 512, 1024):
        per = -(-longest // threads)
        if per <= IN_REGISTERS and IN_SHARED * threads * per <= most_shared - STATIC:
            return threads, per
    return 1024, 0
