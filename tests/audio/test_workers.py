"""Work side by side: every item once, whatever works on it."""

import os
import signal
import threading

import pytest
from gpuclf.audio.workers import side_by_side
from gpuclf.errors import GpuclfError


def square(number):
    return number * number


def end(number):
    if number == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.mark.parametrize(("workers", "processes"), [(1, False), (3, False), (2, True)])
def test_every_item_is_worked_on_once(workers, processes):
    found = list(side_by_side(square, range(40), workers, processes=processes))
    assert sorted(found) == [number * number for number in range(40)]


def test_items_are_taken_a_few_at_a_time():
    taken = []
    gate = threading.Event()

    def items():
        for number in range(1000):
            taken.append(number)
            yield number

    def work(number):
        gate.wait(10)
        return number

    results = side_by_side(work, items(), 2, processes=False)
    threading.Timer(0.2, gate.set).start()
    next(results)
    assert len(taken) <= 20
    results.close()


def test_an_error_ends_the_work():
    with pytest.raises(ZeroDivisionError):
        list(side_by_side(lambda number: 1 / number, [1, 0, 2], 2, processes=False))


def test_a_process_that_is_killed_is_told_of():
    with pytest.raises(GpuclfError, match="a worker process: got killed, expected more memory"):
        list(side_by_side(end, range(50), 2, processes=True))
