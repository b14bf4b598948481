"""Parallel map over recordings, with threads or processes.

Threads start faster but compete for Python's global interpreter lock (GIL) where a library is
mostly Python code; processes do not, and exit when their parent exits or is killed. BLAS always
runs on one thread, because rounding depends on the number of BLAS threads.

The pool is run by a thread of its own. Python raises KeyboardInterrupt in the main thread only,
possibly just after it has locked a future; the pool would then wait for that future forever.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import (
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from concurrent.futures.process import BrokenProcessPool
from queue import SimpleQueue
from typing import Generic, TypeVar

from threadpoolctl import threadpool_limits

from gpuclf.errors import GpuclfError

PENDING_PER_WORKER = 4  # items
PARENT_POLL_SECONDS = 0.5

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_unordered(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int, *, processes: bool
) -> Generator[Result, None, None]:
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
        thread = _PoolThread(function, items, workers, processes)
        thread.start()
        try:
            yield from thread.results()
        finally:
            thread.stop()


class _PoolThread(threading.Thread, Generic[Item, Result]):
    """Thread that submits items to a pool.

    Its queues are implemented in C, so that an interrupt cannot leave them locked. An item is
    submitted for each permit: a few at the start, and one for each result that is consumed.
    """

    def __init__(
        self,
        function: Callable[[Item], Result],
        items: Iterable[Item],
        workers: int,
        processes: bool,
    ) -> None:
        super().__init__(name="gpuclf-pool", daemon=True)
        self.function, self.items = function, items
        self.workers, self.processes = workers, processes
        self.max_pending = PENDING_PER_WORKER * workers
        self.permits: SimpleQueue[bool] = SimpleQueue()  # False to stop
        self.finished: SimpleQueue[Future[Result] | None] = SimpleQueue()  # None at the end
        for _ in range(self.max_pending):
            self.permits.put(True)

    def results(self) -> Iterator[Result]:
        """Yield the results as they complete."""
        try:
            while (future := self.finished.get()) is not None:
                yield future.result()
                self.permits.put(True)
        except BrokenProcessPool as error:
            expected = "more free memory, or fewer workers, such as --workers 1"
            raise GpuclfError("a worker process", got="killed", expected=expected) from error

    def stop(self) -> None:
        """Wait for running items and cancel the others."""
        self.permits.put(False)
        self.join()

    def run(self) -> None:
        with _pool(self.workers, self.processes) as pool:
            try:
                self._submit_all(pool)
            except BaseException as error:
                failed: Future[Result] = Future()
                failed.set_exception(error)
                self.finished.put(failed)
            pool.shutdown(cancel_futures=True)
        self.finished.put(None)

    def _submit_all(self, pool: Executor) -> None:
        """Submit all items and wait until their results are consumed, unless stopped."""
        for item in self.items:
            if not self.permits.get():
                return
            pool.submit(self.function, item).add_done_callback(self.finished.put)
        all(self.permits.get() for _ in range(self.max_pending))


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
