"""Two-class SVMs on the GPU: launches of ``smo.cu``, which solves one problem per block.

A launch limits the number of SMO steps per problem, so that it takes about 50 ms; problems that
have not converged continue in the next launch from their coefficients, with recomputed errors.
"""

from __future__ import annotations

import numpy as np

from gpuclf._typing import AnyArray
from gpuclf.backend import interface
from gpuclf.backend.gpu_launch import Device, Launch

STEPS_PER_LAUNCH = 20_000  # per problem: about 50 ms
MAX_IN_REGISTERS = 10  # vectors per thread, so that their errors fit into registers
SHARED_BYTES, GLOBAL_BYTES = 20, 32  # per vector of a problem, in shared or else global memory
STATIC_BYTES = 4096  # upper bound on the kernel's static shared memory

PROBLEM = np.dtype(  # `Problem` of smo.cu; pointers are addresses in device memory
    [
        *((name, np.uint64) for name in ("kernel", "weight", "start", "start_error", "beta")),
        *((name, np.uint64) for name in ("error", "members", "scratch")),
        *(("value", np.float32), ("total", np.float32), ("count", np.int32), ("first", np.int32)),
    ]
)
OUTCOME = np.dtype([("first", "f4"), ("second", "f4"), ("violation", "f4"), ("steps", "i4")])


def run_problems(problems: AnyArray, vectors: int, nu: bool, device: Device) -> AnyArray:
    """Solve problems; launch them until each has converged or reached the iteration limit.

    Parameters
    ----------
    problems : PROBLEM array, shape (folds, values, pairs)
        Starting points are overwritten where a problem takes several launches.
    vectors : int
        Number of rows of the kernels.
    nu : bool
        nu-SVC instead of C-SVC.
    device : Device

    Returns
    -------
    OUTCOME array, shape (folds, values, pairs)
        ``steps`` is the total over all launches.
    """
    xp = device.xp
    # In order of pairs: problems that run at the same time read the same part of the kernel.
    order = np.moveaxis(np.arange(problems.size).reshape(problems.shape), 2, 0).ravel()
    flat = problems.reshape(-1)
    outcomes = np.zeros(problems.size, OUTCOME)
    largest = int(flat["count"].max())
    threads, per_thread = block_size(largest, device.max_shared)
    macros = (
        *(("THREADS", threads), ("PER", per_thread)),
        *(("BLOCKS", max(1, min(16, 1024 // threads))), ("BY_CLASS", int(nu))),
    )
    shared = SHARED_BYTES * threads * per_thread
    scratch_bytes = 0 if per_thread else GLOBAL_BYTES * threads * -(-largest // threads)
    steps = np.zeros(problems.size, np.int64)
    limit = interface.SHARED_ITERATIONS
    while order.size:
        active = flat[order]
        scratch = None
        if scratch_bytes:
            scratch = xp.empty(scratch_bytes * len(active), dtype=xp.uint8)
            offsets = (scratch_bytes * np.arange(len(active))).astype(np.uint64)
            active["scratch"] = np.uint64(device.address(scratch)) + offsets
        out = xp.zeros((len(active), OUTCOME.itemsize), dtype=np.uint8)
        table = xp.asarray(active.view(np.uint8).reshape(len(active), PROBLEM.itemsize))
        max_steps = int(min(STEPS_PER_LAUNCH, limit - steps[order].max()))
        arguments = [
            *(table, out, np.int64(vectors)),
            *(np.float32(interface.TOLERANCE), np.int32(max_steps)),
        ]
        device.launch(
            Launch("smo.cu", "solve_pairs", macros, len(active), threads, shared, arguments)
        )
        outcome = np.ascontiguousarray(device.to_host(out)).view(OUTCOME).ravel()
        outcomes[order] = outcome
        steps[order] += outcome["steps"]
        unfinished = (outcome["violation"] > interface.TOLERANCE) & (steps[order] < limit)
        order = order[unfinished]
        flat["start"][order] = flat["beta"][order]
        flat["start_error"][order] = 0  # null: errors are recomputed
    outcomes["steps"] = steps
    return outcomes.reshape(problems.shape)


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
    for threads in (32, 64, 128, 256, 512, 1024):
        per_thread = -(-largest // threads)
        fits = SHARED_BYTES * threads * per_thread <= max_shared - STATIC_BYTES
        if per_thread <= MAX_IN_REGISTERS and fits:
            return threads, per_thread
    return 1024, 0
