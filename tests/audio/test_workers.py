"""The parallel map processes every item exactly once, with threads and with processes."""

import os
import random
import signal
import threading

import pytest
from gpuclf.audio.workers import map_unordered
from gpuclf.errors import GpuclfError


def square(number):
    return number * number


def kill_at_five(number):
    if number == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.mark.parametrize(("workers", "processes"), [(1, False), (3, False), (2, True)])
def test_map_unordered_processes_every_item_once(workers, processes):
    results = list(map_unordered(square, range(40), workers, processes=processes))
    assert sorted(results) == [number * number for number in range(40)]


def test_map_unordered_consumes_items_a_few_at_a_time():
    taken = []
    gate = threading.Event()

    def items():
        for number in range(1000):
            taken.append(number)
            yield number

    def work(number):
        gate.wait(10)
        return number

    results = map_unordered(work, items(), 2, processes=False)
    threading.Timer(0.2, gate.set).start()
    next(results)
    assert len(taken) <= 20
    results.close()


def test_map_unordered_raises_the_error_of_the_function():
    with pytest.raises(ZeroDivisionError):
        list(map_unordered(lambda number: 1 / number, [1, 0, 2], 2, processes=False))


def test_map_unordered_raises_if_a_process_is_killed():
    with pytest.raises(
        GpuclfError, match="a worker process: got killed, expected more free memory"
    ):
        list(map_unordered(kill_at_five, range(50), 2, processes=True))


def test_an_interrupt_at_any_moment_after_the_first_result_ends_map_unordered():
    def interrupt(*_):
        raise KeyboardInterrupt

    rng = random.Random(0)
    previous = signal.signal(signal.SIGALRM, interrupt)
    try:
        for _ in range(300):
            results = map_unordered(square, range(10**6), 2, processes=False)
            next(results)
            with pytest.raises(KeyboardInterrupt):
                signal.setitimer(signal.ITIMER_REAL, rng.uniform(1e-5, 2e-3))
                for _ in results:
                    pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
