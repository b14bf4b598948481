"""The choice of CPU or GPU: made once, at the outermost edge, and handed down.

A `Backend` holds all that differs between the two: the array module ``xp``, moving arrays there and
back, and the library that fits one SVM. Code further down is given the backend, or just ``xp``, and
never asks which one it is. Nothing is imported and no device is touched before `resolve` is called.

Conventions: a pair problem is fitted on the vectors of two classes, ``second`` is 0 for those of
the first class and 1 for those of the second, and a decision value above 0 speaks for the *first*
class, as in libsvm. Fits stop at a tolerance of 1e-3.
"""

from __future__ import annotations

import importlib.util
import logging
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

from gpuclf.errors import BackendError, InputError, one_of

log = logging.getLogger("gpuclf")

Array = Any  # a NumPy or a CuPy array: no type covers both
Item = TypeVar("Item")
Result = TypeVar("Result")

CHOICES = ("auto", "cpu", "gpu")
TOLERANCE = 1e-3
PAIR_ITERATIONS = 10_000_000  # libsvm's own limit, which scikit-learn lifts
LINEAR_ITERATIONS = 1_000  # scikit-learn's and cuML's default for LinearSVC
INSTALL = "python -m pip install cupy-cuda13x 'cuml-cu13==26.*' (CUDA 12: cu12 and cuda12x)"


class PairFit(NamedTuple):
    """One fitted two-class SVM: ``decision(x) = sum(coef * k(X[support], x)) + intercept``."""

    support: Array  # (support vectors,) int, rows of X
    coef: Array  # (support vectors,) float
    intercept: float
    converged: bool


class LinearFit(NamedTuple):
    """Fitted linear decision functions: one a class, or one in all for two classes."""

    weights: Array  # (classes or 1, n) float
    intercept: Array  # (classes or 1,) float
    converged: bool


class FitPair(Protocol):
    """Fit a C-SVC or nu-SVC on the vectors of two classes."""

    def __call__(  # noqa: D102
        self,
        X: Array,
        second: Array,
        *,
        svm_type: Literal["C", "nu"],
        C: float,
        nu: float,
        kernel: str,
        gamma: float,
    ) -> PairFit: ...


@dataclass(frozen=True, eq=False, repr=False)
class Backend:
    """Everything that differs between the CPU and the GPU.

    Parameters
    ----------
    name : str
        ``cpu`` or ``gpu``.
    device : str
        What it runs on, for people to read.
    reason : str
        Why it was chosen.
    xp : module
        NumPy or CuPy.
    asarray : callable
        Moves an array of any kind to the device; leaves one that is there alone.
    to_host : callable
        Moves an array of the device into a NumPy array.
    dtype : str
        The type in which its SVM library works: libsvm turns everything into float64.
    svm_types : tuple of str
        The kinds of SVM that its library can fit: ``C``, ``nu``, ``linear``.
    fit_pair : callable
        Fits one two-class SVM, see `FitPair`.
    fit_linear : callable
        ``(X, y, C) -> LinearFit``: a LinearSVC, squared hinge loss, penalised intercept.
    map : callable
        Applies a function to every item, in order, side by side where the device gains by it.
    free_memory : callable
        Bytes that are free on the device.
    synchronize : callable
        Waits until the device has done all that it was given.
    """

    name: str
    device: str
    reason: str
    xp: ModuleType
    asarray: Callable[[Any], Array]
    to_host: Callable[[Array], Any]
    dtype: str
    svm_types: tuple[str, ...]
    fit_pair: FitPair
    fit_linear: Callable[[Array, Array, float], LinearFit]
    map: Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]]
    free_memory: Callable[[], int]
    synchronize: Callable[[], None]

    def __repr__(self) -> str:
        return f"<{self.name}: {self.device}>"

    # An estimator that holds a backend is cloned and pickled; the backend is then found again by
    # name.
    def __deepcopy__(self, memo: dict[int, Any]) -> Backend:
        return self

    def __reduce__(self) -> tuple[Callable[[str], Backend], tuple[str]]:
        return resolve, (self.name,)


def resolve(choice: str | Backend = "auto") -> Backend:
    """Choose where to compute.

    Parameters
    ----------
    choice : {"auto", "cpu", "gpu"} or Backend
        ``auto`` takes the GPU if cuML is installed and an allocation really works, else the CPU.
        ``gpu`` never falls back. A backend is returned as it is.

    Returns
    -------
    Backend
        The same object for the same choice. ``auto`` logs it and the reason once.

    Raises
    ------
    BackendError
        If ``gpu`` was asked for and something is missing; the message says what, and how to get it.

    Examples
    --------
    >>> resolve("cpu").name
    'cpu'
    >>> resolve("tpu")
    Traceback (most recent call last):
    gpuclf.errors.InputError: backend: got 'tpu', expected one of auto, cpu, gpu
    """
    if isinstance(choice, Backend):
        return choice
    if choice not in CHOICES:
        raise InputError("backend", got=repr(choice), expected=one_of(CHOICES))
    return _resolve(choice)


@cache
def _resolve(choice: str) -> Backend:
    if choice == "cpu":
        return cpu("it was asked for")
    if choice == "gpu":
        return gpu("it was asked for")
    try:
        chosen = gpu("an allocation on it works")
    except BackendError as error:
        chosen = cpu(f"no GPU: {error}")
    log.info("backend %s (%s): %s", chosen.name, chosen.device, chosen.reason)
    return chosen


