"""Staging buffers: how a block of frames gets to where it is computed, and the CPU's own buffer.

A buffer holds one block and is used in a cycle: ``load`` starts to fill it, ``deliver`` returns its
frames once they are read, ``release`` states that all work on them has been given to the device.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import numpy as np

from gpuclf._typing import Frames

Submit = Callable[[Callable[[], None]], Any]  # gives a task to a thread pool, returns its future
Tasks = Callable[[Frames], Iterable[Callable[[], None]]]


class StagingBuffer(Protocol):
    """Memory for one block, on the host and on the device."""

    def load(self, count: int, offset: int | None, tasks: Tasks, submit: Submit) -> Sequence[Any]:
        """Start to fill the buffer.

        Parameters
        ----------
        count : int
            float32 numbers.
        offset : int or None
            Byte of the file at which they start, if they are contiguous float32 there.
        tasks : callable
            Returns the tasks that read them into a host array of ``count`` numbers.
        submit : callable
            Runs a task in a thread.

        Returns
        -------
        sequence of futures
            The buffer is filled when each has its ``result()``.
        """
        ...

    def deliver(self, count: int) -> Any:
        """Return the numbers as a device array ``(count,)``; the copy may still be under way."""
        ...

    def release(self) -> None:
        """State that all work on the delivered numbers has been given to the device."""
        ...


class HostBuffer:
    """Staging buffer of the CPU: frames are computed where they are read.

    Parameters
    ----------
    capacity : int
        float32 numbers.
    """

    def __init__(self, capacity: int) -> None:
        self.host = np.empty(capacity, np.float32)

    def load(  # noqa: D102
        self, count: int, offset: int | None, tasks: Tasks, submit: Submit
    ) -> Sequence[Any]:
        return [submit(task) for task in tasks(self.host[:count])]

    def deliver(self, count: int) -> Frames:  # noqa: D102
        return self.host[:count]

    def release(self) -> None:  # noqa: D102
        pass
