"""Work on several recordings at a time, by threads or by processes.

Threads start at once and end with the program; Python's lock holds them up where a library is
mostly Python. Processes have no such lock; they end when the one that started them does, however
it does. Either way BLAS runs on one thread, as more of them would round otherwise.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    as_completed,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from threadpoolctl import threadpool_limits

from gpuclf.errors import GpuclfError

AHEAD = 4  # recordings that wait for each worker
SECONDS_BETWEEN_LOOKS = 0.5  # at whether the parent lives

Item = TypeVar("Item")
Result = TypeVar("Result")


def side_by_side(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int, *, processes: bool
) -> Iterator[Result]:
    """Apply a function to items, several at a time.

    Parameters
    ----------
    function : callable
        Of one item; what processes run can be pickled.
    items : iterable
        They are taken a few at a time.
    workers : int
        How many work; one of them is this thread.
    processes : bool
        Whether they are processes, and not threads.

    Yields
    ------
    result
        In the order in which they come.

    Raises
    ------
    GpuclfError
        If a process was killed.

    Examples
    --------
    >>> sorted(side_by_side(abs, [-3, 1, -2], workers=2, processes=False))
    [1, 2, 3]
    """
    with threadpool_limits(1, "blas"):
        if workers == 1:
            yield from map(function, items)
            return
        with _pool(workers, processes) as pool:
            try:
                yield from _results(pool, function, items, AHEAD * workers)
            except BrokenProcessPool as error:
                expected = "more memory, or fewer --workers"
                raise GpuclfError("a worker process", got="killed", expected=expected) from error
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise


def _results(
    pool: Executor, function: Callable[[Item], Result], items: Iterable[Item], most: int
) -> Iterator[Result]:
    waiting: set[Future[Result]] = set()
    for item in items:
        waiting.add(pool.submit(function, item))
        if len(waiting) >= most:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in done)
    yield from (future.result() for future in as_completed(waiting))


def _pool(workers: int, processes: bool) -> Executor:
    if not processes:
        return ThreadPoolExecutor(workers)
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(os.getpid(),))


def _begin(parent: int) -> None:
    """Begin a worker process: the terminal's Ctrl-C is its parent's to answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threadpool_limits(1, "blas")
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(SECONDS_BETWEEN_LOOKS)
    os._exit(1)
