"""Kernel matrices of folds on the GPU, and rows of them: launches of ``kernel.cu``."""

from __future__ import annotations

from typing import Any

import numpy as np

from gpuclf._typing import Array
from gpuclf.backend.gpu_launch import Device, Launch
from gpuclf.backend.interface import KernelChange

THREADS = 256  # per block; a block writes one row


def write_kernel(matrix: Array, features: Array, change: KernelChange, device: Device) -> Array:
    """Return a fold's kernel; the matrix itself if the fold does not change it.

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


def gather_rows(kernel: Array, rows: Array, dtype: Any, device: Device) -> Array:
    """Return rows of a kernel, converted to a type.

    Parameters
    ----------
    kernel : float32 array, shape (vectors, vectors)
    rows : int64 array, shape (rows,)
    dtype : float32 or float64
    device : Device

    Returns
    -------
    array of dtype, shape (rows, vectors)
    """
    xp, count = device.xp, kernel.shape[1]
    out = xp.empty((len(rows), count), dtype=dtype)
    macros = (("REAL", "double" if dtype == xp.float64 else "float"),)
    arguments = [kernel, rows, out, np.int64(count)]
    device.launch(Launch("kernel.cu", "gather_rows", macros, len(rows), THREADS, 0, arguments))
    return out
