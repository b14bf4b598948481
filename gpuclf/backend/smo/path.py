"""Solutions of one pair of classes in one fold along ascending values of C or nu (warm starts).

The base, the solution over all clips, is computed first, for every value. With base solutions
``b_v`` and values ``v``, the starting point of a fold is ``b_0`` for the first value and
``beta_{v-1} + b_v - b_{v-1}`` for the others, clipped to the fold's bounds (coefficients outside
the training set become 0); without a base, 0 and ``beta_{v-1}``. In a C-SVC, a coefficient at its
non-zero bound for the previous value starts at its new bound if the base's reaches it, too.
Finally, coefficients are moved within their bounds so that their sums are feasible.

Where a fold shares the base's kernel, errors are known at the starting point before clipping; else
at the solution for the previous value, at 0 for the first. Only the change from that point is
computed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gpuclf._utils.jit import compiled_fast, inlined
from gpuclf.backend.smo.access import subtract
from gpuclf.backend.smo.descent import ROUNDING
from gpuclf.backend.smo.records import Seats, State
from gpuclf.backend.smo.solve import offset, solve


@compiled_fast
def solve_path(problem: Any, work: Any, path: Any) -> None:
    """Solve one pair of classes in one fold, for all values of C or nu.

    Parameters
    ----------
    problem : Problem
    work : Workspace
    path : Path
        Output.
    """
    kernel, na, by_class, weight = problem.kernel, problem.na, problem.by_class, problem.weight
    count, slots = weight.size, work.gram.shape[0]
    low, high, known = np.zeros(count), np.zeros(count), np.empty(count)
    seats = Seats(np.full(count, -1), np.full(slots, -1), np.zeros(2, np.int64))
    total = 0.0
    for t in range(count):
        total += weight[t]
    for v in range(problem.values.size):
        value, x, e = problem.values[v], path.beta[v], path.error[v]
        for t in range(count):
            before_low, before_high = low[t], high[t]
            bound = weight[t] if by_class else weight[t] * value
            low[t], high[t] = (0.0, bound) if t < na else (-bound, 0.0)
            known[t], e[t], x[t] = _start(problem, path, v, t)
            if v > 0 and not by_class:
                before = path.beta[v - 1, t]  # coefficients at a bound follow it
                if before == before_high > 0 and _base_allows_high(problem, high[t], v, t):
                    x[t] = high[t]
                elif before == before_low < 0 and _base_allows_low(problem, low[t], v, t):
                    x[t] = low[t]
            x[t] = min(max(x[t], low[t]), high[t])
        if by_class:
            _adjust_sum(x[:na], low[:na], high[:na], 0.5 * value * total)
            _adjust_sum(x[na:], low[na:], high[na:], -0.5 * value * total)
        else:
            _adjust_sum(x, low, high, 0.0)
        moved = _list_moved(x, known, low, high, work.listed, work.steps)
        subtract(kernel, work.listed[:moved], work.steps[:moved], work, problem.tolerance, e)
        state = State(e, x, low, high)
        outcome = solve(problem, work, seats, state)
        if by_class:
            part_a = State(e[:na], x[:na], low[:na], high[:na])
            part_b = State(e[na:], x[na:], low[na:], high[na:])
            path.offsets[v, 0] = offset(part_a, outcome.middle_a)
            path.offsets[v, 1] = offset(part_b, outcome.middle_b)
        else:
            path.offsets[v, 0] = path.offsets[v, 1] = offset(state, outcome.middle_a)
        path.violation[v] = outcome.violation


@inlined
def _start(problem: Any, path: Any, v: int, t: int) -> Any:
    """Return a coefficient whose error is known, that error, and the starting point."""
    base_beta, base_error = problem.base_beta, problem.base_error
    has_base = base_beta.shape[0] > 0
    if v == 0:
        if has_base and problem.shared:
            return base_beta[0, t], base_error[0, t], base_beta[0, t]
        error_at_zero = 0.0 if problem.by_class else (1.0 if t < problem.na else -1.0)
        return 0.0, error_at_zero, base_beta[0, t] if has_base else 0.0
    x, e = path.beta[v - 1, t], path.error[v - 1, t]
    if not has_base:
        return x, e, x
    step = base_beta[v, t] - base_beta[v - 1, t]
    if problem.shared:
        return x + step, e + (base_error[v, t] - base_error[v - 1, t]), x + step
    return x, e, x + step


@inlined
def _base_allows_high(problem: Any, high: float, v: int, t: int) -> Any:
    return problem.base_beta.shape[0] == 0 or problem.base_beta[v, t] >= high


@inlined
def _base_allows_low(problem: Any, low: float, v: int, t: int) -> Any:
    return problem.base_beta.shape[0] == 0 or problem.base_beta[v, t] <= low


@inlined
def _list_moved(x: Any, known: Any, low: Any, high: Any, listed: Any, steps: Any) -> int:
    """List the vectors whose coefficient differs from ``known``, after rounding to near bounds."""
    moved = 0
    for t in range(x.size):
        rest = ROUNDING * max(high[t] - low[t], abs(known[t]))
        if high[t] - x[t] <= rest:
            x[t] = high[t]
        elif x[t] - low[t] <= rest:
            x[t] = low[t]
        if x[t] != known[t]:
            listed[moved], steps[moved] = t, x[t] - known[t]
            moved += 1
    return moved


@inlined
def _adjust_sum(x: Any, low: Any, high: Any, total: float) -> None:
    """Move coefficients within their bounds until their sum is ``total``.

    Free coefficients move first, all by the same fraction of the distance to their bound; then
    coefficients move one after the other, by index, up to the bound.
    """
    lacking, room = total, 0.0
    for t in range(x.size):
        lacking -= x[t]
    up = lacking > 0
    for t in range(x.size):
        if low[t] < x[t] < high[t]:
            room += high[t] - x[t] if up else x[t] - low[t]
    share = min(1.0, abs(lacking) / room) if room > 0 else 0.0
    for t in range(x.size):
        if low[t] < x[t] < high[t]:
            step = share * (high[t] - x[t] if up else low[t] - x[t])
            x[t] += step
            lacking -= step
    for t in range(x.size):
        if (lacking > 0) == up and lacking != 0:
            step = min(high[t] - x[t], lacking) if up else max(low[t] - x[t], lacking)
            x[t] += step
            lacking -= step
