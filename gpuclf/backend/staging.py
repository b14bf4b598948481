"""How a block of frames gets to where it is computed: what a buffer is, and the CPU's.

A buffer holds one block. Its life is a circle: ``load`` starts to fill it, ``deliver`` hands its
frames over once they are read, ``release`` says that all work on them has been given to the device.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import numpy as np

from gpuclf._typing import Frames

Submit = Callable[[Callable[[], None]], Any]  # a task to a thread pool, giving its future
Tasks = Callable[[Frames], Iterable[Callable[[], None]]]


class StagingBuffer(Protocol):
    """Room for one block, on the host and on the device."""

    def load(self, count: int, offset: int | None, tasks: Tasks, submit: Submit) -> Sequence[Any]:
        """Start to fill it.

        Parameters
        ----------
        count : int
            float32 numbers.
        offset : int or None
            The byte of the file from which on they stand as they are, if they do.
        tasks : callable
            Gives the work of reading them into a host array of ``count`` numbers.
        submit : callable
            Has a task done by some thread.

        Returns
        -------
        sequence of futures
            What to wait for: the ``result()`` of each.
        """
        ...

    def deliver(self, count: int) -> Any:
        """Give the numbers in an array of the device, ``(count,)``; it may still be on its way."""
        ...

    def release(self) -> None:
        """Take note that all work on what was delivered has been given to the device."""
        ...


class HostBuffer:
    """For the CPU: frames are computed where they are read.

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
