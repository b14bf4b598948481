"""Data structures of the CPU solver: named tuples, which compiled functions accept and return."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

TABLE_ROWS, PLACES_ROWS = 5, 3  # see `gpuclf.backend.smo.descent`


class PairKernel(NamedTuple):
    """Kernel of a pair of classes, in four blocks; those within a class are shared by its pairs.

    Parameters
    ----------
    first, across : float arrays, shape (first class, first class) and (first class, second class)
    back, second : float arrays, shape (second class, first class) and (second class, second class)
    changed : float array, shape (vectors, changed features)
        Features of a linear kernel that the fold scales differently, for both classes.
    column_weights : float array, shape (changed features,)
        See `gpuclf.backend.interface.KernelChange`.
    largest : float
        Maximum of the diagonal, an upper bound on all values.
    """

    first: Any
    across: Any
    back: Any
    second: Any
    changed: Any
    column_weights: Any
    largest: Any


class Problem(NamedTuple):
    """One pair of classes in one fold, for all values of C or nu.

    Parameters
    ----------
    kernel : PairKernel
    na : int
        Number of vectors of the first class.
    by_class : bool
        nu-SVC instead of C-SVC: the sum of the coefficients is fixed in each class.
    weight : float64 array, shape (vectors,)
        Weight of each vector's errors; 0 if it is not in the training set.
    values : float64 array, shape (values,)
        Values of C or nu, ascending.
    base_beta, base_error : float64 arrays, shape (values, vectors)
        Coefficients and errors of the base; of shape (0, vectors) if there is no base.
    shared : bool
        Whether the base has the same kernel.
    tolerance : float
        Stopping tolerance.
    limit : int
        Maximum number of iterations per value.
    """

    kernel: Any
    na: int
    by_class: bool
    weight: Any
    values: Any
    base_beta: Any
    base_error: Any
    shared: bool
    tolerance: float
    limit: int


class Path(NamedTuple):
    """Solutions of a problem, one per value of C or nu.

    Parameters
    ----------
    beta, error : float64 arrays, shape (values, vectors)
        Coefficients and errors.
    offsets : float64 array, shape (values, 2)
        Offset of each class.
    violation : float64 array, shape (values,)
        Violation of optimality of the solution.
    """

    beta: Any
    error: Any
    offsets: Any
    violation: Any


class State(NamedTuple):
    """Errors, coefficients and bounds of vectors: float64 arrays of shape (vectors,)."""

    error: Any
    beta: Any
    low: Any
    high: Any


class Seats(NamedTuple):
    """Assignment of vectors to slots of the working set.

    Parameters
    ----------
    slot : int64 array, shape (vectors,)
        Slot of each vector; -1 for a vector outside the working set.
    member : int64 array, shape (slots,)
        Vector in each slot.
    used : int64 array, shape (2,)
        Number of slots that each class uses.
    """

    slot: Any
    member: Any
    used: Any


class WorkingSet(NamedTuple):
    """Working set: slots ``first:last`` of the arrays.

    Parameters
    ----------
    gram : float array, shape (slots, slots)
    table : float array, shape (5, slots)
        Rows of `gpuclf.backend.smo.descent`: errors; the others are scratch memory.
    places : float64 array, shape (3, slots)
        Coefficients and their bounds.
    first, cut, last : int
        The sums of the coefficients ``first:cut`` and ``cut:last`` are kept.
    """

    gram: Any
    table: Any
    places: Any
    first: int
    cut: int
    last: int


class Workspace(NamedTuple):
    """Scratch memory of one problem, reused by later problems.

    Parameters
    ----------
    gram : float array, shape (slots, slots)
        The kernel within the working set.
    table : float array, shape (5, slots)
    places : float64 array, shape (3, slots)
        See `WorkingSet`.
    features : float array, shape (slots, changed features)
        Changed features of the members.
    sums : float array, shape (changed features,)
    scores, change : float arrays, shape (vectors,)
    chosen : bool array, shape (vectors,)
    listed : int64 array, shape (vectors,)
    steps : float64 array, shape (vectors,)
    """

    gram: Any
    table: Any
    places: Any
    features: Any
    sums: Any
    scores: Any
    change: Any
    chosen: Any
    listed: Any
    steps: Any


def make_workspace(vectors: int, slots: int, changed: int, dtype: DTypeLike) -> Workspace:
    """Return a workspace for problems of a size; ``changed`` is the number of changed features."""
    return Workspace(
        gram=np.empty((slots, slots), dtype),
        table=np.empty((TABLE_ROWS, slots), dtype),
        places=np.empty((PLACES_ROWS, slots)),
        features=np.empty((slots, changed), dtype),
        sums=np.empty(changed, dtype),
        scores=np.empty(vectors, dtype),
        change=np.empty(vectors, dtype),
        chosen=np.empty(vectors, np.bool_),
        listed=np.empty(vectors, np.int64),
        steps=np.empty(vectors),
    )
