"""Use of the GPU by one of several threads at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from gpuclf.errors import BackendError, first_line


@contextmanager
def exclusive(lock: Lock) -> Iterator[None]:
    """Let one thread at a time compute on a device.

    Parameters
    ----------
    lock : threading.Lock
        Held by the thread that computes.

    Raises
    ------
    MemoryError
        If the memory of the device is exhausted.
    BackendError
        If any other error occurs; it is CUDA's, or that of one of its libraries.
    """
    with lock:
        try:
            yield
        except MemoryError:
            raise
        except Exception as error:
            raise BackendError(f"the GPU failed ({first_line(error)})") from error
