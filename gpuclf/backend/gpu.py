"""GPU backend: CuPy arrays, CUDA kernels of the shared solver, and cuML's SVMs (optional)."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import cache
from importlib import resources
from math import prod
from typing import Any

from gpuclf._typing import Array
from gpuclf._utils.cache_folders import use_writable_caches
from gpuclf.backend import interface
from gpuclf.backend.gpu_batch import solve_batch
from gpuclf.backend.gpu_launch import Device, Launch
from gpuclf.backend.gpu_transfer import device_buffers
from gpuclf.backend.interface import (
    Backend,
    Batch,
    LinearFit,
    PairFit,
    PairOptions,
    Solved,
    Windows,
    WindowStatistics,
)
from gpuclf.errors import BackendError, first_line

DEFAULT_SHARED = 40 * 1024  # bytes of shared memory that need no opt-in (CUDA allows 48 KiB in all)
THREADS = 256  # per block
INSTALL = "python -m pip install cupy-cuda13x 'cuml-cu13==26.*' (CUDA 12: cu12 and cuda12x)"


def gpu(reason: str) -> Backend:
    """Return the GPU backend; cuML is imported only when one of its SVMs is fitted.

    Parameters
    ----------
    reason : str
        Why it was selected, for log messages and reports.

    Returns
    -------
    Backend

    Raises
    ------
    BackendError
        If CuPy is not available or cannot allocate memory on the device.
    """
    if importlib.util.find_spec("cupy") is None:
        raise BackendError(f"CuPy is not installed; to install it: {INSTALL}")
    use_writable_caches()
    try:
        import cupy
    except ImportError as error:
        raise BackendError(
            f"CuPy cannot be imported ({first_line(error)}); to reinstall it: {INSTALL}"
        ) from error
    try:
        cupy.zeros(1).sum().item()
        name = cupy.cuda.runtime.getDeviceProperties(cupy.cuda.Device().id)["name"].decode()
    except Exception as error:  # any error of CUDA, its driver or its compiler
        raise BackendError(f"no working CUDA device ({first_line(error)})") from error
    return Backend(
        name="gpu",
        device=name,
        reason=reason,
        xp=cupy,
        asarray=cupy.asarray,
        to_host=cupy.asnumpy,
        staging_buffers=device_buffers,
        reduce_windows=_reduce_windows,
        dtype="float32",
        svm_types=("C", "linear"),  # cuML has no nu-SVM
        require_library=require_cuml,
        fit_pair=_cuml_pair,
        fit_linear=_cuml_linear,
        solve_pairs=_solve_pairs,
        solver_memory=4.3,  # the matrix, two kernels, a product, coefficients
        map=map,
        free_memory=_free_memory,
        synchronize=lambda: cupy.cuda.get_current_stream().synchronize(),
    )


def _free_memory() -> int:
    """Return the free device memory in bytes, including that in CuPy's pool."""
    import cupy

    pool = cupy.get_default_memory_pool()
    return int(cupy.cuda.runtime.memGetInfo()[0]) + int(pool.free_bytes())


def require_cuml() -> None:
    """Import cuML and restore CuPy's memory pool, which cuML replaces.

    Raises
    ------
    BackendError
        If cuML is not installed or cannot be imported.
    """
    import cupy

    if importlib.util.find_spec("cuml") is None:
        raise BackendError(f"cuML is not installed; to install it: {INSTALL}")
    try:
        importlib.import_module("cuml.svm")
    except Exception as error:  # any error of a missing or incompatible CUDA library
        raise BackendError(
            f"cuML cannot be imported ({first_line(error)}); to reinstall it: {INSTALL}"
        ) from error
    # cuML makes CuPy allocate through RMM's plain cudaMalloc, which synchronises at each call.
    cupy.cuda.set_allocator(cupy.get_default_memory_pool().malloc)


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


def _cuml_pair(X: Array, second: Array, options: PairOptions) -> PairFit:
    require_cuml()
    from cuml.svm import SVC

    svm = SVC(
        C=options.C,
        kernel=options.kernel,
        gamma=options.gamma,
        tol=interface.TOLERANCE,
        max_iter=interface.PAIR_ITERATIONS,
        class_weight=_class_weight(options.class_weights),
        output_type="cupy",
    )
    svm.fit(X, second)
    # cuML does not report whether it stopped at its tolerance, at its iteration limit or for lack
    # of progress; so convergence is determined from the solution.
    converged = _violation(svm, X, second, options) <= 2 * interface.TOLERANCE
    return PairFit(svm.support_, -svm.dual_coef_[0], -float(svm.intercept_[0]), converged)


def _violation(svm: Any, X: Array, second: Array, options: PairOptions) -> float:
    """Return the violation of optimality of a fitted C-SVC, by libsvm's stopping criterion."""
    import cupy

    sign = cupy.where(second == 1, 1.0, -1.0)
    beta = cupy.zeros(X.shape[0])
    beta[svm.support_] = svm.dual_coef_[0]
    bound = options.C * cupy.where(second == 1, options.class_weights[1], options.class_weights[0])
    error = sign - (cupy.asarray(svm.decision_function(X)).ravel() - svm.intercept_[0])
    slack = 1e-6 * bound  # coefficients are float32
    can_rise = beta < cupy.where(sign > 0, bound, 0.0) - slack
    can_fall = beta > cupy.where(sign > 0, 0.0, -bound) + slack
    top = cupy.where(can_rise, error, -cupy.inf).max()
    bottom = cupy.where(can_fall, error, cupy.inf).min()
    return float((top - bottom).item())


def _class_weight(class_weights: Sequence[float]) -> dict[int, float] | None:
    """Return cuML's ``class_weight``; None if all weights are 1, which is faster."""
    return None if all(weight == 1 for weight in class_weights) else dict(enumerate(class_weights))


def _cuml_linear(X: Array, y: Array, C: float, class_weights: Sequence[float]) -> LinearFit:
    require_cuml()
    from cuml.svm import LinearSVC

    svm = LinearSVC(
        C=C,
        tol=interface.TOLERANCE,
        max_iter=interface.LINEAR_ITERATIONS,
        penalized_intercept=True,  # as liblinear does
        class_weight=_class_weight(class_weights),
        output_type="cupy",
    )
    svm.fit(X, y)
    return LinearFit(svm.coef_, svm.intercept_, int(svm.n_iter_) < interface.LINEAR_ITERATIONS)
