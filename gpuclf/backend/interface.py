"""Interface of a backend: everything that differs between the CPU and the GPU.

Conventions: a two-class SVM is fitted on the vectors of a pair of classes. ``second`` is 0 for
vectors of the first class and 1 for vectors of the second; a decision value above 0 is a vote for
the *first* class, as in libsvm. Stopping tolerance of all fits: 1e-3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from gpuclf._typing import Array
from gpuclf.backend.staging import StagingBuffer

TOLERANCE = 1e-3
PAIR_ITERATIONS = 10_000_000  # libsvm's limit; scikit-learn sets none
SHARED_ITERATIONS = 1_000_000  # of the shared solver, per two-class SVM: about 1 s
LINEAR_ITERATIONS = 1_000  # default of LinearSVC in scikit-learn and cuML


class PairFit(NamedTuple):
    """Fitted two-class SVM: ``decision(x) = sum(coef * k(X[support], x)) + intercept``."""

    support: Array  # (support vectors,) int, rows of X
    coef: Array  # (support vectors,) float
    intercept: float
    converged: bool


class LinearFit(NamedTuple):
    """Fitted linear decision functions: one per class, or a single one for two classes."""

    coef: Array  # (classes or 1, n) float
    intercept: Array  # (classes or 1,) float
    converged: bool


class KernelChange(NamedTuple):
    """Difference between a fold's kernel and the matrix that all folds share.

    The fold's scaling multiplies each feature ``f`` of a set ``S`` by a factor ``a_f``. With
    ``W = diag(a_f^2 - 1)``, inner products change by ``x_S' W z_S`` and squared distances by
    ``(x - z)_S' W (x - z)_S``.
    """

    columns: Any  # (changed features,) int64, on the host: S, as columns of the batch's features
    column_weights: Any  # (changed features,) float, on the host: diagonal of W
    gamma: float  # > 0: RBF kernel, the matrix holds squared distances; 0: it holds kernel values


class TrainingSet(NamedTuple):
    """Training set of one fold, as weights of all vectors."""

    kernel: KernelChange
    weight: Any  # (vectors,) float64, on the host: factor of C; 0: not in the training set


class Batch(NamedTuple):
    """Two-class problems: every pair of classes, in every fold, for every value of C or nu.

    The vectors of a pair are listed first class first; the second item of a pair is the number of
    vectors of the first class. A class has the same vectors in all of its pairs.
    """

    features: Array  # (vectors, n) float: the features from which the matrix was computed
    pairs: Sequence[tuple[Any, int]]  # (vectors of both classes (int64, host), size of the first)
    folds: Sequence[TrainingSet]
    base: TrainingSet  # its solution is the starting point of the folds
    values: Sequence[float]  # C or nu, ascending
    nu: bool  # nu-SVC instead of C-SVC
    tested: Sequence[Any]  # test vectors of each fold, (tested,) int64, on the host


class PairSolutions(NamedTuple):
    """Solutions of one pair of classes; decision values are ``K beta + intercept``.

    The offsets of a C-SVC are equal and are the intercept. With offsets ``o_1`` and ``o_2``, the
    intercept of a nu-SVC is ``(o_1 + o_2) / 2``, and its decision values are divided by
    ``(o_2 - o_1) / 2``.
    """

    beta: Array  # (folds, values, vectors of the pair) float
    offsets: Any  # (folds, values, 2) float64, on the host: one per class
    violation: Any  # (folds, values) float64, on the host; at most the tolerance if converged


class Solved(NamedTuple):
    """Solutions of a batch, and decision values of the test vectors."""

    pairs: list[PairSolutions]
    decisions: Array  # (tested of all folds, values, pairs) float64: K beta, without intercepts


class WindowStatistics(NamedTuple):
    """Statistics to compute over windows in addition to sums."""

    rectify: bool  # use |x| instead of x
    squares: bool
    extremes: bool


class Windows(NamedTuple):
    """Statistics per window and feature: arrays ``(clips, windows, n)``, or None."""

    sums: Array  # float64
    squares: Array  # float64: sum of squared deviations from the window's mean
    low: Array  # float32: minimum; inf for an empty window
    high: Array  # float32: maximum; -inf for an empty window


class PairOptions(NamedTuple):
    """Hyper-parameters of a two-class SVM."""

    svm_type: str  # "C" or "nu"
    kernel: str  # "linear" or "rbf"
    C: float
    nu: float
    gamma: float
    class_weights: tuple[float, float] = (1.0, 1.0)  # factors of C: first class, second class
    sample_weight: Array | None = None  # (vectors,) factors of C, on the device; 1 by default


@dataclass(frozen=True, eq=False, repr=False)
class Backend:
    """Everything that differs between the CPU and the GPU.

    Parameters
    ----------
    name : str
        ``cpu`` or ``gpu``.
    device : str
        Description of the hardware.
    reason : str
        Why the backend was selected.
    xp : module
        NumPy or CuPy.
    asarray : callable
        ``(array) -> device array``: no copy if the array is on the device already.
    to_host : callable
        ``(device array) -> NumPy array``.
    staging_buffers : callable
        ``(count, capacity, file) -> [StagingBuffer]``: buffers of ``capacity`` float32 values each,
        which transfer blocks of frames to the device. ``file`` is given if it stores every block as
        contiguous float32, else None.
    reduce_windows : callable
        ``(frames (rows, n), edges (clips, windows + segments), segments, WindowStatistics, pool) ->
        Windows``. Window ``k`` of a clip is ``frames[edges[k]:edges[k + segments]]`` and may be
        empty; ``segments`` is 2 if windows overlap by half, else 1; ``edges`` are on the host.
        ``pool`` is a thread pool, or None.
    dtype : str
        Floating-point type of the library's SVMs (libsvm converts all input to float64).
    svm_types : tuple of str
        SVM types that the library can fit: ``C``, ``nu``, ``linear``.
    require_library : callable
        ``()``: raises `BackendError` if the library is not available.
    fit_pair : callable
        ``(X, second, PairOptions) -> PairFit``: C-SVC or nu-SVC on the vectors of two classes.
    fit_linear : callable
        ``(X, y, C, class_weights, sample_weight) -> LinearFit``: LinearSVC, squared hinge loss,
        penalised intercept; ``sample_weight`` is None or as in `PairOptions`.
    solve_pairs : callable
        ``(matrix (vectors, vectors), Batch, on_solved) -> Solved``; ``on_solved`` is called with
        the number of problems solved since the last call.
    solver_memory : callable
        ``(vectors) -> int``: memory that `solve_pairs` needs in bytes, with the matrix.
    vote_of_pairs : callable
        ``(decisions (..., pairs), pairs, n_classes) -> (votes (...,), scores (..., n_classes))``:
        see `gpuclf.backend.votes.vote_of_pairs`.
    map : callable
        Like the built-in ``map``, in order; concurrent on the CPU.
    fft_samples : int
        Number of samples to transform at once: they stay in the cache of a core, or occupy a GPU.
    onnx_providers : tuple of (str, dict)
        Execution providers of onnxruntime for this device, in the order of preference, and their
        options.
    onnx_batch : int
        Number of windows that an ONNX model is given at once, if it accepts any number.
    exclusive : callable
        ``() -> context``: entered by threads that compute side by side. The GPU serves one at a
        time, so that its memory holds the data of one; a failure of the GPU raises `BackendError`.
    free_memory : callable
        ``() -> int``: free memory of the device in bytes.
    synchronize : callable
        ``()``: waits until the device has completed all submitted work.
    activate : callable
        ``()``: makes the device current in the calling thread.
    number : int or None
        Number of the GPU, if it was selected by number.
    """

    name: str
    device: str
    reason: str
    xp: ModuleType
    asarray: Callable[[Any], Array]
    to_host: Callable[[Array], Any]
    staging_buffers: Callable[[int, int, Path | None], Sequence[StagingBuffer]]
    reduce_windows: Callable[[Array, Any, int, WindowStatistics, Executor | None], Windows]
    dtype: str
    svm_types: tuple[str, ...]
    require_library: Callable[[], None]
    fit_pair: Callable[[Array, Array, PairOptions], PairFit]
    fit_linear: Callable[[Array, Array, float, Sequence[float], Array | None], LinearFit]
    solve_pairs: Callable[[Array, Batch, Callable[[int], None]], Solved]
    solver_memory: Callable[[int], int]
    vote_of_pairs: Callable[[Array, Sequence[tuple[int, int]], int], tuple[Array, Array]]
    map: Callable[..., Iterator[Any]]
    fft_samples: int
    onnx_providers: tuple[tuple[str, dict[str, str]], ...]
    onnx_batch: int
    exclusive: Callable[[], AbstractContextManager[None]]
    free_memory: Callable[[], int]
    synchronize: Callable[[], None]
    activate: Callable[[], None]
    number: int | None = None

    @property
    def choice(self) -> str:
        """Choice of this backend in another process: ``cpu``, ``gpu`` or ``gpu:N``."""
        return self.name if self.number is None else f"{self.name}:{self.number}"

    def __repr__(self) -> str:
        return f"<{self.name}: {self.device}>"

    def __deepcopy__(self, memo: dict[int, Any]) -> Backend:
        return self  # scikit-learn clones estimators that hold a backend


def same_kernel(one: KernelChange, other: KernelChange) -> bool:
    """Return True if two kernels are identical, or both unchanged with equal gamma."""
    unchanged = len(one.columns) == len(other.columns) == 0
    return one is other or (unchanged and one.gamma == other.gamma)


def lives_on_device(array: object) -> bool:
    """Return True if an array is in GPU memory, which NumPy cannot access.

    Examples
    --------
    >>> lives_on_device([1.0, 2.0])
    False
    """
    return hasattr(array, "__cuda_array_interface__")
