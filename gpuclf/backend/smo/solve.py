"""Solution for one value of C or nu: working sets in turn, until the violation is small enough.

Iteration ends when the violation is at most the tolerance, at the iteration limit, when float32
no longer makes progress, or when a working set gains nothing (see `PATIENCE`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from gpuclf._utils.jit import inlined
from gpuclf.backend.smo.access import enter, subtract
from gpuclf.backend.smo.descent import BETA, ERROR, HIGH, LOW, descend
from gpuclf.backend.smo.newton import moves_of_a_step, step
from gpuclf.backend.smo.records import State, WorkingSet
from gpuclf.backend.smo.working_set import choose, ends, seat

INNER_TOLERANCE = 0.1  # of a working set, relative to the violation at its start
PATIENCE = 20  # successive float32 working sets without a 10 % decrease of the violation


class Outcome(NamedTuple):
    """Violation of the solution, and the middle of the feasible interval of each class's offset."""

    violation: float
    middle_a: float
    middle_b: float


@inlined
def solve(problem: Any, work: Any, seats: Any, state: Any) -> Any:
    """Solve one value of a problem in place, from the coefficients and errors of a state."""
    na, by_class, limit = problem.na, problem.by_class, problem.limit
    error, beta, low, high = state
    part_a = State(error[:na], beta[:na], low[:na], high[:na])
    part_b = State(error[na:], beta[na:], low[na:], high[na:])
    gram, table, places = work.gram, work.table, work.places
    chosen, scores = work.chosen, work.scores
    slot, member, used = seats
    half, kind = gram.shape[0] // 2, gram.dtype.type
    iterations, fruitless, least = 0, 0, 1e300
    patience = PATIENCE if gram.itemsize == 4 else limit
    while True:
        top_a, bottom_a = ends(part_a)
        top_b, bottom_b = ends(part_b)
        if not by_class:
            top_a = top_b = max(top_a, top_b)
            bottom_a = bottom_b = min(bottom_a, bottom_b)
        violation = max(top_a - bottom_a, top_b - bottom_b)
        middle_a, middle_b = 0.5 * (top_a + bottom_a), 0.5 * (top_b + bottom_b)
        fruitless = 0 if violation < 0.9 * least else fruitless + 1
        least = min(least, violation)
        if violation <= problem.tolerance or iterations >= limit or fruitless > patience:
            return Outcome(violation, middle_a, middle_b)
        count = choose(part_a, middle_a, half, scores[:na], chosen[:na])
        count += choose(part_b, middle_b, half, scores[na:], chosen[na:])
        if used[0] + used[1] > 4 * count:  # most slots are no longer needed
            used[0] = used[1] = 0
            for t in range(beta.size):
                slot[t] = -1
        entering = seat(chosen, na, half, seats, work.listed)
        first, last = half - used[0], half + used[1]
        enter(problem.kernel, work, work.listed[:entering], seats, first, last)
        members = WorkingSet(gram, table, places, first, half if by_class else last, last)
        width = last - first
        free = _load(members, member, state, na, middle_a, middle_b)
        tolerance = kind(max(0.5 * problem.tolerance, INNER_TOLERANCE * violation))
        most = min(max(width, moves_of_a_step(free, width)), limit - iterations)
        moves = descend(members, tolerance, most)
        if moves == most:
            step(members, moves)
        if moves == 0 and entering == 0:  # remaining gain is below rounding error
            return Outcome(violation, middle_a, middle_b)
        iterations += max(moves, width)  # set-up takes as long as width moves
        moved = _store(members, member, beta, work)
        steps = work.steps[:moved]
        subtract(problem.kernel, work.listed[:moved], steps, work, problem.tolerance, error)


@inlined
def _load(members: Any, member: Any, state: Any, na: int, middle_a: float, middle_b: float) -> Any:
    """Copy the members' errors, coefficients and bounds to their slots; return the free count."""
    error, beta, low, high = state
    table, places, kind = members.table, members.places, members.gram.dtype.type
    free = 0
    for s in range(members.first, members.last):
        t = member[s]
        free += low[t] < beta[t] < high[t]
        table[ERROR, s] = kind(error[t] - (middle_a if t < na else middle_b))
        places[BETA, s], places[LOW, s], places[HIGH, s] = beta[t], low[t], high[t]
    return free


@inlined
def _store(members: Any, member: Any, beta: Any, work: Any) -> Any:
    """Copy the coefficients back; list those that changed and return their number."""
    moved = 0
    for s in range(members.first, members.last):
        t, after = member[s], members.places[BETA, s]
        if after != beta[t]:
            work.listed[moved], work.steps[moved] = t, after - beta[t]
            beta[t] = after
            moved += 1
    return moved


@inlined
def offset(state: Any, middle: float) -> float:
    """Return the mean error of free vectors, as libsvm does, or ``middle`` if none is free."""
    error, beta, low, high = state
    total, free = 0.0, 0
    for t in range(error.size):
        if low[t] < beta[t] < high[t]:
            total += error[t]
            free += 1
    return total / free if free > 0 else middle
