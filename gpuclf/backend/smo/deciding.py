"""Decisions about the vectors that a fold tests: sums of its kernel over its coefficients.

A block of rows of the kernel stays in the cache while it is multiplied by the coefficients of one
class after the other: a class has a part in few of the pairs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from gpuclf._typing import AnyArray, Floats, Ints
from gpuclf.backend.interface import Batch, PairSolutions
from gpuclf.backend.smo.pair import KernelView, view_of

ROWS = 128  # of the kernel at a time


class Term(NamedTuple):
    """Coefficients of the vectors of one class in all functions that it has a part in."""

    vectors: Any  # slice, or int64 array
    beta: AnyArray  # (vectors, functions)
    functions: Ints


def decide(
    matrix: AnyArray,
    batch: Batch,
    solutions: Sequence[PairSolutions],
    fold: int,
    into: Floats,
) -> None:
    """Decide about what a fold tests.

    Parameters
    ----------
    matrix : float array, shape (vectors, vectors)
        That all folds share.
    batch : Batch
    solutions : sequence of PairSolutions
        One per pair.
    fold : int
    into : float64 array, shape (vectors tested, values, pairs)
        For the decisions, without intercepts.
    """
    view = view_of(matrix, batch.features, batch.folds[fold].kernel)
    found = into.reshape(len(into), len(batch.values) * len(batch.pairs))
    found[:] = 0.0
    terms = list(_terms(batch, solutions, fold))
    linear = not view.gamma and len(view.column_weights) > 0
    for begin in range(0, len(into), ROWS):
        rows = batch.tested[fold][begin : begin + ROWS]
        kernel = _rows(view, rows)
        weighed = view.changed[rows] * view.column_weights
        for term in terms:
            value = kernel[:, term.vectors] @ term.beta
            if linear:
                value += weighed @ (view.changed[term.vectors].T @ term.beta)
            found[begin : begin + ROWS, term.functions] += value


def _rows(view: KernelView, rows: Ints) -> AnyArray:
    """Compute rows of a fold's kernel; of a linear one, without what changed features add."""
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
