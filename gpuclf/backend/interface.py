"""What a backend is: everything that differs between the CPU and the GPU, in one frozen object.

Conventions: a pair problem is fitted on the vectors of two classes, ``second`` is 0 for those of
the first class and 1 for those of the second, and a decision value above 0 speaks for the *first*
class, as in libsvm. Fits stop at a tolerance of 1e-3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from gpuclf._typing import Array
from gpuclf.backend.staging import StagingBuffer

TOLERANCE = 1e-3
PAIR_ITERATIONS = 10_000_000  # libsvm's own limit, which scikit-learn lifts
SHARED_ITERATIONS = 1_000_000  # of the shared solver, for each two-class SVM: about a second
LINEAR_ITERATIONS = 1_000  # scikit-learn's and cuML's default for LinearSVC


class PairFit(NamedTuple):
    """One fitted two-class SVM: ``decision(x) = sum(coef * k(X[support], x)) + intercept``."""

    support: Array  # (support vectors,) int, rows of X
    coef: Array  # (support vectors,) float
    intercept: float
    converged: bool


class LinearFit(NamedTuple):
    """Fitted linear decision functions: one a class, or one in all for two classes."""

    coef: Array  # (classes or 1, n) float
    intercept: Array  # (classes or 1,) float
    converged: bool


class KernelChange(NamedTuple):
    """How one fold's kernel differs from the matrix that all folds share.

    A fold's own scaling multiplies some features by a factor. Inner products then change by
    ``x_S W x'_S`` over the changed features, squared distances by ``(x - x')_S W (x - x')_S``.
    """

    columns: Any  # (changed features,) int64, on the host: which of the batch's features
    column_weights: Any  # (changed features,) float, on the host: square of the factor, less 1
    gamma: float  # makes an RBF kernel of squared distances; 0: the matrix has products, or values


class TrainingSet(NamedTuple):
    """What one fold trains on."""

    kernel: KernelChange
    weight: Any  # (vectors,) float64, on the host: of each vector's errors; 0: not in training


class Batch(NamedTuple):
    """Two-class problems: every pair of classes, in every fold, for every value of C or nu."""

    features: Array  # (vectors, n) float: as they went into the matrix
    pairs: Sequence[tuple[Any, int]]  # vectors of both classes (int64, host), and how many of one
    folds: Sequence[TrainingSet]
    base: TrainingSet  # whose solution, where it helps, is where the folds start from
    values: Sequence[float]  # of C, or of nu; rising
    nu: bool  # whether these are nu-SVCs
    tested: Sequence[Any]  # vectors to decide about, one array (int64, host) per fold


class PairSolutions(NamedTuple):
    """What came out for one pair of classes: a fold's decisions are ``K beta + intercept``.

    The intercept of a C-SVC is any of the offsets; nu-SVC's is their mean, and its decisions are
    divided by half of the second's excess over the first.
    """

    beta: Array  # (folds, values, vectors of the pair) float
    offsets: Any  # (folds, values, 2) float64, on the host: one a class
    violation: Any  # (folds, values) float64, on the host: the tolerance at most, if it converged


class Solved(NamedTuple):
    """Solutions of a batch, and what they say about the vectors that its folds test."""

    pairs: list[PairSolutions]
    # (vectors, values, pairs) float64, fold after fold: sums of a fold's kernel over its
    # coefficients, without intercepts.
    decisions: Array


class WindowStatistics(NamedTuple):
    """Which statistics to compute over windows, besides sums."""

    rectify: bool  # of |x| instead of x
    squares: bool
    extremes: bool


class Windows(NamedTuple):
    """Windows over frames, reduced feature by feature: arrays ``(clips, windows, n)``, or None."""

    sums: Array  # float64
    squares: Array  # float64: squared deviations from the window's mean, summed
    low: Array  # float32; infinite for an empty window
    high: Array


class PairOptions(NamedTuple):
    """Which two-class SVM to fit."""

    svm_type: str  # "C" or "nu"
    kernel: str  # "linear" or "rbf"
    C: float
    nu: float
    gamma: float
    class_weights: tuple[float, float] = (1.0, 1.0)  # of the errors of either class


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
    staging_buffers : callable
        ``(count, capacity, file) -> [StagingBuffer]``: buffers for blocks of frames on their way to
        the device, ``capacity`` float32 numbers each; ``file`` is given if it holds every block as
        contiguous float32.
    reduce_windows : callable
        ``(frames (rows, n), edges (clips, windows + 2), WindowStatistics, pool) -> Windows``:
        window ``k`` of a clip is ``frames[edges[k]:edges[k + 2]]`` and may be empty; edges are on
        the host, and the pool's threads may be used.
    dtype : str
        The type in which its SVM library works: libsvm turns everything into float64.
    svm_types : tuple of str
        The kinds of SVM that its library can fit: ``C``, ``nu``, ``linear``.
    require_library : callable
        Raises a `BackendError` if the library of SVMs cannot be used.
    fit_pair : callable
        ``(X, second, PairOptions) -> PairFit``: a C-SVC or nu-SVC on the vectors of two classes.
    fit_linear : callable
        ``(X, y, C, class_weights) -> LinearFit``: a LinearSVC, squared hinge loss, penalised
        intercept.
    solve_pairs : callable
        ``(matrix (vectors, vectors), Batch, on_solved) -> Solved``;
        ``on_solved`` is called with the problems that are done since the last call.
    solver_memory : float
        Bytes that `solve_pairs` takes in all, for each byte of the matrix.
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
    staging_buffers: Callable[[int, int, Path | None], Sequence[StagingBuffer]]
    reduce_windows: Callable[[Array, Any, WindowStatistics, Executor | None], Windows]
    dtype: str
    svm_types: tuple[str, ...]
    require_library: Callable[[], None]
    fit_pair: Callable[[Array, Array, PairOptions], PairFit]
    fit_linear: Callable[[Array, Array, float, Sequence[float]], LinearFit]
    solve_pairs: Callable[[Array, Batch, Callable[[int], None]], Solved]
    solver_memory: float
    map: Callable[..., Iterator[Any]]
    free_memory: Callable[[], int]
    synchronize: Callable[[], None]

    def __repr__(self) -> str:
        return f"<{self.name}: {self.device}>"

    def __deepcopy__(self, memo: dict[int, Any]) -> Backend:
        return self  # an estimator that holds a backend is cloned


def same_kernel(one: KernelChange, other: KernelChange) -> bool:
    """Tell whether two kernels are known to be the same: equal gamma, and no changed features."""
    unchanged = len(one.columns) == len(other.columns) == 0
    return one is other or (unchanged and one.gamma == other.gamma)


def lives_on_device(array: object) -> bool:
    """Tell whether an array is in a GPU's memory, which NumPy cannot read.

    Examples
    --------
    >>> lives_on_device([1.0, 2.0])
    False
    """
    return hasattr(array, "__cuda_array_interface__")
