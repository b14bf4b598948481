"""Plan of the GPU's memory for the shared solver.

During `gpuclf.backend.gpu_batch.solve_batch`, the device holds

- the matrix, and a copy sorted by class unless its vectors are in that order;
- the kernels of the folds that are solved at a time;
- per batch of folds: coefficients, weights, features, tables, decision values. The batch is chosen
  so that its coefficients need at most 0.2 of the matrix (`gpuclf.svm.shared`), the base's as much;
- the workspace of cuBLAS for the matrix, and what the memory pool rounds up.

Folds are fewer at a time if less is free. If the device is out of memory all the same, half as many
are tried once.
"""

from __future__ import annotations

WORKSPACE = 64 * 2**20  # bytes; cuBLAS takes 32 MiB per handle and stream on current devices
TABLES = 0.6  # of the matrix: coefficients, weights, features, tables, decision values
MAX_KERNELS = 32  # of folds; more at a time are not faster


def planned_memory(vectors: int) -> int:
    """Return the memory that the shared solver needs, with one kernel of a fold at a time.

    Parameters
    ----------
    vectors : int
        Number of vectors of all clips.

    Returns
    -------
    int
        Bytes: the matrix, its sorted copy, one kernel, tables, workspace.

    Examples
    --------
    >>> round(planned_memory(12_000) / 1e9, 1)
    2.1
    """
    return int((3 + TABLES) * 4 * vectors**2) + WORKSPACE


def kernels_at_once(free: int, vectors: int) -> int:
    """Return how many kernels of folds are held at a time.

    Parameters
    ----------
    free : int
        Free memory in bytes, beside the matrix and the tables of the batch.
    vectors : int
        Number of rows of a kernel.

    Returns
    -------
    int
        At least 1.

    Examples
    --------
    >>> [kernels_at_once(free, 12_000) for free in (10**9, 10 * 10**9, 70 * 10**9)]
    [1, 17, 32]
    """
    return max(1, min(MAX_KERNELS, (free - WORKSPACE) // (4 * vectors**2)))
