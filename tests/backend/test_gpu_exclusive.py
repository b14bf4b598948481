"""Use of the GPU by one thread at a time, and its failures."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from gpuclf.backend.gpu_exclusive import exclusive
from gpuclf.errors import BackendError


def test_threads_compute_one_after_the_other():
    lock, log = threading.Lock(), []
    meet = threading.Barrier(4)

    def compute(number):
        meet.wait(60)
        for _ in range(20):
            with exclusive(lock):
                log.append(number)
                time.sleep(0.001)  # another thread may run
                log.append(number)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(compute, range(4)))
    assert len(log) == 160 and log[::2] == log[1::2]


def test_a_failure_is_an_error_of_the_backend_in_one_line_and_the_next_thread_continues():
    lock = threading.Lock()
    with (
        pytest.raises(
            BackendError, match=r"^the GPU failed \(cudaErrorIllegalAddress: an illegal\)$"
        ),
        exclusive(lock),
    ):
        raise RuntimeError("cudaErrorIllegalAddress: an illegal\nand more")
    assert not lock.locked()


@pytest.mark.parametrize("error", [MemoryError, KeyboardInterrupt])
def test_exhausted_memory_and_interrupts_are_no_failures_of_the_gpu(error):
    lock = threading.Lock()
    with pytest.raises(error), exclusive(lock):
        raise error
    assert not lock.locked()
