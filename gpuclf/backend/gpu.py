"""The GPU: CuPy arrays, cuML's SVMs."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import cache
from importlib import resources
from math import prod
from typing import Any

from gpuclf.backend import interface
from gpuclf.backend.interface import (
    Array,
    Backend,
    Batch,
    LinearFit,
    PairFit,
    PairOptions,
    PairSolutions,
    Wanted,
    Windows,
)
from gpuclf.backend.transfer import device_carriers
from gpuclf.errors import BackendError, first_line

# cuML reports its outer iterations, of which it makes at most 100 a vector. A solver that stops
# since nothing changes any more counts as converged: cuML does not tell.
OUTER_ITERATIONS = 100
USUAL_SHARED = 48 * 1024  # bytes of shared memory that a block may have without asking
THREADS = 256  # of a block of kernels in which each thread goes its own way
INSTALL = "python -m pip install cupy-cuda13x 'cuml-cu13==26.*' (CUDA 12: cu12 and cuda12x)"


def gpu(reason: str, *, require_cuml: bool = True) -> Backend:
    """Compute with CuPy and cuML.

    Parameters
    ----------
    reason : str
        Why, for people to read.
    require_cuml : bool
        Whether to refuse a machine that has CuPy but no cuML, where all but fitting works.

    Raises
    ------
    BackendError
        If CuPy or cuML is missing, or an allocation on the device fails.
    """
    if importlib.util.find_spec("cupy") is None:
        raise BackendError(f"CuPy is not installed; to install it: {INSTALL}")
    try:
        import cupy
    except ImportError as error:
        raise BackendError(f"CuPy cannot be imported ({first_line(error)}); {INSTALL}") from error
    try:
        cupy.zeros(1).sum().item()
        name = cupy.cuda.runtime.getDeviceProperties(cupy.cuda.Device().id)["name"].decode()
    except Exception as error:  # whatever CUDA, its driver or its compiler raise
        raise BackendError(f"no working CUDA device ({first_line(error)})") from error
    if require_cuml:
        _check_cuml()
    return Backend(
        name="gpu",
        device=name,
        reason=reason,
        xp=cupy,
        asarray=cupy.asarray,
        to_host=cupy.asnumpy,
        carriers=device_carriers,
        reduce_windows=_reduce_windows,
        dtype="float32",
        svm_types=("C", "linear"),  # cuML has no nu-SVM
        fit_pair=_cuml_pair,
        fit_linear=_cuml_linear,
        solve_pairs=_solve_pairs,
        solver_memory=3.3,  # a fold's own kernel is written out, by way of a product of matrices
        map=map,
        # The device itself is asked: cuML replaces CuPy's memory pool by its own.
        free_memory=lambda: int(cupy.cuda.runtime.memGetInfo()[0]),
        synchronize=lambda: cupy.cuda.get_current_stream().synchronize(),
    )


def _reduce_windows(frames: Array, edges: Any, wanted: Wanted, pool: Executor | None) -> Windows:
    import cupy
    import numpy as np

    bounds = np.stack([edges[:, :-2], edges[:, 2:]], axis=2)
    shape = (*bounds.shape[:2], frames.shape[1])
    found = Windows(
        sums=cupy.empty(shape),
        squares=cupy.empty(shape) if wanted.squares else None,
        low=cupy.empty(shape, cupy.float32) if wanted.extremes else None,
        high=cupy.empty(shape, cupy.float32) if wanted.extremes else None,
    )
    count = prod(shape)
    pointers = [0 if array is None else array.data.ptr for array in found]
    flags = [np.int32(flag) for flag in wanted]
    sizes = [np.int64(count), np.int64(shape[2])]
    arguments = (frames, cupy.asarray(bounds), *sizes, *flags, *map(np.uint64, pointers))
    kernel = _module("windows.cu").get_function("reduce_windows")
    kernel((-(-count // THREADS),), (THREADS,), arguments)
    return found


def _solve_pairs(
    matrix: Array, batch: Batch, on_solved: Callable[[int], None]
) -> list[PairSolutions]:
    import cupy

    from gpuclf.backend.launches import solve_batch

    def launch(blocks: int, threads: int, shared: int, arguments: Sequence[Any]) -> None:
        kernel = _module("smo.cu").get_function("solve_pairs")
        if shared > USUAL_SHARED:
            kernel.max_dynamic_shared_size_bytes = shared
        kernel((blocks,), (threads,), tuple(arguments), shared_mem=shared)

    most = int(cupy.cuda.Device().attributes["MaxSharedMemoryPerBlockOptin"])
    return solve_batch(matrix, batch, cupy, launch, most, on_solved)


@cache
def _module(name: str) -> Any:
    """Compile a file of CUDA kernels, once in a process; CuPy keeps the result on disk."""
    import cupy

    code = resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
    return cupy.RawModule(code=code, options=("-std=c++17",))


def _check_cuml() -> None:
    if importlib.util.find_spec("cuml") is None:
        raise BackendError(f"cuML is not installed; to install it: {INSTALL}")
    try:
        importlib.import_module("cuml.svm")
    except Exception as error:  # a library of CUDA that is missing or does not fit raises anything
        raise BackendError(f"cuML cannot be imported ({first_line(error)}); {INSTALL}") from error


def _cuml_pair(X: Array, second: Array, options: PairOptions) -> PairFit:
    from cuml.svm import SVC

    svm = SVC(
        C=options.C,
        kernel=options.kernel,
        gamma=options.gamma,
        tol=interface.TOLERANCE,
        max_iter=interface.PAIR_ITERATIONS,
        class_weight=_class_weight(options.weights),
        output_type="cupy",
    )
    svm.fit(X, second)
    return PairFit(
        svm.support_,
        -svm.dual_coef_[0],
        -float(svm.intercept_[0]),
        int(svm.n_iter_[0]) < OUTER_ITERATIONS * X.shape[0],
    )


def _class_weight(weights: Sequence[float]) -> dict[int, float] | None:
    """As cuML takes it; without any, it takes a shorter way."""
    return None if all(weight == 1 for weight in weights) else dict(enumerate(weights))


def _cuml_linear(X: Array, y: Array, C: float, weights: Sequence[float]) -> LinearFit:
    from cuml.svm import LinearSVC

    svm = LinearSVC(
        C=C,
        tol=interface.TOLERANCE,
        max_iter=interface.LINEAR_ITERATIONS,
        penalized_intercept=True,  # as liblinear does
        class_weight=_class_weight(weights),
        output_type="cupy",
    )
    svm.fit(X, y)
    return LinearFit(svm.coef_, svm.intercept_, int(svm.n_iter_) < interface.LINEAR_ITERATIONS)
