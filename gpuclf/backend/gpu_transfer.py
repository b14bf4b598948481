"""Double-buffered transfer to the GPU: while one block is computed, the next is copied and read.

Two CUDA streams work concurrently: copies on one of their own, computation on the current one.
Events order them: computation waits for the copy, the next copy into the same device array waits
for the computation, and reading into the same pinned array waits for the copy out of it.
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
    """Create staging buffers of the GPU.

    Parameters
    ----------
    count : int
        How many.
    capacity : int
        float32 numbers of each.
    file : Path or None
        The file if it holds all blocks as contiguous float32: kvikio then reads them without the
        host, where it is installed and works.
    """
    import cupy

    direct = None if file is None else _open_by_kvikio(file)
    if direct is not None:
        return [DirectBuffer(direct, capacity, cupy) for _ in range(count)]
    copying = cupy.cuda.Stream(non_blocking=True)
    return [PinnedBuffer(capacity, copying, cupy) for _ in range(count)]


class _DeviceBuffer:
    """Device memory for one block, and the event after which it may be overwritten."""

    def __init__(self, capacity: int, cupy: ModuleType) -> None:
        self.cupy = cupy
        self.device = cupy.empty(capacity, cupy.float32)
        self.computed = cupy.cuda.Event(disable_timing=True)
        self.computed.record()  # work under way may still use the device's new memory

    def release(self) -> None:
        self.computed.record()


class PinnedBuffer(_DeviceBuffer):
    """Frames are read into pinned host memory and copied while others are computed.

    Parameters
    ----------
    capacity : int
        float32 numbers.
    copying : cupy.cuda.Stream
        Shared by all buffers, so that copies follow one another.
    cupy : module
        CuPy.
    """

    def __init__(self, capacity: int, copying: Any, cupy: ModuleType) -> None:
        import cupyx

        super().__init__(capacity, cupy)
        self.copying = copying
        self.host = cupyx.empty_pinned(capacity, cupy.float32)
        self.copied = cupy.cuda.Event(disable_timing=True)

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


class DirectBuffer(_DeviceBuffer):
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
        super().__init__(capacity, cupy)
        self.file = file

    def load(  # noqa: D102
        self, count: int, offset: int | None, tasks: Tasks, submit: Submit
    ) -> Sequence[Any]:
        self.computed.synchronize()
        device = self.device[:count]
        return [_DirectRead(self.file.pread(device, file_offset=offset), device.nbytes)]

    def deliver(self, count: int) -> Any:  # noqa: D102
        return self.device[:count]


class _DirectRead:
    """A read by kvikio, with the methods of a future that are used here."""

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
            count = self.reading.get()
        except RuntimeError as error:
            raise OSError(first_line(error)) from error
        if count != self.nbytes:
            raise OSError(f"the file ends after {count} of {self.nbytes} bytes")


def _open_by_kvikio(file: Path) -> Any:
    if importlib.util.find_spec("kvikio") is None:
        log.info("frames go through pinned memory: kvikio is not installed (extra gds)")
        return None
    try:
        import kvikio

        return kvikio.CuFile(file, "r")
    except Exception as error:  # whatever kvikio, cuFile or its driver raise
        log.info("frames go through pinned memory: kvikio does not work (%s)", first_line(error))
        return None
