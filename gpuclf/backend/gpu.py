"""GPU backend: CuPy arrays, CUDA kernels of the shared solver, and cuML's SVMs (optional)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial
from math import prod
from threading import Lock
from typing import Any

from gpuclf._typing import Array
from gpuclf._utils.memory import size_text
from gpuclf.backend import gpu_cuml
from gpuclf.backend.gpu_batch import solve_batch
from gpuclf.backend.gpu_cupy import current_device, free_memory, launch_kernel
from gpuclf.backend.gpu_decide import vote_of_pairs
from gpuclf.backend.gpu_device import disable_tf32, onnx_providers, select_device
from gpuclf.backend.gpu_exclusive import exclusive
from gpuclf.backend.gpu_launch import THREADS, Launch
from gpuclf.backend.gpu_memory import planned_memory
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
        solver_memory=planned_memory,
        vote_of_pairs=_vote_of_pairs,
        map=map,
        fft_samples=2**19,
        onnx_providers=onnx_providers(device),
        onnx_batch=16,
        exclusive=partial(exclusive, Lock()),
        free_memory=free_memory,
        synchronize=lambda: cupy.cuda.get_current_stream().synchronize(),
        activate=lambda: cupy.cuda.Device(device).use(),
        number=number,
    )


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
    pointers = [np.uint64(0 if array is None else array.data.ptr) for array in windows]
    flags = [np.int32(flag) for flag in statistics]
    sizes = [np.int64(count), np.int64(shape[2])]
    arguments = [frames, cupy.asarray(bounds), *sizes, *flags, *pointers]
    blocks = -(-count // THREADS)
    launch_kernel(Launch("windows.cu", "reduce_windows", (), blocks, THREADS, 0, arguments))
    return windows


def _solve_pairs(matrix: Array, batch: Batch, on_solved: Callable[[int], None]) -> Solved:
    vectors = matrix.shape[0]
    try:
        return solve_batch(matrix, batch, current_device(), on_solved)
    except MemoryError as error:
        raise BackendError(
            f"the GPU is out of memory for the SVMs of {vectors} vectors "
            f"({size_text(planned_memory(vectors))} planned, {size_text(free_memory())} free)",
            expected="fewer vectors, the solver library or the backend cpu",
        ) from error


def _vote_of_pairs(
    decisions: Array, pairs: Sequence[tuple[int, int]], n_classes: int
) -> tuple[Array, Array]:
    return vote_of_pairs(decisions, pairs, n_classes, current_device())
