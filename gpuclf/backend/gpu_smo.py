"""Two-class SVMs on the GPU: launches of ``smo.cu``, which solves one problem per block.

A launch ends within about 1.6 s, even if no problem converges: its problems and the steps of each
are limited, so that a display does not wait for it. Problems that have not converged continue in
the next launch from their coefficients, with recomputed errors.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from gpuclf._typing import AnyArray
from gpuclf.backend import interface
from gpuclf.backend.gpu_launch import Device, Launch
from gpuclf.errors import BackendError

STEPS_PER_LAUNCH = 20_000  # per problem: about 50 ms
WAVES = 32  # of resident blocks per launch
SIZES = (32, 64, 128, 256, 512, 1024)  # threads per block
MAX_IN_REGISTERS = 10  # vectors per thread, so that their errors fit into registers
SHARED_BYTES, GLOBAL_BYTES = 16, 28  # per vector of a problem, in shared or else global memory
STATIC_BYTES = 4096  # upper bound on the kernel's static shared memory
MOST_VECTORS = 64 * SIZES[-1]  # of a problem: flags are masks of 64 bits
POLL = 2e-4  # seconds between two looks at the progress of a launch

PROBLEM = np.dtype(  # `Problem` of smo.cu; pointers are addresses in device memory
    [
        *((name, np.uint64) for name in ("matrix", "weight", "start", "start_error", "beta")),
        *(("error", np.uint64), ("scratch", np.uint64)),
        *((name, np.float32) for name in ("value", "total", "rate")),
        *((name, np.int32) for name in ("count", "first", "first_row", "second_row", "unused")),
    ]
)
OUTCOME = np.dtype([("first", "f4"), ("second", "f4"), ("violation", "f4"), ("steps", "i4")])


class ProblemRun:
    """Problems that are being solved; the first launch is submitted on construction.

    Parameters
    ----------
    problems : PROBLEM array, shape (folds, values, pairs)
        Starting points are overwritten where a problem takes several launches.
    vectors : int
        Number of rows of the matrices.
    nu : bool
        nu-SVC instead of C-SVC.
    rbf : bool
        Whether the matrices are squared distances, from which kernel values are computed.
    device : Device

    Raises
    ------
    BackendError
        If a problem has more vectors than a block can hold.
    """

    def __init__(
        self, problems: AnyArray, vectors: int, device: Device, *, nu: bool, rbf: bool
    ) -> None:
        self.problems, self.vectors, self.device = problems.reshape(-1), vectors, device
        self.outcomes = np.zeros(problems.shape, OUTCOME)
        # In order of pairs: problems that run at the same time read the same part of the matrix.
        order = np.arange(problems.size).reshape(problems.shape)
        self.order = np.moveaxis(order, 2, 0).ravel()
        largest = int(self.problems["count"].max())
        if largest > MOST_VECTORS:
            raise BackendError(
                "solver shared on a GPU",
                got=f"two classes of {largest} vectors",
                expected=f"at most {MOST_VECTORS}, or the solver library",
            )
        self.threads, self.per_thread = block_size(largest, device.max_shared)
        self.places = self.threads * -(-largest // self.threads)
        resident = max(1, min(16, 1024 // self.threads))  # blocks per multiprocessor
        self.per_launch = WAVES * resident * device.multiprocessors
        self.macros = (
            *(("THREADS", self.threads), ("PER", self.per_thread), ("BLOCKS", resident)),
            *(("BY_CLASS", int(nu)), ("RBF", int(rbf))),
        )
        self.counter = device.counter()
        self._launch()

    def finish(self, on_converged: Callable[[int], None] = lambda count: None) -> AnyArray:
        """Launch until each problem has converged or reached the iteration limit.

        Parameters
        ----------
        on_converged : callable
            Called with the number of problems that ended since the last call, also while a launch
            runs.

        Returns
        -------
        OUTCOME array, shape (folds, values, pairs)
            ``steps`` is the total over all launches.
        """
        reported = 0
        while True:
            while not self.launched():
                ended = int(self.counter[0])
                if ended > reported:
                    on_converged(ended - reported)
                    reported = ended
                time.sleep(POLL)
            if not self._read():
                break
            self._launch()
        on_converged(len(self.problems) - reported)
        return self.outcomes

    def _launch(self) -> None:
        """Submit launches of the problems that have not ended."""
        xp, active = self.device.xp, self.problems[self.order]
        if not self.per_thread:
            size = GLOBAL_BYTES * self.places
            self.scratch = xp.empty(size * len(active), dtype=xp.uint8)
            address = self.device.address(self.scratch)
            active["scratch"] = address + (size * np.arange(len(active))).astype(np.uint64)
        table = self.device.to_device(active)
        self.found = xp.zeros((len(active), OUTCOME.itemsize), dtype=xp.uint8)
        steps = self.outcomes.reshape(-1)["steps"][self.order]
        most_steps = int(min(STEPS_PER_LAUNCH, interface.SHARED_ITERATIONS - steps.max()))
        limits = np.float32(interface.TOLERANCE), np.int32(most_steps)
        shared = SHARED_BYTES * self.threads * self.per_thread
        for begin in range(0, len(active), self.per_launch):
            part = slice(begin, begin + self.per_launch)
            arguments = [table[part], self.found[part], self.counter, np.int64(self.vectors)]
            settings = len(table[part]), self.threads, shared, [*arguments, *limits]
            self.device.launch(Launch("smo.cu", "solve_pairs", self.macros, *settings))
        self.launched = self.device.submitted()

    def _read(self) -> bool:
        """Store the outcomes of a launch, and return True if problems have not ended."""
        found = np.ascontiguousarray(self.device.to_host(self.found)).view(OUTCOME).ravel()
        outcomes, order = self.outcomes.reshape(-1), self.order
        found["steps"] += outcomes["steps"][order]
        outcomes[order] = found
        unfinished = found["violation"] > interface.TOLERANCE
        unfinished &= found["steps"] < interface.SHARED_ITERATIONS
        self.order = order[unfinished]
        self.problems["start"][self.order] = self.problems["beta"][self.order]
        self.problems["start_error"][self.order] = 0  # null: errors are recomputed
        return bool(len(self.order))


def block_size(largest: int, max_shared: int) -> tuple[int, int]:
    """Return threads per block and vectors per thread; 0 vectors if only global memory suffices.

    Parameters
    ----------
    largest : int
        Number of vectors of the largest problem.
    max_shared : int
        Maximum shared memory per block in bytes.

    Returns
    -------
    threads, per_thread : int

    Examples
    --------
    >>> [block_size(largest, 227 * 1024) for largest in (100, 2400, 10_000, 12_000)]
    [(32, 4), (256, 10), (1024, 10), (1024, 0)]
    """
    for threads in SIZES:
        per_thread = -(-largest // threads)
        fits = SHARED_BYTES * threads * per_thread <= max_shared - STATIC_BYTES
        if per_thread <= MAX_IN_REGISTERS and fits:
            return threads, per_thread
    return SIZES[-1], 0
