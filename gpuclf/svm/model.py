"""Fitted SVM: decision functions and prediction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from gpuclf._typing import Array, Bools
from gpuclf.backend import Backend
from gpuclf.svm.spec import class_pairs

KERNEL_BLOCK = 2**22  # kernel values computed at a time


@dataclass(frozen=True)
class LinearDecision:
    """Linear decision functions ``X @ weights.T + intercept``.

    Parameters
    ----------
    weights : float64 array, shape (functions, n)
        Coefficients of the features.
    intercept : float64 array, shape (functions,)
        Constant terms.
    """

    weights: Array
    intercept: Array

    def __call__(self, X: Array, xp: ModuleType) -> Array:
        """Return the decision values ``(vectors, functions)`` in float64."""
        return X.astype(xp.float64, copy=False) @ self.weights.T + self.intercept


@dataclass(frozen=True)
class RbfDecision:
    """RBF decision functions ``sum_s coef[s] * exp(-gamma |x - support[s]|^2) + intercept``.

    Parameters
    ----------
    support : float array, shape (support vectors, n)
        Support vectors of all functions.
    coef : float64 array, shape (functions, support vectors)
        Dual coefficients.
    intercept : float64 array, shape (functions,)
        Constant terms.
    gamma : float
        Kernel coefficient.
    """

    support: Array
    coef: Array
    intercept: Array
    gamma: float

    def __call__(self, X: Array, xp: ModuleType) -> Array:
        """Return the decision values ``(vectors, functions)`` in float64, computed block-wise."""
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
    """Fitted multi-class SVM; classes are numbered from 0.

    Parameters
    ----------
    decision : LinearDecision or RbfDecision
        One function per pair of classes, in the order of `class_pairs`, or one per class.
    n_classes : int
        Number of classes.
    one_vs_one : bool
        True if each function separates a pair of classes, False if one class from the rest.
    converged : bool array, shape (functions,), on the host
        Whether the solver reached its tolerance.
    """

    decision: LinearDecision | RbfDecision
    n_classes: int
    one_vs_one: bool
    converged: Bools

    def predict(self, X: Array, backend: Backend) -> Array:
        """Return the class of each vector.

        Parameters
        ----------
        X : float array, shape (vectors, n)
            Vectors scaled as the training vectors.
        backend : Backend
            Backend that computes.

        Returns
        -------
        int64 array, shape (vectors,)
        """
        return self.judge(self.decision(X, backend.xp), backend)[0]

    def judge(self, decisions: Array, backend: Backend) -> tuple[Array, Array]:
        """Return the class and the scores of all classes for decision values.

        Parameters
        ----------
        decisions : float64 array, shape (vectors, functions)
            Decision values.
        backend : Backend
            Backend that computes.

        Returns
        -------
        classes : int64 array, shape (vectors,)
            Ties go to the lower index.
        scores : float64 array, shape (vectors, n_classes)
            Decision value of each class, or its sum over pairs of classes.
        """
        if not self.one_vs_one:
            return decisions.argmax(axis=1), decisions
        return backend.vote_of_pairs(decisions, class_pairs(self.n_classes), self.n_classes)

    def unconverged(self) -> Iterator[tuple[int, ...]]:
        """Return the classes of each function that did not converge: a pair, or a single class."""
        functions: list[Any] = (
            class_pairs(self.n_classes)
            if self.one_vs_one
            else [(c,) for c in range(self.n_classes)]
        )
        results = zip(functions, self.converged, strict=True)
        return (classes for classes, converged in results if not converged)

    def moved(self, move: Callable[[Array], Array]) -> SvmModel:
        """Return a copy of the model with its arrays moved between host and device."""
        arrays = {
            name: move(value)
            for name, value in vars(self.decision).items()
            if not isinstance(value, float)
        }
        return replace(self, decision=replace(self.decision, **arrays))
