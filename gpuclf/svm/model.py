"""The fitted SVM: arrays, decision values, and the class that they amount to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from gpuclf._typing import Array, Bools
from gpuclf.svm.spec import class_pairs
from gpuclf.svm.votes import sum_of_pairs, vote_of_pairs

KERNEL_BLOCK = 2**22  # values of the kernel matrix that are computed at a time


@dataclass(frozen=True)
class LinearDecision:
    """Decision functions ``X @ weights.T + intercept``.

    Parameters
    ----------
    weights : float64 array, shape (functions, n)
    intercept : float64 array, shape (functions,)
    """

    weights: Array
    intercept: Array

    def __call__(self, X: Array, xp: ModuleType) -> Array:
        """Decision values ``(vectors, functions)`` in float64."""
        return X.astype(xp.float64, copy=False) @ self.weights.T + self.intercept


@dataclass(frozen=True)
class RbfDecision:
    """Decision functions ``sum_s coef[s] * exp(-gamma |x - support[s]|^2) + intercept``.

    Parameters
    ----------
    support : float array, shape (support vectors, n)
    coef : float64 array, shape (functions, support vectors)
    intercept : float64 array, shape (functions,)
    gamma : float
    """

    support: Array
    coef: Array
    intercept: Array
    gamma: float

    def __call__(self, X: Array, xp: ModuleType) -> Array:
        """Decision values ``(vectors, functions)`` in float64, a block of vectors at a time."""
        support = self.support.astype(xp.float64, copy=False)
        norms = (support**2).sum(axis=1)
        rows = max(1, KERNEL_BLOCK // max(1, support.shape[0]))
        decisions = xp.empty((X.shape[0], self.intercept.shape[0]), dtype=xp.float64)
        for start in range(0, X.shape[0], rows):
            x = X[start : start + rows].astype(xp.float64, copy=False)
            distances = norms + (x**2).sum(axis=1)[:, None] - 2 * (x @ support.T)
            kernel = xp.exp(-self.gamma * xp.maximum(distances, 0))
            decisions[start : start + rows] = kernel @ self.coef.T + self.intercept
        return decisions


@dataclass(frozen=True)
class SvmModel:
    """A fitted multi-class SVM; classes are numbered from 0.

    Parameters
    ----------
    decision : LinearDecision or RbfDecision
        One function a pair of classes in the order of `class_pairs`, or one a class.
    n_classes : int
    one_vs_one : bool
        Whether the functions decide between pairs, or speak for one class each.
    converged : bool array, shape (functions,)
        Whether the solver reached its tolerance; on the host.
    """

    decision: LinearDecision | RbfDecision
    n_classes: int
    one_vs_one: bool
    converged: Bools

    def predict(self, X: Array, xp: ModuleType) -> Array:
        """Classify vectors: `classify` of their decision values.

        Parameters
        ----------
        X : float array, shape (vectors, n)
            Scaled as the training vectors were.
        xp : module
            NumPy or CuPy.

        Returns
        -------
        int64 array, shape (vectors,)
        """
        return self.classify(self.decision(X, xp), xp)

    def classify(self, decisions: Array, xp: ModuleType) -> Array:
        """Give the class that decision values amount to; ties go to the lower index.

        Parameters
        ----------
        decisions : float64 array, shape (vectors, functions)
        xp : module

        Returns
        -------
        int64 array, shape (vectors,)
        """
        if self.one_vs_one:
            return vote_of_pairs(decisions, class_pairs(self.n_classes), self.n_classes, xp)
        return decisions.argmax(axis=1)

    def confidence(self, decisions: Array, xp: ModuleType) -> Array:
        """How much speaks for each class: sums of the pairs' decision values, or the class's own.

        Parameters
        ----------
        decisions : float64 array, shape (vectors, functions)
        xp : module

        Returns
        -------
        float64 array, shape (vectors, n_classes)
        """
        if not self.one_vs_one:
            return decisions
        return sum_of_pairs(decisions, class_pairs(self.n_classes), self.n_classes, xp)

    def unconverged(self) -> Iterator[tuple[int, ...]]:
        """The classes of every function that the solver gave up on: a pair, or a single one."""
        functions: list[Any] = (
            class_pairs(self.n_classes)
            if self.one_vs_one
            else [(c,) for c in range(self.n_classes)]
        )
        return (
            classes for classes, good in zip(functions, self.converged, strict=True) if not good
        )

    def moved(self, move: Callable[[Array], Array]) -> SvmModel:
        """Copy the model with its arrays moved between host and device."""
        arrays = {
            name: move(value)
            for name, value in vars(self.decision).items()
            if not isinstance(value, float)
        }
        return replace(self, decision=replace(self.decision, **arrays))
