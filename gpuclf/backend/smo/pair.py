"""Kernel matrices within classes and across them, cut out of the one of all vectors."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gpuclf._typing import AnyArray
from gpuclf._utils.jit import compiled_fast, inlined
from gpuclf.backend.interface import KernelChange
from gpuclf.backend.smo.exponential import exp_of_negative
from gpuclf.backend.smo.extremes import larger

AT_A_TIME = 128  # rows: what their changed features add is a product of matrices
TILE = 8


@inlined
def _copy(row: Any, into: Any) -> None:
    for t in range(row.size):
        into[t] = row[t]


class KernelView(NamedTuple):
    """A fold's kernel over all vectors: the shared matrix, and how it differs.

    Parameters
    ----------
    matrix : float array, shape (vectors, vectors)
    changed : float array, shape (vectors, changed features)
    column_weights : float array, shape (changed features,)
        See `gpuclf.backend.interface.KernelChange`.
    norms : float array, shape (vectors,)
        What the changes add to each vector's product with itself.
    gamma : float
        In the matrix's type.
    """

    matrix: Any
    changed: Any
    column_weights: Any
    norms: Any
    gamma: Any


def view_of(matrix: AnyArray, features: AnyArray, change: KernelChange) -> KernelView:
    """Look up what a fold's kernel needs of the features."""
    changed = features
    if len(change.columns) < features.shape[1]:
        changed = features[:, change.columns]
    norms = (changed**2) @ change.column_weights
    return KernelView(
        matrix, changed, change.column_weights, norms, matrix.dtype.type(change.gamma)
    )


@compiled_fast
def write_block(kernel: Any, rows: Any, columns: Any, into: Any) -> None:
    """Write a part of the matrix; an RBF kernel is computed, any other one looked up.

    Parameters
    ----------
    kernel : KernelView
        Over all vectors.
    rows, columns : int64 arrays
        Which vectors.
    into : float array, shape (rows, columns)
    """
    zero = into.dtype.type(0)
    exponents = np.empty(columns.size, np.int32)
    changes = kernel.gamma > 0 and kernel.column_weights.size > 0
    size = columns.size if changes else 0
    norms = np.empty(size, into.dtype)
    left = np.empty((AT_A_TIME, kernel.column_weights.size), into.dtype)
    right = np.empty((size, kernel.column_weights.size), into.dtype)
    product = np.empty((AT_A_TIME, size), into.dtype)
    for t in range(size):
        norms[t] = kernel.norms[columns[t]]
        _copy(kernel.changed[columns[t]], right[t])
    for begin in range(0, rows.size, AT_A_TIME):
        end = min(begin + AT_A_TIME, rows.size)
        if changes:
            for k in range(begin, end):
                changed = kernel.changed[rows[k]]
                for f in range(changed.size):
                    left[k - begin, f] = changed[f] * kernel.column_weights[f]
            np.dot(left[: end - begin], right.T, product[: end - begin])
        for k in range(begin, end):
            row, source = into[k], kernel.matrix[rows[k]]
            for t in range(columns.size):
                row[t] = source[columns[t]]
            if changes:
                more, norm = product[k - begin], kernel.norms[rows[k]]
                for t in range(columns.size):
                    row[t] = larger(row[t] + (norms[t] + norm) - (more[t] + more[t]), zero)
            if kernel.gamma > 0:
                exp_of_negative(row, kernel.gamma, exponents)


@compiled_fast
def turn_over(block: Any, into: Any) -> None:
    """Write a matrix turned over, tile by tile, which stays in the cache."""
    for top in range(0, block.shape[0], TILE):
        for left in range(0, block.shape[1], TILE):
            for j in range(left, min(left + TILE, block.shape[1])):
                row = into[j]
                for i in range(top, min(top + TILE, block.shape[0])):
                    row[i] = block[i, j]
