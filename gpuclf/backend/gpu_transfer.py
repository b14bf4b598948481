"""Double-buffered host-to-device transfer: reading and copying overlap with computation.

Copies run on a CUDA stream of their own, computation on the current stream. Events order them:

- computation on a block waits for its copy;
- a copy into a device array waits for the computation on the array's previous block;
- reading into a pinned host array waits for the copy of its previous block.
"""

from __future__ import annotations

import importlib.util
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from gpuclf._utils.memory import cores
from gpuclf.backend.staging import StagingBuffer, Submit, Tasks
from gpuclf.errors import first_line

log = logging.getLogger("gpuclf")

KVIKIO_THREADS = {"KVIKIO_NTHREADS", "KVIKIO_NUM_THREADS"}  # environment variables


def device_buffers(count: int, capacity: int, file: Path | None) -> Sequence[StagingBuffer]:
    """Return staging buffers of the GPU.

    Parameters
    ----------
    count : int
        Number of buffers.
    capacity : int
        Maximum number of float32 values of each.
    file : Path or None
        File that stores all blocks as contiguous float32; kvikio, if available, reads it directly
        into device memory.

    Returns
    -------
    list of PinnedBuffer or DirectBuffer
    """
    import cupy

    direct = None if file is None else _open_by_kvikio(file)
    if direct is not None:
        return [DirectBuffer(direct, capacity, cupy) for _ in range(count)]
    copy_stream = cupy.cuda.Stream(non_blocking=True)
    return [PinnedBuffer(capacity, copy_stream, cupy) for _ in range(count)]


class _DeviceBuffer:
    """Device memory for one block, and an event after which it may be overwritten."""

    def __init__(self, capacity: int, cupy: ModuleType) -> None:
        self.cupy = cupy
        self.device = cupy.empty(capacity, cupy.float32)
        self.computed = cupy.cuda.Event(disable_timing=True)
        self.computed.record()  # submitted work may still use the memory just allocated

    def release(self) -> None:
        self.computed.record()


class PinnedBuffer(_DeviceBuffer):
    """Staging buffer that reads into pinned host memory and copies asynchronously.

    Parameters
    ----------
    capacity : int
        Maximum number of float32 values.
    copy_stream : cupy.cuda.Stream
        Shared by all buffers, so that copies run one after the other.
    cupy : module
        CuPy.
    """

    def __init__(self, capacity: int, copy_stream: Any, cupy: ModuleType) -> None:
        import cupyx

        super().__init__(capacity, cupy)
        self.copy_stream = copy_stream
        self.host = cupyx.empty_pinned(capacity, cupy.float32)
        self.copied = cupy.cuda.Event(disable_timing=True)

    def load(  # noqa: D102
        self, count: int, offset: int | None, tasks: Tasks, submit: Submit
    ) -> Sequence[Any]:
        self.copied.synchronize()
        return [submit(task) for task in tasks(self.host[:count])]

    def deliver(self, count: int) -> Any:  # noqa: D102
        self.copy_stream.wait_event(self.computed)
        device = self.device[:count]
        device.set(self.host[:count], stream=self.copy_stream)
        self.copied.record(self.copy_stream)
        self.cupy.cuda.get_current_stream().wait_event(self.copied)
        return device


class DirectBuffer(_DeviceBuffer):
    """Staging buffer that kvikio fills from the file (GPUDirect Storage, or its own threads).

    Parameters
    ----------
    file : kvikio.CuFile
        Open file, shared by all buffers.
    capacity : int
        Maximum number of float32 values.
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
    """Future of a read by kvikio: `cancel`, `exception` and `result`."""

    def __init__(self, future: Any, nbytes: int) -> None:
        self.future, self.nbytes = future, nbytes

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
            count = self.future.get()
        except RuntimeError as error:
            raise OSError(first_line(error)) from error
        if count != self.nbytes:
            raise OSError(f"file ends after {count} of {self.nbytes} bytes")


def _open_by_kvikio(file: Path) -> Any:
    if importlib.util.find_spec("kvikio") is None:
        log.info("reading through pinned host memory: kvikio is not installed (extra gds)")
        return None
    try:
        import kvikio
        import kvikio.defaults

        if not KVIKIO_THREADS & os.environ.keys() and kvikio.defaults.get("num_threads") == 1:
            kvikio.defaults.set("num_threads", cores())  # its default is 1
        return kvikio.CuFile(file, "r")
    except Exception as error:  # any error of kvikio, cuFile or its driver
        log.info("reading through pinned host memory: kvikio failed (%s)", first_line(error))
        return None
