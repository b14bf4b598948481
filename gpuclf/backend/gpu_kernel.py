"""Kernel matrices of folds on the GPU: launches of ``kernel.cu``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gpuclf._typing import Array, Ints
from gpuclf.backend.gpu_launch import THREADS, Device, Launch
from gpuclf.backend.interface import KernelChange

TILE = 128  # rows and columns of the matrix per block

FOLD = np.dtype(  # `Fold` of kernel.cu; pointers are addresses in device memory
    [
        *((name, np.uint64) for name in ("columns", "weights", "norms", "kernel")),
        *(("changes", np.int32), ("rate", np.float32)),
    ]
)


class FoldKernel(NamedTuple):
    """Kernel of a fold: ``exp2(-rate * matrix)``, or the matrix itself if the rate is 0."""

    matrix: Array  # (vectors, vectors) float32
    rate: float


def unchanged_kernel(matrix: Array, change: KernelChange) -> FoldKernel:
    """Return the kernel of a fold that changes no feature: nothing is computed."""
    return FoldKernel(matrix, change.gamma * math.log2(math.e))


def write_kernels(
    matrix: Array, features: Array, changes: Sequence[KernelChange], device: Device
) -> list[FoldKernel]:
    """Compute the kernels of folds.

    Parameters
    ----------
    matrix : float32 array, shape (vectors, vectors)
        Inner products, or squared distances for an RBF kernel.
    features : float32 array, shape (n, vectors)
    changes : sequence of KernelChange
        One per fold.
    device : Device

    Returns
    -------
    list of FoldKernel
        One per fold.
    """
    xp, vectors = device.xp, matrix.shape[0]
    lengths = [len(change.columns) for change in changes]
    columns = xp.asarray(np.concatenate([c.columns for c in changes]).astype(np.int32))
    weights = xp.asarray(np.concatenate([c.column_weights for c in changes]).astype(np.float32))
    kernels = [xp.empty(matrix.shape, dtype=xp.float32) for _ in changes]
    is_rbf = any(change.gamma for change in changes)
    norms = xp.empty((len(changes) if is_rbf else 1, vectors), dtype=xp.float32)
    folds = np.zeros(len(changes), FOLD)
    begins = np.cumsum([0, *lengths[:-1]])
    folds["columns"] = device.address(columns) + 4 * begins
    folds["weights"] = device.address(weights) + 4 * begins
    folds["norms"] = device.address(norms) + 4 * vectors * np.arange(len(changes)) * is_rbf
    folds["kernel"] = [device.address(kernel) for kernel in kernels]
    folds["changes"] = lengths
    folds["rate"] = [change.gamma * math.log2(math.e) for change in changes]
    table = device.to_device(folds)
    if is_rbf:
        blocks = len(changes) * -(-vectors // THREADS)
        arguments = [table, features, np.int64(vectors)]
        device.launch(Launch("kernel.cu", "weigh_norms", (), blocks, THREADS, 0, arguments))
    blocks = len(changes) * (-(-vectors // TILE)) ** 2
    arguments = [matrix, features, table, np.int32(len(changes)), np.int64(vectors)]
    device.launch(Launch("kernel.cu", "write_kernels", (), blocks, THREADS, 0, arguments))
    return [FoldKernel(kernel, 0.0) for kernel in kernels]


def reorder(matrix: Array, order: Ints, device: Device) -> Array:
    """Return a matrix with its rows and columns in another order.

    Parameters
    ----------
    matrix : float32 array, shape (vectors, vectors)
    order : int64 array, shape (vectors,), on the host
    device : Device

    Returns
    -------
    float32 array, shape (vectors, vectors)
    """
    xp, vectors = device.xp, len(order)
    out = xp.empty(matrix.shape, dtype=xp.float32)
    arguments = [matrix, xp.asarray(order), out, np.int64(vectors)]
    device.launch(Launch("kernel.cu", "reorder", (), vectors, THREADS, 0, arguments))
    return out
