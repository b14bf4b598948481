"""Decision values of test vectors: products of a fold's kernel and its coefficients.

Coefficients are at most C in magnitude and largely cancel in a sum, so that a float32 sum has an
error in proportion to C. It is used for C-SVCs of small C only; otherwise coefficients are stored
and products summed in float64.

A block of kernel rows stays in the cache while it is multiplied by the coefficients of one class
after the other; a class has coefficients only in the decision functions of its own pairs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from gpuclf._typing import AnyArray, Floats, Ints
from gpuclf.backend.interface import Batch, PairSolutions
from gpuclf.backend.smo.pair import KernelView, view_of

ROWS = 128  # kernel rows per block
MAX_FLOAT32 = 10.0  # largest C, times the largest weight, whose sums are float32


class Term(NamedTuple):
    """Dual coefficients of one class's vectors in all of its pairwise decision functions."""

    vectors: Any  # slice, or int64 array
    beta: AnyArray  # (vectors, functions)
    functions: Ints  # columns of the decisions: value * pairs + pair


def dtype_of_sums(batch: Batch, dtype: DTypeLike) -> np.dtype[Any]:
    """Return the type of coefficients and sums: that of the kernel matrix, or float64."""
    largest = max(batch.values) * max(fold.weight.max() for fold in batch.folds)
    return np.dtype(float if batch.nu or largest > MAX_FLOAT32 else dtype)


def decide(
    matrix: AnyArray,
    batch: Batch,
    solutions: Sequence[PairSolutions],
    fold: int,
    out: Floats,
) -> None:
    """Compute the decision values of a fold's test vectors, without intercepts.

    Parameters
    ----------
    matrix : float array, shape (vectors, vectors)
        Shared by all folds.
    batch : Batch
    solutions : sequence of PairSolutions
        One per pair.
    fold : int
    out : float64 array, shape (tested, values, pairs)
        Output.
    """
    view = view_of(matrix, batch.features, batch.folds[fold].kernel)
    decisions = out.reshape(len(out), len(batch.values) * len(batch.pairs))
    decisions[:] = 0.0
    terms = list(_terms(batch, solutions, fold))
    linear = not view.gamma and len(view.column_weights) > 0
    for begin in range(0, len(out), ROWS):
        rows = batch.tested[fold][begin : begin + ROWS]
        kernel = _rows(view, rows)
        weighted = view.changed[rows] * view.column_weights
        for term in terms:
            dtype = term.beta.dtype
            value = kernel[:, term.vectors].astype(dtype, copy=False) @ term.beta
            if linear:
                changed = view.changed[term.vectors].T.astype(dtype, copy=False)
                value += weighted @ (changed @ term.beta)
            decisions[begin : begin + ROWS, term.functions] += value


def _rows(view: KernelView, rows: Ints) -> AnyArray:
    """Return rows of a fold's kernel; a linear one without the change of its features."""
    kernel: AnyArray = view.matrix[rows]
    if not view.gamma:
        return kernel
    if len(view.column_weights):
        kernel += view.norms
        kernel += view.norms[rows][:, None]
        kernel -= 2 * ((view.changed[rows] * view.column_weights) @ view.changed.T)
        np.maximum(kernel, 0, out=kernel)
    kernel *= -view.gamma
    np.exp(kernel, out=kernel)
    return kernel


def _terms(batch: Batch, solutions: Sequence[PairSolutions], fold: int) -> Iterator[Term]:
    classes: dict[bytes, tuple[Ints, list[tuple[int, slice]]]] = {}
    for pair, (index, na) in enumerate(batch.pairs):
        for part in (slice(None, na), slice(na, None)):
            vectors = index[part]
            classes.setdefault(vectors.tobytes(), (vectors, []))[1].append((pair, part))
    values = np.arange(len(batch.values))
    for vectors, parts in classes.values():
        run = slice(int(vectors[0]), int(vectors[-1]) + 1)
        yield Term(
            run if run.stop - run.start == len(vectors) else vectors,
            np.concatenate([solutions[pair].beta[fold][:, part] for pair, part in parts]).T,
            np.concatenate([pair + len(batch.pairs) * values for pair, _ in parts]),
        )
