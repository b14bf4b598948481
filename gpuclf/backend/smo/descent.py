"""SMO on a working set: two coefficients move at a time, until the violation is small enough.

One step raises ``beta_i`` and lowers ``beta_j`` by the same amount (Fan, Chen and Lin, JMLR 6,
2005, WSS 2)::

    i = argmax e_t                    over t that can rise
    j = argmax (e_i - e_t)^2 / a_it   over t that can fall and e_t < e_i
    step = min((e_i - e_j) / a_ij, high_i - beta_i, beta_j - low_j)

with curvature ``a_it = max(K_ii + K_tt - 2 K_it, 1e-12)``. Ties are won by the last slot.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gpuclf._utils.jit import inlined
from gpuclf.backend.smo.extremes import larger, smaller

FAR = 1e30  # beyond any error
FLAT = 1e-12  # minimum curvature, as in libsvm
ROUNDING = 1e-12  # distance to a bound, relative to the range, that counts as rounding error

ERROR, UP, DOWN, GAIN, SELF = range(5)  # rows of `WorkingSet.table`
BETA, LOW, HIGH = range(3)  # rows of `WorkingSet.places`; float64, so that sums do not drift


@inlined
def descend(members: Any, tolerance: Any, limit: int) -> int:
    """Move pairs of coefficients of a `WorkingSet`; return the number of moves.

    Stops at a violation within the tolerance, or at ``limit`` moves. Both coefficients of a pair
    are in ``first:cut``, or both in ``cut:last``.
    """
    gram, table, places, first, cut, last = members
    kind = gram.dtype.type
    far, flat, zero = kind(FAR), kind(FLAT), kind(0)
    slack = 1e-6 if gram.itemsize == 4 else 1e-14
    error, beta = table[ERROR][first:last], places[BETA][first:last]
    low, high = places[LOW][first:last], places[HIGH][first:last]
    up, down = table[UP][first:last], table[DOWN][first:last]
    gain, own = table[GAIN][first:last], table[SELF][first:last]
    for s in range(error.size):
        up[s] = zero if beta[s] < high[s] else -far
        down[s] = zero if beta[s] > low[s] else far
        own[s] = gram[first + s, first + s]
    cut -= first
    i, j, step, moves = 0, 0, zero, 0
    while True:
        row_i, row_j = gram[first + i][first:last], gram[first + j][first:last]
        top, bottom = _move(error[:cut], row_i[:cut], row_j[:cut], step, up[:cut], down[:cut])
        begin, end = 0, cut
        if cut < error.size:
            other_top, other_bottom = _move(
                error[cut:], row_i[cut:], row_j[cut:], step, up[cut:], down[cut:]
            )
            if other_top - other_bottom > top - bottom:
                top, bottom, begin, end = other_top, other_bottom, cut, error.size
        if top - bottom <= tolerance or moves >= limit:
            return moves
        i = begin + _highest(error[begin:end], up[begin:end], top)
        row_i = gram[first + i][first:last]
        most = _gains(
            top,
            error[begin:end],
            down[begin:end],
            row_i[begin:end],
            own[begin:end],
            own[i],
            gain[begin:end],
        )
        j = begin + _find(gain[begin:end], most)
        curvature = larger(own[i] + own[j] - (row_i[j] + row_i[j]), flat)
        way = np.float64((top - error[j]) / curvature)
        room_i, room_j = high[i] - beta[i], beta[j] - low[j]
        room, bound = (room_i, high[i]) if room_i < room_j else (room_j, low[j])
        # A coefficient within rounding error of its bound must not count as free.
        if room - way <= slack * max(abs(bound), way):
            way = room
        rest = ROUNDING * max(high[i] - low[i], high[j] - low[j])
        beta[i] = high[i] if room_i - way <= rest else beta[i] + way
        beta[j] = low[j] if room_j - way <= rest else beta[j] - way
        step = kind(way)
        for s in (i, j):
            up[s] = zero if beta[s] < high[s] else -far
            down[s] = zero if beta[s] > low[s] else far
        moves += 1


@inlined
def _move(error: Any, row_i: Any, row_j: Any, step: Any, up: Any, down: Any) -> Any:
    """Update the errors; return the largest that can rise and the smallest that can fall."""
    top, bottom = -error.dtype.type(FAR), error.dtype.type(FAR)
    for s in range(error.size):
        value = error[s] - step * (row_i[s] - row_j[s])
        error[s] = value
        top = larger(top, value + up[s])
        bottom = smaller(bottom, value + down[s])
    return top, bottom


@inlined
def _highest(error: Any, up: Any, top: Any) -> Any:
    """Return the last slot that can rise and whose error is ``top``."""
    last = np.int32(-1)
    for s in range(error.size):
        last = max(last, np.int32(s) if error[s] + up[s] == top else np.int32(-1))
    return np.int64(last)


@inlined
def _gains(top: Any, error: Any, down: Any, row: Any, own: Any, own_i: Any, gain: Any) -> Any:
    """Write the gain of a move with every candidate j; return the largest."""
    kind = error.dtype.type
    zero, flat = kind(0), kind(FLAT)
    most = zero
    for s in range(error.size):
        rise = larger(top - (error[s] + down[s]), zero)
        curvature = larger(own_i + own[s] - (row[s] + row[s]), flat)
        value = rise * rise / curvature
        gain[s] = value
        most = larger(most, value)
    return most


@inlined
def _find(values: Any, value: Any) -> Any:
    """Return the last index of a value."""
    last = np.int32(-1)
    for s in range(values.size):
        last = max(last, np.int32(s) if values[s] == value else np.int32(-1))
    return np.int64(last)
