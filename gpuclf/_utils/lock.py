"""Exclusive lock between processes, released when a process ends in any way."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import filelock

from gpuclf._utils.system_errors import system_reason
from gpuclf.errors import OutputError


@contextmanager
def locked(path: str | os.PathLike[str]) -> Iterator[None]:
    """Hold the lock of a file in a ``with`` block; another process does not wait for it.

    Parameters
    ----------
    path : path
        File for the lock alone, created if it does not exist; its content is not used.

    Raises
    ------
    OutputError
        If another process holds the lock, or the file cannot be locked.

    Examples
    --------
    >>> with locked("lock"), locked("lock"):
    ...     pass
    Traceback (most recent call last):
    gpuclf.errors.OutputError: lock: got the lock of another process, expected that process to end
    """
    lock = filelock.FileLock(path, timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout as error:
        got, expected = "the lock of another process", "that process to end"
        raise OutputError(str(path), got=got, expected=expected) from error
    except (OSError, NotImplementedError) as error:  # the latter: a file system without locks
        expected = "a file that can be locked"
        raise OutputError(str(path), got=system_reason(error), expected=expected) from error
    try:
        yield
    finally:
        lock.release()
