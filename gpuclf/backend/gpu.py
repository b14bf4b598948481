"""GPU backend: CuPy arrays, CUDA kernels of the shared solver, and cuML's SVMs (optional)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from functools import cache
from importlib import resources
from math import prod
from typing import Any

from gpuclf._typing import Array
from gpuclf.backend import gpu_cuml
from gpuclf.backend.gpu_batch import solve_batch
from gpuclf.backend.gpu_device import disable_tf32, select_device
from gpuclf.backend.gpu_launch import Device, Launch
from gpuclf.backend.gpu_parts import INSTALL, import_cupy, is_installed
from gpuclf.backend.gpu_transfer import device_buffers
from gpuclf.backend.interface import (
    Backend,
    Batch,
    Solved,
    Windows,
    WindowStatistics,
)
from gpuclf.errors import BackendError, first_line

DEFAULT_SHARED = 40 * 1024  # bytes of shared memory that need no opt-in (CUDA allows 48 KiB in all)
THREADS = 256  # per block


def gpu(reason: str, number: int | None = None) -> Backend:
    """Return the GPU backend; cuML is imported only when one of its SVMs is fitted.

    Parameters
    ----------
    reason : str
        Why it was selected, for log messages and reports.
    number : int, optional
        Number of the GPU among the visible ones; by default CuPy's current device.

    Returns
    -------
    Backend

    Raises
    ------
    BackendError
        If CuPy is not available or cannot allocate memory on the device.
    """
    if not is_installed("cupy"):
        raise BackendError(f"CuPy is not installed; to install it: {INSTALL}")
    try:
        cupy = import_cupy()
    except ImportError as error:
        raise BackendError(
            f"CuPy cannot be imported ({first_line(error)}); to reinstall it: {INSTALL}"
        ) from error
    device, description = select_device(cupy, number)
    disable_tf32()
    return Backend(
        name="gpu",
        device=description,
        reason=reason,
        xp=cupy,
        asarray=cupy.asarray,
        to_host=cupy.asnumpy,
        staging_buffers=device_buffers,
        reduce_windows=_reduce_windows,
        dtype="float32",
        svm_types=("C", "linear"),  # cuML has no nu-SVM
        require_library=gpu_cuml.require_cuml,
        fit_pair=gpu_cuml.fit_pair,
        fit_linear=gpu_cuml.fit_linear,
        solve_pairs=_solve_pairs,
        solver_memory=4.3,  # the matrix, two kernels, a product, coefficients
        map=map,
        free_memory=_free_memory,
        synchronize=lambda: cupy.cuda.get_current_stream().synchronize(),
        activate=lambda: cupy.cuda.Device(device).use(),
        number=number,
    )


def _free_memory() -> int:
    """Return the free device memory in bytes, including that in CuPy's pool."""
    import cupy

    pool = cupy.get_default_memory_pool()
    return int(cupy.cuda.runtime.memGetInfo()[0]) + int(pool.free_bytes())


def _reduce_windows(
    frames: Array, edges: Any, segments: int, statistics: WindowStatistics, pool: Executor | None
) -> Windows:
    import cupy
    import numpy as np

    bounds = np.stack([edges[:, :-segments], edges[:, segments:]], axis=2)
    shape = (*bounds.shape[:2], frames.shape[1])
    windows = Windows(
        sums=cupy.empty(shape),
        squares=cupy.empty(shape) if statistics.squares else None,
        low=cupy.empty(shape, cupy.float32) if statistics.extremes else None,
        high=cupy.empty(shape, cupy.float32) if statistics.extremes else None,
    )
    count = prod(shape)
    pointers = [0 if array is None else array.data.ptr for array in windows]
    flags = [np.int32(flag) for flag in statistics]
    sizes = [np.int64(count), np.int64(shape[2])]
    arguments = (frames, cupy.asarray(bounds), *sizes, *flags, *map(np.uint64, pointers))
    kernel = _module("windows.cu").get_function("reduce_windows")
    kernel((-(-count // THREADS),), (THREADS,), arguments)
    return windows


def _solve_pairs(matrix: Array, batch: Batch, on_solved: Callable[[int], None]) -> Solved:
    import cupy

    device = Device(
        xp=cupy,
        launch=_launch,
        address=lambda array: int(array.data.ptr),
        to_host=cupy.asnumpy,
        max_shared=int(cupy.cuda.Device().attributes["MaxSharedMemoryPerBlockOptin"]),
        free_memory=_free_memory,
    )
    return solve_batch(matrix, batch, device, on_solved)


def _launch(launch: Launch) -> None:
    kernel = _module(launch.file, launch.macros).get_function(launch.kernel)
    if launch.shared > DEFAULT_SHARED:
        kernel.max_dynamic_shared_size_bytes = launch.shared
    kernel((launch.blocks,), (launch.threads,), tuple(launch.arguments), shared_mem=launch.shared)


@cache
def _module(name: str, macros: tuple[tuple[str, int | str], ...] = ()) -> Any:
    """Compile a CUDA file, once per process; CuPy caches the result on disk."""
    import cupy

    code = resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
    defined = [f"-D{macro}={value}" for macro, value in macros]
    return cupy.RawModule(code=code, options=("-std=c++17", *defined))
