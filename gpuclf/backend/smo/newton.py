"""Newton step of all free coefficients of a working set, where SMO converges slowly.

With few features, SMO may take millions of moves among the free coefficients. A Newton step ``d``
of all free coefficients solves, with their kernel ``Q`` and errors ``e``::

    minimise    d' (Q + R) d / 2 - e' d
    subject to  unchanged sums of the coefficients

The step is taken up to the first bound; the coefficient there is fixed, and the step continues for
the others, until it is complete: the inner loop of an active set method (Scheinberg, *An efficient
implementation of an active set method for SVMs*, JMLR 7, 2006).

With more free vectors than features ``Q`` is singular. The proximal term ``R``, a small fraction of
its diagonal, makes the solution unique (Rockafellar, *Monotone operators and the proximal point
algorithm*, SIAM Journal on Control and Optimization 14, 1976). Along flat directions steps are long
and end at a bound.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gpuclf._utils.jit import inlined
from gpuclf.backend.smo.descent import BETA, ERROR, FLAT, HIGH, LOW, ROUNDING

RIDGE = 3e-6  # R relative to the diagonal; above the float32 rounding error of flat directions
COST = 12  # a step of m coefficients takes the time of m^3 / (COST * slots) moves


@inlined
def moves_of_a_step(free: int, slots: int) -> int:
    """Return the number of SMO moves that take the time of one step."""
    return free * free * free // (COST * slots)


@inlined
def step(members: Any, moves: int) -> None:
    """Move the free coefficients of a `WorkingSet` to their optimum; errors are not updated.

    Does nothing if a step would take more than 8 times as long as the moves already made.
    """
    gram, table, places, first, cut, last = members
    beta, low, high = places[BETA], places[LOW], places[HIGH]
    free, m, split = np.empty(last - first, np.int64), 0, 0
    for s in range(first, last):
        if low[s] < beta[s] < high[s]:
            free[m] = s
            m += 1
            split += s < cut
    if moves_of_a_step(m, last - first) > 8 * moves:
        return
    factor = np.empty((m, m))
    if not _factorise(gram, free[:m], factor):  # not positive definite: continue with SMO
        return
    x, bottom, top = np.empty(m), np.empty(m), np.empty(m)
    ways = np.zeros((3, m))  # solutions for the errors, and for ones in either sum
    for k in range(m):
        s = free[k]
        x[k], bottom[k], top[k], ways[0, k] = beta[s], low[s], high[s], table[ERROR, s]
        ways[1 if k < split else 2, k] = 1.0
    for way in range(3):
        _solve_system(factor, ways[way])
    columns, bound, change = np.empty((m, m)), np.empty(m, np.int64), np.empty(m)
    for count in range(m):
        _direction(ways[0], ways[1], ways[2], split, change)
        share, hit = _feasible(x, change, bottom, top)
        for k in range(m):
            x[k] += share * change[k]
            ways[0, k] -= share * change[k]
        if hit < 0:
            break
        x[hit] = top[hit] if change[hit] > 0 else bottom[hit]
        column = columns[count]
        column[:] = 0.0
        column[hit] = 1.0
        _solve_system(factor, column)
        for before in range(count):
            _fix(column, columns[before], bound[before])
        for way in range(3):
            _fix(ways[way], column, hit)
        bound[count] = hit
    _store(x[:split], bottom[:split], top[:split], free[:split], beta)
    _store(x[split:], bottom[split:], top[split:], free[split:m], beta)


@inlined
def _factorise(gram: Any, free: Any, matrix: Any) -> bool:
    """Write the Cholesky factor of ``Q + R``, and its transpose in the other triangle.

    Returns False if the matrix is not positive definite.
    """
    for k in range(free.size):
        row, own = gram[free[k]], matrix[k]
        for t in range(k, free.size):
            own[t] = row[free[t]]
        own[k] += RIDGE * own[k] + FLAT
    for k in range(matrix.shape[0]):
        row = matrix[k]
        if row[k] <= 0:
            return False
        scale = 1.0 / math.sqrt(row[k])
        for t in range(k, row.size):
            row[t] *= scale
        for below in range(k + 1, row.size):
            other, share = matrix[below], row[below]
            for t in range(below, row.size):
                other[t] -= share * row[t]
            other[k] = share
    return True


@inlined
def _solve_system(factor: Any, x: Any) -> None:
    """Replace a right-hand side by the solution of the linear system."""
    for k in range(x.size):
        row = factor[k]
        own = x[k] / row[k]
        for t in range(k + 1, x.size):
            x[t] -= own * row[t]
        x[k] = own
    for k in range(x.size - 1, -1, -1):
        row = factor[k]
        own = x[k] / row[k]
        for t in range(k):
            x[t] -= own * row[t]
        x[k] = own


@inlined
def _fix(x: Any, column: Any, which: int) -> None:
    """Fix an unknown of a solution at 0, given the unknown's column of the inverse."""
    share = x[which] / column[which]
    for k in range(x.size):
        x[k] -= share * column[k]
    x[which] = 0.0


@inlined
def _direction(way: Any, first: Any, second: Any, split: int, change: Any) -> None:
    """Write the step that keeps both sums."""
    aa, ab, bb, a, b = 0.0, 0.0, 0.0, 0.0, 0.0
    for k in range(split):
        a += way[k]
        aa += first[k]
    for k in range(split, way.size):
        b += way[k]
        ab += first[k]
        bb += second[k]
    middle_b = 0.0
    if bb > 0:  # there are two sums
        middle_b = (aa * b - ab * a) / (aa * bb - ab * ab) if aa > 0 else b / bb
    middle_a = (a - ab * middle_b) / aa if aa > 0 else 0.0
    for k in range(way.size):
        change[k] = way[k] - middle_a * first[k] - middle_b * second[k]


@inlined
def _feasible(x: Any, change: Any, bottom: Any, top: Any) -> Any:
    """Return the feasible fraction of a step, and the coefficient that limits it; -1 for none."""
    share, hit = 1.0, -1
    for k in range(x.size):
        room = top[k] - x[k] if change[k] > 0 else bottom[k] - x[k]
        if abs(room) <= share * abs(change[k]) and change[k] != 0:
            share, hit = room / change[k], k
    return share, hit


@inlined
def _store(x: Any, bottom: Any, top: Any, slots: Any, beta: Any) -> None:
    """Store coefficients; correct the rounding error of their sum in the one with most room."""
    drift, most, widest = 0.0, 0, 0.0
    for k in range(x.size):
        rest = ROUNDING * (top[k] - bottom[k])
        if top[k] - x[k] <= rest:
            x[k] = top[k]
        elif x[k] - bottom[k] <= rest:
            x[k] = bottom[k]
        drift += x[k] - beta[slots[k]]
        room = min(top[k] - x[k], x[k] - bottom[k])
        if room > widest:
            most, widest = k, room
    if widest > abs(drift):
        x[most] -= drift
    for k in range(x.size):
        beta[slots[k]] = x[k]
