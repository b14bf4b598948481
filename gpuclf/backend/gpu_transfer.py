"""Carriers to the GPU: while one block is computed, the next is copied and another is read.

Two CUDA streams work side by side: copies on one of their own, computing on the current one. Events
keep them in order: computing waits for the copy, the next copy into the same device array waits for
the computing, and reading into the same pinned array waits for the copy out of it.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from gpuclf.backend.staging import StagingBuffer, Submit, Tasks
from gpuclf.errors import first_line

log = logging.getLogger("gpuclf")


def device_buffers(count: int, capacity: int, file: Path | None) -> Sequence[StagingBuffer]:
    """Make buffers to the GPU.

    Parameters
    ----------
    count : int
        How many.
    capacity : int
        float32 numbers of each.
    file : Path or None
        The file, if all blocks stand in it as they are: kvikio then reads them without the host,
        where it is installed and works.
    """
    import cupy

    direct = None if file is None else _opened(file)
    if direct is not None:
        return [DirectBuffer(direct, capacity, cupy) for _ in range(count)]
    copying = cupy.cuda.Stream(non_blocking=True)
    return [PinnedBuffer(capacity, copying, cupy) for _ in range(count)]


class PinnedBuffer:
    """Frames are read into pinned memory of the host and copied while others are computed.

    Parameters
    ----------
    capacity : int
        float32 numbers.
    copying : cupy.cuda.Stream
        Shared by all buffers: copies follow one another.
    cupy : module
        CuPy.
    """

    def __init__(self, capacity: int, copying: Any, cupy: ModuleType) -> None:
        import cupyx

        self.cupy, self.copying = cupy, copying
        self.host = cupyx.empty_pinned(capacity, cupy.float32)
        self.device = cupy.empty(capacity, cupy.float32)
        self.copied, self.computed = (cupy.cuda.Event(disable_timing=True) for _ in range(2))
        self.computed.record()  # work that is under way may still use the device's new memory

    def load(  # noqa: D102
        self, count: int, offset: int | None, tasks: Tasks, submit: Submit
    ) -> Sequence[Any]:
        self.copied.synchronize()
        return [submit(task) for task in tasks(self.host[:count])]

    def deliver(self, count: int) -> Any:  # noqa: D102
        self.copying.wait_event(self.computed)
        device = self.device[:count]
        device.set(self.host[:count], stream=self.copying)
        self.copied.record(self.copying)
        self.cupy.cuda.get_current_stream().wait_event(self.copied)
        return device

    def release(self) -> None:  # noqa: D102
        self.computed.record()


class DirectBuffer:
    """The file's bytes go to the device by kvikio (GPUDirect Storage, or its own threads).

    Parameters
    ----------
    file : kvikio.CuFile
        The open file, shared by all buffers.
    capacity : int
        float32 numbers.
    cupy : module
        CuPy.
    """

    def __init__(self, file: Any, capacity: int, cupy: ModuleType) -> None:
        self.file = file
        self.device = cupy.empty(capacity, cupy.float32)
        self.computed = cupy.cuda.Event(disable_timing=True)
        self.computed.record()  # work that is under way may still use the device's new memory

    def load(  # noqa: D102
        self, count: int, offset: int | None, tasks: Tasks, submit: Submit
    ) -> Sequence[Any]:
        self.computed.synchronize()
        device = self.device[:count]
        return [_Arriving(self.file.pread(device, file_offset=offset), device.nbytes)]

    def deliver(self, count: int) -> Any:  # noqa: D102
        return self.device[:count]

    def release(self) -> None:  # noqa: D102
        self.computed.record()


class _Arriving:
    """A read of kvikio's, as a future."""

    def __init__(self, reading: Any, nbytes: int) -> None:
        self.reading, self.nbytes = reading, nbytes

    def cancel(self) -> bool:
        return False

    def exception(self) -> OSError | None:
        try:
            self.result()
        except OSError as error:
            return error
        return None

    def result(self) -> None:
        try:
            got = self.reading.get()
        except RuntimeError as error:
            raise OSError(first_line(error)) from error
        if got != self.nbytes:
            raise OSError(f"the file ends after {got} of {self.nbytes} bytes")


def _opened(file: Path) -> Any:
    """Open a file with kvikio, or say why not."""
    if importlib.util.find_spec("kvikio") is None:
        log.info("frames go through pinned memory: kvikio is not installed (extra gds)")
        return None
    try:
        import kvikio

        return kvikio.CuFile(file, "r")
    except Exception as error:  # whatever kvikio, cuFile or its driver raise
        log.info("frames go through pinned memory: kvikio does not work (%s)", first_line(error))
        return None
