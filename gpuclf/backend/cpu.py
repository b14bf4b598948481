"""CPU backend: NumPy arrays, scikit-learn's SVMs and the shared solver, one thread per core."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from typing import Any, TypeVar

from gpuclf._typing import Array
from gpuclf._utils.memory import cores, free_memory
from gpuclf.backend import interface
from gpuclf.backend.interface import (
    Backend,
    Batch,
    LinearFit,
    PairFit,
    PairOptions,
    Solved,
    Windows,
    WindowStatistics,
    lives_on_device,
)
from gpuclf.backend.staging import HostBuffer
from gpuclf.backend.votes import vote_of_pairs
from gpuclf.errors import InputError, first_line

Result = TypeVar("Result")


def cpu(reason: str) -> Backend:
    """Return the CPU backend.

    Parameters
    ----------
    reason : str
        Why it was selected, for log messages and reports.

    Returns
    -------
    Backend

    Examples
    --------
    >>> cpu("selected explicitly").svm_types
    ('C', 'nu', 'linear')
    """
    import numpy as np

    def asarray(array: Any) -> Array:
        return array.get() if lives_on_device(array) else np.asarray(array)

    return Backend(
        name="cpu",
        device=f"{cores()} core" + "s" * (cores() > 1),
        reason=reason,
        xp=np,
        asarray=asarray,
        to_host=np.asarray,
        staging_buffers=lambda count, capacity, file: [HostBuffer(capacity) for _ in range(count)],
        reduce_windows=_reduce_windows,
        dtype="float64",
        svm_types=("C", "nu", "linear"),
        require_library=lambda: None,
        fit_pair=_sklearn_pair,
        fit_linear=_sklearn_linear,
        solve_pairs=_solve_pairs,
        solver_memory=lambda vectors: int(1.3 * 4 * vectors**2),
        vote_of_pairs=vote_of_pairs,
        map=_map_threads,
        fft_samples=2**16,
        onnx_providers=(("CPUExecutionProvider", {}),),
        onnx_batch=1,  # a core gains nothing from more
        exclusive=nullcontext,
        free_memory=free_memory,
        synchronize=lambda: None,
        activate=lambda: None,
    )


def _reduce_windows(
    frames: Array, edges: Any, segments: int, statistics: WindowStatistics, pool: Executor | None
) -> Windows:
    from gpuclf.backend.windows import reduce_windows

    return reduce_windows(frames, edges, segments, statistics, pool)


def _sklearn_pair(X: Array, second: Array, options: PairOptions) -> PairFit:
    from sklearn.svm import SVC, NuSVC

    svm = SVC(C=options.C) if options.svm_type == "C" else NuSVC(nu=options.nu)
    svm.set_params(
        kernel=options.kernel,
        gamma=options.gamma,
        tol=interface.TOLERANCE,
        max_iter=interface.PAIR_ITERATIONS,
        class_weight=dict(enumerate(options.class_weights)),
    )
    try:
        svm.fit(X, second, sample_weight=options.sample_weight)
    except ValueError as error:  # margin of width 0 (nu at its limit), or float64 overflow
        raise InputError(
            "the SVM",
            got=f"no finite solution ({first_line(error)})",
            expected="scaled features or a lower nu",
        ) from error
    # scikit-learn inverts libsvm's signs for two classes.
    return PairFit(svm.support_, -svm.dual_coef_[0], -svm.intercept_[0], svm.fit_status_ == 0)


def _sklearn_linear(
    X: Array,
    y: Array,
    C: float,
    class_weights: Sequence[float],
    sample_weight: Array | None = None,
) -> LinearFit:
    from sklearn.svm import LinearSVC

    svm = LinearSVC(
        C=C,
        tol=interface.TOLERANCE,
        max_iter=interface.LINEAR_ITERATIONS,
        dual="auto",
        random_state=0,
        class_weight=dict(enumerate(class_weights)),
    )
    svm.fit(X, y, sample_weight=sample_weight)
    return LinearFit(svm.coef_, svm.intercept_, svm.n_iter_ < interface.LINEAR_ITERATIONS)


def _solve_pairs(matrix: Array, batch: Batch, on_solved: Callable[[int], None]) -> Solved:
    from gpuclf.backend.smo.batch import solve_batch

    with _workers() as pool:
        return solve_batch(matrix, batch, pool.map, cores(), on_solved)


def _map_threads(function: Callable[..., Result], *items: Iterable[Any]) -> Iterator[Result]:
    """Map in one thread per core; libsvm and liblinear release the GIL."""
    with _workers() as pool:
        yield from pool.map(function, *items)


@contextmanager
def _workers() -> Iterator[ThreadPoolExecutor]:
    """Yield a pool of one thread per core, with BLAS limited to one thread.

    Workers do not compete for cores, and no sum depends on their number.
    """
    from threadpoolctl import threadpool_limits

    pool = ThreadPoolExecutor(cores(), thread_name_prefix="gpuclf-fit")
    with threadpool_limits(1, "blas"):
        try:
            yield pool
        finally:  # an interrupt does not wait for running fits
            pool.shutdown(wait=False, cancel_futures=True)