def lives_on_device(array: object) -> bool:
    """Tell whether an array is in a GPU's memory, which NumPy cannot read.

    Examples
    --------
    >>> lives_on_device([1.0, 2.0])
    False
    """
    return hasattr(array, "__cuda_array_interface__")


# ---------------------------------------------------------------------------------------------- cpu


def cpu(reason: str) -> Backend:
    """Compute with NumPy and scikit-learn.

    Parameters
    ----------
    reason : str
        Why, for people to read.
    """
    import numpy as np
    import psutil

    def asarray(array: Any) -> Array:
        return array.get() if lives_on_device(array) else np.asarray(array)

    return Backend(
        name="cpu",
        device=f"{_cores()} core" + "s" * (_cores() > 1),
        reason=reason,
        xp=np,
        asarray=asarray,
        to_host=np.asarray,
        dtype="float64",
        svm_types=("C", "nu", "linear"),
        fit_pair=_sklearn_pair,
        fit_linear=_sklearn_linear,
        map=_side_by_side,
        free_memory=lambda: int(psutil.virtual_memory().available),
        synchronize=lambda: None,
    )


def _sklearn_pair(
    X: Array,
    second: Array,
    *,
    svm_type: Literal["C", "nu"],
    C: float,
    nu: float,
    kernel: str,
    gamma: float,
) -> PairFit:
    from sklearn.svm import SVC, NuSVC

    svm = SVC(C=C) if svm_type == "C" else NuSVC(nu=nu)
    svm.set_params(kernel=kernel, gamma=gamma, tol=TOLERANCE, max_iter=PAIR_ITERATIONS)
    try:
        svm.fit(X, second)
    except ValueError as error:  # a margin of width 0: nu at its limit, or values beyond float64
        raise InputError(
            "the SVM",
            got=f"no finite solution ({_line(error)})",
            expected="scaled features, a lower nu",
        ) from error
    # scikit-learn turns libsvm's signs round for two classes; this turns them back.
    return PairFit(svm.support_, -svm.dual_coef_[0], -svm.intercept_[0], svm.fit_status_ == 0)


def _sklearn_linear(X: Array, y: Array, C: float) -> LinearFit:
    from sklearn.svm import LinearSVC

    svm = LinearSVC(C=C, tol=TOLERANCE, max_iter=LINEAR_ITERATIONS, dual="auto", random_state=0)
    svm.fit(X, y)
    return LinearFit(svm.coef_, svm.intercept_, svm.n_iter_ < LINEAR_ITERATIONS)


def _side_by_side(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Map in as many threads as there are cores; libsvm and liblinear release the GIL."""
    from threadpoolctl import threadpool_limits

    # One BLAS thread each: no two workers fight for a core, and no sum depends on their number.
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(_cores()) as pool:
        try:
            yield from pool.map(function, items)
        finally:
            pool.shutdown(cancel_futures=True)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


# ---------------------------------------------------------------------------------------------- gpu


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
        raise BackendError(f"CuPy cannot be imported ({_line(error)}); {INSTALL}") from error
    try:
        cupy.zeros(1).sum().item()
        name = cupy.cuda.runtime.getDeviceProperties(cupy.cuda.Device().id)["name"].decode()
    except Exception as error:  # whatever CUDA, its driver or its compiler raise
        raise BackendError(f"no working CUDA device ({_line(error)})") from error
    if require_cuml and importlib.util.find_spec("cuml") is None:
        raise BackendError(f"cuML is not installed; to install it: {INSTALL}")
    return Backend(
        name="gpu",
        device=name,
        reason=reason,
        xp=cupy,
        asarray=cupy.asarray,
        to_host=cupy.asnumpy,
        dtype="float32",
        svm_types=("C", "linear"),  # cuML has no nu-SVM
        fit_pair=_cuml_pair,
        fit_linear=_cuml_linear,
        map=map,
        # The device itself is asked: cuML replaces CuPy's memory pool by its own.
        free_memory=lambda: int(cupy.cuda.runtime.memGetInfo()[0]),
        synchronize=lambda: cupy.cuda.get_current_stream().synchronize(),
    )


def _cuml_pair(
    X: Array,
    second: Array,
    *,
    svm_type: Literal["C", "nu"],
    C: float,
    nu: float,
    kernel: str,
    gamma: float,
) -> PairFit:
    from cuml.svm import SVC

    svm = SVC(
        C=C,
        kernel=kernel,
        gamma=gamma,
        tol=TOLERANCE,
        max_iter=PAIR_ITERATIONS,
        output_type="cupy",
    )
    svm.fit(X, second)
    return PairFit(
        svm.support_,
        -svm.dual_coef_[0],
        -float(svm.intercept_[0]),
        int(svm.n_iter_[0]) < PAIR_ITERATIONS,
    )


def _cuml_linear(X: Array, y: Array, C: float) -> LinearFit:
    from cuml.svm import LinearSVC

    svm = LinearSVC(
        C=C,
        tol=TOLERANCE,
        max_iter=LINEAR_ITERATIONS,
        penalized_intercept=True,  # as liblinear does
        output_type="cupy",
    )
    svm.fit(X, y)
    return LinearFit(svm.coef_, svm.intercept_, int(svm.n_iter_) < LINEAR_ITERATIONS)


def _line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
