"""One pair of classes in one fold, for all values of C or nu, each starting from the one before.

What all clips together would have as their solution, the base, is solved first and helps every
fold: a fold begins where the base ends, less the clips that it does not train on, and goes on from
value to value as the base does. Where a fold shares its kernel with the base, the base's errors
hold as well, and only what is different has to be computed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gpuclf._utils.jit import compiled_fast, inlined
from gpuclf.backend.smo.access import subtract
from gpuclf.backend.smo.descent import ROUNDING
from gpuclf.backend.smo.solve import offset, solve


@compiled_fast
def solve_path(
    kernel: Any,
    work: Any,
    na: int,
    by_class: bool,
    weight: Any,
    values: Any,
    base: Any,
    shared: bool,
    tolerance: float,
    limit: int,
    beta: Any,
    error: Any,
    told: Any,
) -> None:
    """Solve one pair in one fold.

    Parameters
    ----------
    kernel : PairKernel
    work : Workspace
    na : int
        Vectors of the first class.
    by_class : bool
        nu-SVC, and not C-SVC.
    weight : float64 array, shape (vectors,)
        Of each vector's errors; 0 if it is not in training.
    values : float64 array, shape (values,)
        Of C or nu.
    base : tuple of two float64 arrays, shape (values, vectors)
        Coefficients and errors of the base; of shape (0, vectors) if there is none.
    shared : bool
        Whether the base has the same kernel.
    tolerance, limit
        When to stop.
    beta, error : float64 arrays, shape (values, vectors)
        For the coefficients and their errors.
    told : float64 array, shape (values, 4)
        For both classes' offsets, violation and iterations.
    """
    count, slots = weight.size, work.gram.shape[0]
    low, high, known = np.zeros(count), np.zeros(count), np.empty(count)
    seats = np.full(count, -1), np.full(slots, -1), np.zeros(2, np.int64)
    total = 0.0
    for t in range(count):
        total += weight[t]
    for v in range(values.size):
        x, e = beta[v], error[v]
        for t in range(count):
            before_low, before_high = low[t], high[t]
            bound = weight[t] if by_class else weight[t] * values[v]
            low[t], high[t] = (0.0, bound) if t < na else (-bound, 0.0)
            known[t], e[t], x[t] = _start(base, shared, by_class, v, t, na, beta, error)
            if v > 0 and not by_class:
                x[t] = _move_with_bound(
                    x[t], beta[v - 1, t], before_low, before_high, low[t], high[t], base[0], v, t
                )
            x[t] = min(max(x[t], low[t]), high[t])
        if by_class:
            _bring_sum(x[:na], low[:na], high[:na], 0.5 * values[v] * total)
            _bring_sum(x[na:], low[na:], high[na:], -0.5 * values[v] * total)
        else:
            _bring_sum(x, low, high, 0.0)
        moved = _list_moved(x, known, low, high, work.listed, work.steps)
        subtract(kernel, work.listed[:moved], work.steps[:moved], work, tolerance, e)
        violation, iterations, middle_a, middle_b = solve(
            kernel, work, seats, na, by_class, low, high, tolerance, limit, x, e
        )
        if by_class:
            told[v, 0] = offset(e[:na], x[:na], low[:na], high[:na], middle_a)
            told[v, 1] = offset(e[na:], x[na:], low[na:], high[na:], middle_b)
        else:
            told[v, 0] = told[v, 1] = offset(e, x, low, high, middle_a)
        told[v, 2], told[v, 3] = violation, iterations


@inlined
def _start(
    base: Any, shared: bool, by_class: bool, v: int, t: int, na: int, beta: Any, error: Any
) -> Any:
    """Give a coefficient with its error known, and where the solution may be."""
    base_beta, base_error = base
    has_base = base_beta.shape[0] > 0
    if v == 0:
        if has_base and shared:
            return base_beta[0, t], base_error[0, t], base_beta[0, t]
        nothing = 0.0 if by_class else (1.0 if t < na else -1.0)
        return 0.0, nothing, base_beta[0, t] if has_base else 0.0
    x, e = beta[v - 1, t], error[v - 1, t]
    if not has_base:
        return x, e, x
    step = base_beta[v, t] - base_beta[v - 1, t]
    if shared:
        return x + step, e + (base_error[v, t] - base_error[v - 1, t]), x + step
    return x, e, x + step


@inlined
def _move_with_bound(
    x: float,
    before: float,
    before_low: float,
    before_high: float,
    low: float,
    high: float,
    base_beta: Any,
    v: int,
    t: int,
) -> float:
    """Move what was at a bound to where the bound is now, if the base has it there."""
    has_base = base_beta.shape[0] > 0
    if before == before_high > 0 and (not has_base or base_beta[v, t] >= high):
        return high
    if before == before_low < 0 and (not has_base or base_beta[v, t] <= low):
        return low
    return x


@inlined
def _list_moved(x: Any, known: Any, low: Any, high: Any, listed: Any, steps: Any) -> int:
    """List who is not where the errors are known; what is all but at a bound is put there."""
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
def _bring_sum(x: Any, low: Any, high: Any, total: float) -> None:
    """Move coefficients within their bounds until they add up to a total.

    Those between their bounds move first, all by the same share of their room; then one after the
    other, from bound to bound.
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
