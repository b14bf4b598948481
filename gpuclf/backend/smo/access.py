"""Access to a pair's kernel: values within the working set, and linear combinations of its rows.

Values are read from the pair's matrices. Where a fold scales some features of a linear kernel
differently, ``x_S' W z_S`` is added (see `gpuclf.backend.interface.KernelChange`); this term is
never computed for all pairs of vectors.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gpuclf._utils.jit import inlined

TILE = 16  # rows written at a time when columns are filled: they stay in the cache
UNIT = 2.0**-24  # unit roundoff of float32
MAX_ROUNDING = 0.1  # rounding error, relative to the tolerance, above which sums are float64


@inlined
def row_of(kernel: Any, t: int) -> Any:
    """Return the two parts of a vector's row: over the first and over the second class."""
    na = kernel.first.shape[0]
    if t < na:
        return kernel.first[t], kernel.across[t]
    return kernel.back[t - na], kernel.second[t - na]


@inlined
def enter(kernel: Any, work: Any, entering: Any, seats: Any, first: int, last: int) -> None:
    """Write the kernel between entering vectors and all members, slots ``first:last``."""
    slot, member = seats.slot, seats.member
    gram, features, column_weights = work.gram, work.features, kernel.column_weights
    na, half = kernel.first.shape[0], gram.shape[0] // 2
    for t in entering:
        inside = gram[slot[t]]
        left, right = row_of(kernel, t)
        for other in range(first, half):
            inside[other] = left[member[other]]
        for other in range(half, last):
            inside[other] = right[member[other] - na]
    if column_weights.size > 0 and entering.size > 0:
        weighted = np.empty((entering.size, column_weights.size), gram.dtype)
        for k in range(entering.size):
            own, changed, kept = (
                weighted[k],
                kernel.changed[entering[k]],
                features[slot[entering[k]]],
            )
            for f in range(column_weights.size):
                kept[f] = changed[f]
                own[f] = changed[f] * column_weights[f]
        change = np.dot(weighted, features[first:last].T)
        for k in range(entering.size):
            inside, more = gram[slot[entering[k]]][first:last], change[k]
            for other in range(more.size):
                inside[other] += more[other]
    for begin in range(first, last, TILE):
        for t in entering:
            s = slot[t]
            for other in range(begin, min(begin + TILE, last)):
                gram[other, s] = gram[s, other]


@inlined
def subtract(kernel: Any, which: Any, steps: Any, work: Any, tolerance: float, error: Any) -> None:
    """Subtract ``sum_k steps[k] * kernel[which[k]]`` from the errors of all vectors.

    The sum is accumulated in float64 if rounding in float32 could exceed a tenth of the tolerance,
    as for large kernel values or a large C.
    """
    total = 0.0
    for k in range(which.size):
        total += abs(steps[k])
    if kernel.first.itemsize == 4 and UNIT * total * kernel.largest > MAX_ROUNDING * tolerance:
        sums, change = np.empty(kernel.column_weights.size), np.empty(error.size)
        _subtract(kernel, kernel.changed.astype(np.float64), which, steps, sums, change, error)
    else:
        _subtract(kernel, kernel.changed, which, steps, work.sums, work.change, error)


@inlined
def _subtract(
    kernel: Any, changed: Any, which: Any, steps: Any, sums: Any, change: Any, error: Any
) -> None:
    kind, na = change.dtype.type, kernel.first.shape[0]
    for t in range(change.size):
        change[t] = kind(0)
    for begin in range(0, which.size, 4):  # four rows at a time: one pass over the sum
        last = which.size - 1
        left0, right0 = row_of(kernel, which[begin])
        left1, right1 = row_of(kernel, which[min(begin + 1, last)])
        left2, right2 = row_of(kernel, which[min(begin + 2, last)])
        left3, right3 = row_of(kernel, which[min(begin + 3, last)])
        s0 = kind(steps[begin])
        s1 = kind(steps[begin + 1]) if begin + 1 <= last else kind(0)
        s2 = kind(steps[begin + 2]) if begin + 2 <= last else kind(0)
        s3 = kind(steps[begin + 3]) if begin + 3 <= last else kind(0)
        steps_of_four = s0, s1, s2, s3
        _add_four(steps_of_four, (left0, left1, left2, left3), change[:na])
        _add_four(steps_of_four, (right0, right1, right2, right3), change[na:])
    for t in range(change.size):
        error[t] -= change[t]
    if sums.size > 0:
        for f in range(sums.size):
            sums[f] = kind(0)
        for k in range(which.size):
            step, row = kind(steps[k]), changed[which[k]]
            for f in range(sums.size):
                sums[f] += step * row[f]
        for f in range(sums.size):
            sums[f] *= kernel.column_weights[f]
        np.dot(changed, sums, change)
        for t in range(change.size):
            error[t] -= change[t]


@inlined
def _add_four(steps: Any, rows: Any, total: Any) -> None:
    s0, s1, s2, s3 = steps
    r0, r1, r2, r3 = rows
    for t in range(total.size):
        total[t] += s0 * r0[t] + s1 * r1[t] + s2 * r2[t] + s3 * r3[t]
