"""Staging buffers, which transfer blocks of frames to the device, and the CPU's implementation.

A buffer holds one block and is used in a cycle: ``load`` starts to fill it, ``deliver`` returns the
frames as a device array, ``release`` allows the buffer to be overwritten after the work submitted
so far. The GPU's buffers are in `gpuclf.backend.gpu_transfer`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import numpy as np

from gpuclf._typing import Frames

Submit = Callable[[Callable[[], None]], Any]  # submits a task to a thread pool; returns its future
Tasks = Callable[[Frames], Iterable[Callable[[], None]]]


class StagingBuffer(Protocol):
    """Memory for one block of frames."""

    def load(self, count: int, offset: int | None, tasks: Tasks, submit: Submit) -> Sequence[Any]:
        """Start to fill the buffer.

        Parameters
        ----------
        count : int
            Number of float32 values.
        offset : int or None
            Position in the file in bytes, if the values are contiguous float32 there.
        tasks : callable
            ``(host array (count,)) -> tasks`` that read the values into the array.
        submit : callable
            ``(task) -> future``: runs a task in a thread.

        Returns
        -------
        sequence of futures
            The buffer is filled once all of them are done.
        """
        ...

    def deliver(self, count: int) -> Any:
        """Return the values as a device array ``(count,)``; the copy may be asynchronous."""
        ...

    def release(self) -> None:
        """Declare that all work on the delivered values has been submitted to the device."""
        ...


class HostBuffer:
    """Staging buffer of the CPU, whose device array is the host array itself.

    Parameters
    ----------
    capacity : int
        Maximum number of float32 values.
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
