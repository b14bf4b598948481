"""SVMs of cuML: the library of the GPU backend."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Any

from gpuclf._typing import Array
from gpuclf.backend import interface
from gpuclf.backend.gpu_parts import INSTALL, import_cuml, is_installed
from gpuclf.backend.interface import LinearFit, PairFit, PairOptions
from gpuclf.errors import BackendError, first_line

log = logging.getLogger("gpuclf")

RETAINED = 2**30  # bytes that cuML's pool keeps between two fits: the kernel cache of one SVC
FIRST_BLOCK = 2**28  # bytes


@cache
def require_cuml() -> None:
    """Import cuML; CuPy keeps its memory allocator, and cuML's own allocations use a pool.

    Raises
    ------
    BackendError
        If cuML is not installed or cannot be imported.
    """
    if not is_installed("cuml"):
        raise BackendError(f"cuML is not installed; to install it: {INSTALL}")
    try:
        import_cuml()
    except Exception as error:  # any error of a missing or incompatible CUDA library
        raise BackendError(
            f"cuML cannot be imported ({first_line(error)}); to reinstall it: {INSTALL}"
        ) from error
    try:
        _use_pool(import_module("rmm").mr)
    except Exception as error:  # slower, but equally correct
        log.info("cuML allocates memory without a pool (%s)", first_line(error))


def _use_pool(mr: Any) -> None:
    """Let RMM, through which cuML's C++ code allocates, use a pool instead of ``cudaMalloc``.

    A resource that the user has set is kept.
    """
    if type(mr.get_current_device_resource()) is not mr.CudaMemoryResource:
        return
    try:
        pool = mr.CudaAsyncMemoryResource(release_threshold=RETAINED)
    except Exception:  # a driver without memory pools
        pool = mr.PoolMemoryResource(mr.CudaMemoryResource(), initial_pool_size=FIRST_BLOCK)
    mr.set_current_device_resource(pool)


def fit_pair(X: Array, second: Array, options: PairOptions) -> PairFit:
    """Fit a C-SVC of two classes; see `Backend.fit_pair`."""
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
    svm.fit(X, second, sample_weight=_copied(options.sample_weight, X))
    # cuML does not report whether it stopped at its tolerance, at its iteration limit or for lack
    # of progress; so convergence is determined from the solution.
    converged = _violation(svm, X, second, options) <= 2 * interface.TOLERANCE
    return PairFit(svm.support_, -svm.dual_coef_[0], -svm.intercept_[0].item(), converged)


def _violation(svm: Any, X: Array, second: Array, options: PairOptions) -> float:
    """Return the violation of optimality of a fitted C-SVC, by libsvm's stopping criterion."""
    import cupy

    sign = cupy.where(second == 1, 1.0, -1.0)
    beta = cupy.zeros(X.shape[0])
    beta[svm.support_] = svm.dual_coef_[0]
    bound = options.C * cupy.where(second == 1, options.class_weights[1], options.class_weights[0])
    bound = bound if options.sample_weight is None else bound * options.sample_weight
    error = sign - (cupy.asarray(svm.decision_function(X)).ravel() - svm.intercept_[0])
    slack = 1e-6 * bound  # coefficients are float32
    can_rise = beta < cupy.where(sign > 0, bound, 0.0) - slack
    can_fall = beta > cupy.where(sign > 0, 0.0, -bound) + slack
    top = cupy.where(can_rise, error, -cupy.inf).max()
    bottom = cupy.where(can_fall, error, cupy.inf).min()
    return float((top - bottom).item())


def fit_linear(
    X: Array,
    y: Array,
    C: float,
    class_weights: Sequence[float],
    sample_weight: Array | None = None,
) -> LinearFit:
    """Fit a LinearSVC; see `Backend.fit_linear`.

    With more than two classes, the weight of a class applies in its own decision function only, as
    in liblinear; cuML's multi-class LinearSVC applies all weights in all functions.
    """
    require_cuml()
    import cupy

    if len(class_weights) == 2:
        return _fit_one(X, y, C, class_weights, sample_weight)
    fits = [
        _fit_one(X, y == label, C, (1.0, weight), sample_weight)
        for label, weight in enumerate(class_weights)
    ]
    return LinearFit(
        cupy.concatenate([fit.coef for fit in fits]),
        cupy.concatenate([fit.intercept for fit in fits]),
        all(fit.converged for fit in fits),
    )


def _fit_one(
    X: Array, positive: Array, C: float, weights: Sequence[float], sample_weight: Array | None
) -> LinearFit:
    """Fit one decision function; ``positive`` is 0 or 1, ``weights`` are the factors of C."""
    import cupy
    from cuml.svm import LinearSVC

    # cuML 26.10 follows the gradient of half the squared hinge loss (cpp/src/glm/qn/glm_svm.cuh),
    # so that its C is half of liblinear's; and its tolerance bounds the square of the gradient.
    svm = LinearSVC(
        C=2 * C,
        tol=interface.TOLERANCE**2,
        max_iter=interface.LINEAR_ITERATIONS,
        penalized_intercept=True,  # as liblinear does
        class_weight=_class_weight(weights),
        output_type="cupy",
    )
    svm.fit(X, positive.astype(cupy.int32), sample_weight=_copied(sample_weight, X))
    # n_iter_ is below the limit also if the line search failed or progress stalled.
    bounds = C * cupy.where(positive == 1, weights[1], weights[0])
    bounds = bounds if sample_weight is None else bounds * sample_weight
    sign = cupy.where(positive == 1, 1.0, -1.0)
    return LinearFit(svm.coef_, svm.intercept_, _is_optimal(svm, X, sign, bounds))


def _is_optimal(svm: Any, X: Array, sign: Array, bounds: Array) -> bool:
    """Return True if a fitted LinearSVC minimises liblinear's objective.

    The norm of the gradient of ``|w|^2 / 2 + sum C_i max(0, 1 - s_i w'x_i)^2``, where ``w``
    includes the intercept, is at most the tolerance times its norm at ``w = 0``.
    """
    import cupy

    def gradient_norm(coef: Array, intercept: Array) -> Array:
        errors = cupy.maximum(0.0, 1.0 - sign * (X @ coef + intercept))
        pull = (2 * bounds * sign * errors).astype(X.dtype)
        return cupy.sqrt(((coef - pull @ X) ** 2).sum() + (intercept - pull.sum()) ** 2)

    coef, intercept = svm.coef_[0], svm.intercept_[0]
    start = gradient_norm(cupy.zeros_like(coef), cupy.zeros_like(intercept))
    return bool((gradient_norm(coef, intercept) <= interface.TOLERANCE * start).item())


def _copied(sample_weight: Array | None, X: Array) -> Array | None:
    """Return a copy for one fit: cuML multiplies the array by the class weights in place."""
    return None if sample_weight is None else sample_weight.astype(X.dtype)


def _class_weight(class_weights: Sequence[float]) -> dict[int, float] | None:
    """Return cuML's ``class_weight``; None if all weights are 1, which is faster."""
    return None if all(weight == 1 for weight in class_weights) else dict(enumerate(class_weights))
