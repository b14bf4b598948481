"""Timing things against one another: in turn, several rounds, medians and paired ratios.

Machines are noisy. What is timed in one round has met the same noise, so that a ratio is taken
within each round and its median over the rounds tells more than a ratio of medians.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass


@dataclass(frozen=True)
class Rounds:
    """Seconds of several things, each timed once in every round.

    Parameters
    ----------
    seconds : dict of str to list of float
        By name, a number a round.
    """

    seconds: Mapping[str, list[float]]

    def median(self, name: str) -> float:
        """Median of the seconds of one thing."""
        return statistics.median(self.seconds[name])

    def ratio(self, slow: str, fast: str) -> float:
        """How many times as long ``slow`` took as ``fast``: the median over the rounds.

        Examples
        --------
        >>> Rounds({"a": [2.0, 6.0, 8.0], "b": [1.0, 2.0, 2.0]}).ratio("a", "b")
        3.0
        """
        pairs = zip(self.seconds[slow], self.seconds[fast], strict=True)
        return statistics.median(a / b for a, b in pairs)


def in_turn(
    things: Mapping[str, Callable[[], object]],
    rounds: int,
    on_round: Callable[[int], None] | None = None,
) -> Rounds:
    """Time things in turn, once without counting and then for some rounds.

    Parameters
    ----------
    things : mapping of str to callable
        What to time.
    rounds : int
        How often.
    on_round : callable, optional
        Called with the number of rounds done.

    Returns
    -------
    Rounds
    """
    # In a thread of its own: whoever interrupts need not wait until a library gives in.
    pool = ThreadPoolExecutor(1, thread_name_prefix="gpuclf-bench")
    try:
        for thing in things.values():
            pool.submit(thing).result()
        seconds: dict[str, list[float]] = {name: [] for name in things}
        for done in range(1, rounds + 1):
            for name, thing in things.items():
                seconds[name].append(pool.submit(_timed, thing).result())
            if on_round:
                on_round(done)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return Rounds(seconds)


def _timed(thing: Callable[[], object]) -> float:
    begun = time.perf_counter()
    thing()
    return time.perf_counter() - begun
