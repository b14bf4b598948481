"""Timing of alternatives in interleaved rounds, with medians and paired ratios.

Timings of one round are affected by the same noise of the machine. Ratios are therefore taken
within rounds; their median is more robust than the ratio of medians.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass


@dataclass(frozen=True)
class Rounds:
    """Timings of several functions, one per round.

    Parameters
    ----------
    seconds : dict of str to list of float
        Seconds per round, by name.
    """

    seconds: Mapping[str, list[float]]

    def median(self, name: str) -> float:
        """Return the median time in seconds."""
        return statistics.median(self.seconds[name])

    def ratio(self, slow: str, fast: str) -> float:
        """Return the median over rounds of time of ``slow`` / time of ``fast``.

        Examples
        --------
        >>> Rounds({"a": [2.0, 6.0, 8.0], "b": [1.0, 2.0, 2.0]}).ratio("a", "b")
        3.0
        """
        pairs = zip(self.seconds[slow], self.seconds[fast], strict=True)
        return statistics.median(a / b for a, b in pairs)


def time_interleaved(
    functions: Mapping[str, Callable[[], object]],
    rounds: int,
    on_round: Callable[[int], None] | None = None,
) -> Rounds:
    """Time functions in interleaved rounds, after one call of each to warm up.

    Parameters
    ----------
    functions : mapping of str to callable
    rounds : int
        Number of rounds.
    on_round : callable, optional
        Called with the number of completed rounds.

    Returns
    -------
    Rounds
    """
    # In a separate thread: an interrupt does not wait for a library call to return.
    pool = ThreadPoolExecutor(1, thread_name_prefix="gpuclf-bench")
    try:
        for function in functions.values():
            pool.submit(function).result()
        seconds: dict[str, list[float]] = {name: [] for name in functions}
        for done in range(1, rounds + 1):
            for name, function in functions.items():
                seconds[name].append(pool.submit(_seconds, function).result())
            if on_round:
                on_round(done)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return Rounds(seconds)


def _seconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start
