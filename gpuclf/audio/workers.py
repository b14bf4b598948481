"""Parallel map over recordings, with threads or processes.

Threads start faster but compete for Python's global interpreter lock (GIL) where a library is
mostly Python code; processes do not, and exit when their parent exits or is killed. BLAS always
runs on one thread, because rounding depends on the number of BLAS threads.
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

PENDING_PER_WORKER = 4  # items
PARENT_POLL_SECONDS = 0.5

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_unordered(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int, *, processes: bool
) -> Iterator[Result]:
    """Apply a function to items in parallel.

    Parameters
    ----------
    function : callable
        Function of one item; must be picklable if ``processes`` is True.
    items : iterable
        Arguments; consumed a few at a time.
    workers : int
        Number of workers; 1 runs in the calling thread.
    processes : bool
        Whether to use processes instead of threads.

    Yields
    ------
    result
        Return values, in the order of completion.

    Raises
    ------
    GpuclfError
        If a worker process is killed.

    Examples
    --------
    >>> sorted(map_unordered(abs, [-3, 1, -2], workers=2, processes=False))
    [1, 2, 3]
    """
    with threadpool_limits(1, "blas"):
        if workers == 1:
            yield from map(function, items)
            return
        with _pool(workers, processes) as pool:
            try:
                yield from _results(pool, function, items, PENDING_PER_WORKER * workers)
            except BrokenProcessPool as error:
                expected = "more free memory, or fewer workers, such as --workers 1"
                raise GpuclfError("a worker process", got="killed", expected=expected) from error
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise


def _results(
    pool: Executor, function: Callable[[Item], Result], items: Iterable[Item], max_pending: int
) -> Iterator[Result]:
    """Yield results as they complete; at most ``max_pending`` items are submitted at a time."""
    pending: set[Future[Result]] = set()
    for item in items:
        pending.add(pool.submit(function, item))
        if len(pending) >= max_pending:
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in done)
    yield from (future.result() for future in as_completed(pending))


def _pool(workers: int, processes: bool) -> Executor:
    if not processes:
        return ThreadPoolExecutor(workers)
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, context, initializer=_initialise, initargs=(os.getpid(),))


def _initialise(parent: int) -> None:
    """Initialise a worker process; Ctrl-C in the terminal is handled by its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threadpool_limits(1, "blas")
    threading.Thread(target=_exit_with, args=(parent,), daemon=True).start()


def _exit_with(parent: int) -> None:
    """Exit when the parent process has exited."""
    while os.getppid() == parent:
        time.sleep(PARENT_POLL_SECONDS)
    os._exit(1)
