"""CuPy's current device, as the functions that launches require."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from gpuclf._typing import Ints
from gpuclf.backend.gpu_launch import Device, Launch

DEFAULT_SHARED = 40 * 1024  # bytes of shared memory that need no opt-in (CUDA allows 48 KiB in all)


def current_device() -> Device:
    """Return the current device of CuPy."""
    import cupy

    attributes = cupy.cuda.Device().attributes
    return Device(
        xp=cupy,
        launch=launch_kernel,
        address=lambda array: int(array.data.ptr),
        to_host=cupy.asnumpy,
        counter=_counter,
        submitted=_submitted,
        streams=_streams,
        join=_join,
        multiprocessors=int(attributes["MultiProcessorCount"]),
        max_shared=int(attributes["MaxSharedMemoryPerBlockOptin"]),
        free_memory=free_memory,
    )


def free_memory() -> int:
    """Return the free device memory in bytes, including that in CuPy's pool."""
    import cupy

    pool = cupy.get_default_memory_pool()
    return int(cupy.cuda.runtime.memGetInfo()[0]) + int(pool.free_bytes())


def launch_kernel(launch: Launch) -> None:
    """Run a kernel on the current stream of CuPy, asynchronously."""
    kernel = _module(launch.file, launch.macros).get_function(launch.kernel)
    if launch.shared > DEFAULT_SHARED:
        kernel.max_dynamic_shared_size_bytes = launch.shared
    # A host array is one of `_counter`, whose address is the same for the device.
    arguments = tuple(
        np.uint64(argument.ctypes.data) if isinstance(argument, np.ndarray) else argument
        for argument in launch.arguments
    )
    kernel((launch.blocks,), (launch.threads,), arguments, shared_mem=launch.shared)


@cache
def _module(name: str, macros: tuple[tuple[str, int | str], ...] = ()) -> Any:
    """Compile a CUDA file, once per process; CuPy caches the result on disk."""
    import cupy

    code = resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
    defined = [f"-D{macro}={value}" for macro, value in macros]
    return cupy.RawModule(code=code, options=("-std=c++17", *defined))


def _counter() -> Ints:
    import cupyx

    counter: Ints = cupyx.zeros_pinned(1, np.int32)
    return counter


def _submitted() -> Callable[[], bool]:
    import cupy

    event = cupy.cuda.Event(disable_timing=True)
    event.record()
    return lambda: bool(event.done)


def _streams(count: int) -> Sequence[Any]:
    import cupy

    event = cupy.cuda.Event(disable_timing=True)
    event.record()
    streams = [cupy.cuda.Stream(non_blocking=True) for _ in range(count)]
    for stream in streams:
        stream.wait_event(event)
    return streams


def _join(streams: Sequence[Any]) -> None:
    import cupy

    for stream in streams:
        event = cupy.cuda.Event(disable_timing=True)
        event.record(stream)
        cupy.cuda.get_current_stream().wait_event(event)
