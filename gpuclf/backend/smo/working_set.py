"""Selection of the working set: the vectors with the largest violation, and all free vectors.

With errors centred, a vector's score is the largest of ``e`` if it can rise, ``-e`` if it can fall,
and 1e-9 if it is free. Each class contributes its highest scores, at most half of the slots; ties
at the threshold are resolved by taking evenly spaced vectors.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gpuclf._utils.jit import inlined
from gpuclf.backend.smo.extremes import larger, smaller

INFINITE = 1e300  # beyond any error
BISECTIONS = 40  # of the range of scores, to find the threshold that fills the working set


@inlined
def ends(state: Any) -> Any:
    """Return the largest error that can rise and the smallest that can fall."""
    error, beta, low, high = state
    top, bottom = -INFINITE, INFINITE
    for t in range(error.size):
        top = larger(top, error[t] if beta[t] < high[t] else -INFINITE)
        bottom = smaller(bottom, error[t] if beta[t] > low[t] else INFINITE)
    return top, bottom


@inlined
def choose(state: Any, centre: float, most: int, scores: Any, chosen: Any) -> Any:
    """Select at most ``most`` vectors of one class for the working set; return their number."""
    error, beta, low, high = state
    kind = scores.dtype.type
    none, tiny = kind(0), kind(1e-9)
    greatest = none
    for t in range(error.size):
        e = kind(error[t] - centre)
        score = larger(e if beta[t] < high[t] else none, -e if beta[t] > low[t] else none)
        score = larger(score, tiny if low[t] < beta[t] < high[t] else none)
        scores[t] = score
        greatest = larger(greatest, score)
    count = _count_above(scores, none)
    if count <= most:
        for t in range(error.size):
            chosen[t] = scores[t] > none
        return count
    under, over = none, greatest  # too many scores lie above `under`, few enough above `over`
    for _ in range(BISECTIONS):
        middle = under + (over - under) / kind(2)
        if _count_above(scores, middle) > most:
            under = middle
        else:
            over = middle
    wanted = most - _count_above(scores, over)
    equal, seen = _count_above(scores, under) - _count_above(scores, over), 0
    for t in range(error.size):
        chosen[t] = scores[t] > over
        if under < scores[t] <= over:  # ties, evenly spaced
            chosen[t] = seen * wanted // equal != (seen + 1) * wanted // equal
            seen += 1
    return most


@inlined
def _count_above(scores: Any, threshold: Any) -> Any:
    count = np.int32(0)
    for t in range(scores.size):
        count += np.int32(1) if scores[t] > threshold else np.int32(0)
    return np.int64(count)


@inlined
def seat(chosen: Any, na: int, half: int, seats: Any, into: Any) -> int:
    """Assign slots to chosen vectors that have none; list them and return their number.

    Slots of members that are no longer chosen are reused; then the class takes additional slots.
    """
    slot, member, used = seats
    entering = 0
    for side in range(2):
        place = 0
        for t in range(0 if side == 0 else na, na if side == 0 else chosen.size):
            if not chosen[t] or slot[t] >= 0:
                continue
            s = half - 1 - place if side == 0 else half + place
            while place < used[side] and chosen[member[s]]:
                place += 1
                s = half - 1 - place if side == 0 else half + place
            if place < used[side]:
                slot[member[s]] = -1
            else:
                used[side] += 1
            slot[t], member[s] = s, t
            place += 1
            into[entering] = t
            entering += 1
    return entering
