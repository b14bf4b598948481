"""Kernel blocks within and across classes, extracted from the matrix of all vectors."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gpuclf._typing import AnyArray
from gpuclf._utils.jit import compiled_fast, inlined
from gpuclf.backend.interface import KernelChange
from gpuclf.backend.smo.exponential import exp_of_negative
from gpuclf.backend.smo.extremes import larger

ROWS = 128  # per matrix product of changed features
TILE = 8  # rows and columns transposed at a time, which stay in the cache


@inlined
def _copy(row: Any, out: Any) -> None:
    for t in range(row.size):
        out[t] = row[t]


class KernelView(NamedTuple):
    """Kernel of a fold over all vectors: the shared matrix and the fold's change.

    Parameters
    ----------
    matrix : float array, shape (vectors, vectors)
    changed : float array, shape (vectors, changed features)
    column_weights : float array, shape (changed features,)
        See `gpuclf.backend.interface.KernelChange`.
    norms : float array, shape (vectors,)
        Change of each vector's squared norm, ``x_S' W x_S``.
    gamma : float
        RBF kernel coefficient; 0 for other kernels.
    """

    matrix: Any
    changed: Any
    column_weights: Any
    norms: Any
    gamma: Any


def view_of(matrix: AnyArray, features: AnyArray, change: KernelChange) -> KernelView:
    """Return the view of a fold's kernel."""
    changed = features
    if len(change.columns) < features.shape[1]:
        changed = features[:, change.columns]
    norms = (changed**2) @ change.column_weights
    return KernelView(
        matrix, changed, change.column_weights, norms, matrix.dtype.type(change.gamma)
    )


@compiled_fast
def write_block(kernel: Any, rows: Any, columns: Any, out: Any) -> None:
    """Write a block of a kernel; the change of a linear kernel's features is not included.

    Parameters
    ----------
    kernel : KernelView
    rows, columns : int64 arrays
        Vectors of the block's rows and columns.
    out : float array, shape (rows, columns)
        Output.
    """
    zero = out.dtype.type(0)
    exponents = np.empty(columns.size, np.int32)
    changes = kernel.gamma > 0 and kernel.column_weights.size > 0
    size = columns.size if changes else 0
    norms = np.empty(size, out.dtype)
    left = np.empty((ROWS, kernel.column_weights.size), out.dtype)
    right = np.empty((size, kernel.column_weights.size), out.dtype)
    product = np.empty((ROWS, size), out.dtype)
    for t in range(size):
        norms[t] = kernel.norms[columns[t]]
        _copy(kernel.changed[columns[t]], right[t])
    for begin in range(0, rows.size, ROWS):
        end = min(begin + ROWS, rows.size)
        if changes:
            for k in range(begin, end):
                changed = kernel.changed[rows[k]]
                for f in range(changed.size):
                    left[k - begin, f] = changed[f] * kernel.column_weights[f]
            np.dot(left[: end - begin], right.T, product[: end - begin])
        for k in range(begin, end):
            row, source = out[k], kernel.matrix[rows[k]]
            for t in range(columns.size):
                row[t] = source[columns[t]]
            if changes:
                more, norm = product[k - begin], kernel.norms[rows[k]]
                for t in range(columns.size):
                    row[t] = larger(row[t] + (norms[t] + norm) - (more[t] + more[t]), zero)
            if kernel.gamma > 0:
                exp_of_negative(row, kernel.gamma, exponents)


@compiled_fast
def transpose(block: Any, out: Any) -> None:
    """Write the transpose of a matrix, tile by tile."""
    for top in range(0, block.shape[0], TILE):
        for left in range(0, block.shape[1], TILE):
            for j in range(left, min(left + TILE, block.shape[1])):
                row = out[j]
                for i in range(top, min(top + TILE, block.shape[0])):
                    row[i] = block[i, j]
