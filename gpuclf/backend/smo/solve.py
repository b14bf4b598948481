"""The whole of one problem: working set after working set, until no vector violates optimality."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from gpuclf._utils.jit import inlined
from gpuclf.backend.smo.access import enter, subtract
from gpuclf.backend.smo.descent import BETA, ERROR, HIGH, LOW, PLACES, ROWS, descend
from gpuclf.backend.smo.newton import moves_of_a_step, step
from gpuclf.backend.smo.working_set import choose, ends, seat

NEAR = 0.1  # a working set is solved to this share of what was violated when it was begun
PATIENCE = 20  # working sets in float32 that may in a row fail to lower the violation by a tenth


class PairKernel(NamedTuple):
    """The kernel of a pair of classes, in four parts; those within a class serve all of its pairs.

    Parameters
    ----------
    first, across : float arrays, shape (first class, first class) and (first class, second class)
    back, second : float arrays, shape (second class, first class) and (second class, second class)
    changed : float array, shape (vectors, changed features)
        Of both classes: features of a linear kernel that a fold scales otherwise.
    weights : float array, shape (changed features,)
        See `gpuclf.backend.interface.KernelChange`.
    largest : float
        On the diagonal, which no value exceeds.
    """

    first: Any
    across: Any
    back: Any
    second: Any
    changed: Any
    weights: Any
    largest: Any


class Workspace(NamedTuple):
    """Room for one problem at a time; made once, since fresh memory is slow.

    Parameters
    ----------
    gram : float array, shape (slots, slots)
        The kernel within the working set.
    table : float array, shape (5, slots)
    places : float64 array, shape (3, slots)
        See `gpuclf.backend.smo.descent`.
    features : float array, shape (slots, changed features)
        Of the members.
    sums : float array, shape (changed features,)
    scores, change : float arrays, shape (vectors,)
    chosen : bool array, shape (vectors,)
    listed : int64 array, shape (vectors,)
    steps : float64 array, shape (vectors,)
    """

    gram: Any
    table: Any
    places: Any
    features: Any
    sums: Any
    scores: Any
    change: Any
    chosen: Any
    listed: Any
    steps: Any


def make_workspace(vectors: int, slots: int, changed: int, dtype: DTypeLike) -> Workspace:
    """Make room for problems of a size, whose kernel may have changed features."""
    return Workspace(
        gram=np.empty((slots, slots), dtype),
        table=np.empty((ROWS, slots), dtype),
        places=np.empty((PLACES, slots)),
        features=np.empty((slots, changed), dtype),
        sums=np.empty(changed, dtype),
        scores=np.empty(vectors, dtype),
        change=np.empty(vectors, dtype),
        chosen=np.empty(vectors, np.bool_),
        listed=np.empty(vectors, np.int64),
        steps=np.empty(vectors),
    )


@inlined
def solve(
    kernel: Any,
    work: Any,
    seats: Any,
    na: int,
    by_class: bool,
    low: Any,
    high: Any,
    tolerance: float,
    limit: int,
    beta: Any,
    error: Any,
) -> Any:
    """Solve one problem from where ``beta`` and ``error`` are.

    Returns the violation, the iterations, and the middle of each class's errors.
    """
    gram, table, places = work.gram, work.table, work.places
    chosen, scores = work.chosen, work.scores
    slot, member, used = seats
    half, kind = gram.shape[0] // 2, gram.dtype.type
    iterations, fruitless, least = 0, 0, 1e300
    patience = PATIENCE if gram.itemsize == 4 else limit
    while True:
        top_a, bottom_a = ends(error[:na], beta[:na], low[:na], high[:na])
        top_b, bottom_b = ends(error[na:], beta[na:], low[na:], high[na:])
        if not by_class:
            top_a = top_b = max(top_a, top_b)
            bottom_a = bottom_b = min(bottom_a, bottom_b)
        violation = max(top_a - bottom_a, top_b - bottom_b)
        middle_a, middle_b = 0.5 * (top_a + bottom_a), 0.5 * (top_b + bottom_b)
        fruitless = 0 if violation < 0.9 * least else fruitless + 1
        least = min(least, violation)
        if violation <= tolerance or iterations >= limit or fruitless > patience:
            return violation, iterations, middle_a, middle_b
        count = choose(
            error[:na], beta[:na], low[:na], high[:na], middle_a, half, scores[:na], chosen[:na]
        ) + choose(
            error[na:], beta[na:], low[na:], high[na:], middle_b, half, scores[na:], chosen[na:]
        )
        if used[0] + used[1] > 4 * count:  # few are left to work on
            used[0] = used[1] = 0
            for t in range(beta.size):
                slot[t] = -1
        entering = seat(chosen, na, half, seats, work.listed)
        first, last = half - used[0], half + used[1]
        enter(kernel, work, work.listed[:entering], seats, first, last)
        free, width = 0, last - first
        for s in range(first, last):
            t = member[s]
            free += low[t] < beta[t] < high[t]
            table[ERROR, s] = kind(error[t] - (middle_a if t < na else middle_b))
            places[BETA, s], places[LOW, s], places[HIGH, s] = beta[t], low[t], high[t]
        near = kind(max(0.5 * tolerance, NEAR * violation))
        cut = half if by_class else last
        most = min(max(width, moves_of_a_step(free, width)), limit - iterations)
        moves = descend(gram, table, places, first, cut, last, near, most)
        if moves == most:
            step(gram, table, places, first, cut, last, moves)
        if moves == 0 and entering == 0:  # rounding hides what is left to gain
            return violation, iterations, middle_a, middle_b
        iterations += max(moves, width)  # to begin a working set and end it takes about as long
        moved = 0
        for s in range(first, last):
            t, after = member[s], places[BETA, s]
            if after != beta[t]:
                work.listed[moved], work.steps[moved] = t, after - beta[t]
                beta[t] = after
                moved += 1
        subtract(kernel, work.listed[:moved], work.steps[:moved], work, tolerance, error)


@inlined
def offset(error: Any, beta: Any, low: Any, high: Any, middle: float) -> float:
    """Give what errors between bounds have in common, as libsvm does: their mean.

    Without any, it is the middle of what is possible.
    """
    total, free = 0.0, 0
    for t in range(error.size):
        if low[t] < beta[t] < high[t]:
            total += error[t]
            free += 1
    return total / free if free > 0 else middle
