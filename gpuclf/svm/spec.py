"""Hyper-parameters of an SVM and their validation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from numbers import Real
from types import ModuleType

import numpy as np
import numpy.typing as npt

from gpuclf._typing import Array
from gpuclf.backend import Backend
from gpuclf.errors import InputError, one_of

SVM_TYPES = ("C", "nu", "linear")
KERNELS = ("linear", "rbf", "precomputed")
GAMMAS = ("scale", "auto")

# Hyper-parameters that have an effect only with certain values of others.
EFFECTIVE_WITH: dict[str, dict[str, tuple[str, ...]]] = {
    "C": {"svm_type": ("C", "linear")},
    "nu": {"svm_type": ("nu",)},
    "kernel": {"svm_type": ("C", "nu")},
    "gamma": {"svm_type": ("C", "nu"), "kernel": ("rbf",)},
}


@dataclass(frozen=True)
class SvmSpec:
    """Validated hyper-parameters of an SVM.

    Parameters
    ----------
    svm_type : {"C", "nu", "linear"}
        C-SVC, nu-SVC, or LinearSVC (one-vs-rest; ``kernel`` is ignored).
    kernel : {"linear", "rbf", "precomputed"}
        ``<x, z>``, ``exp(-gamma |x - z|^2)``, or precomputed: the features of a vector are its
        kernel values with the training vectors.
    C : float
        Penalty of errors, above 0; for ``svm_type`` ``"C"`` and ``"linear"``.
    nu : float
        Upper bound on the fraction of margin errors and lower bound on the fraction of support
        vectors, in (0, 1]; for ``svm_type`` ``"nu"``.
    gamma : {"scale", "auto"} or float
        RBF kernel coefficient: ``1 / (n * var(X))``, ``1 / n``, or a number above 0.

    Raises
    ------
    InputError
        If a value is not allowed; the message names the parameter.

    Examples
    --------
    >>> SvmSpec(kernel="rbf", C=10)
    SvmSpec(svm_type='C', kernel='rbf', C=10, nu=0.5, gamma='scale')
    """

    svm_type: str = "C"
    kernel: str = "linear"
    C: float = 1.0
    nu: float = 0.5
    gamma: str | float = "scale"

    def __post_init__(self) -> None:
        if self.svm_type not in SVM_TYPES:
            raise InputError("svm_type", got=repr(self.svm_type), expected=one_of(SVM_TYPES))
        if self.kernel not in KERNELS:
            raise InputError("kernel", got=repr(self.kernel), expected=one_of(KERNELS))
        for name in ("C", "nu"):
            value = getattr(self, name)
            if not is_number(value):
                raise InputError(name, got=repr(value), expected="a number")
        if not 0 < self.C < math.inf:
            raise InputError("C", got=self.C, expected="a number above 0")
        if not 0 < self.nu <= 1:
            raise InputError("nu", got=self.nu, expected="a number above 0 and at most 1")
        if isinstance(self.gamma, str):
            if self.gamma not in GAMMAS:
                raise InputError(
                    "gamma", got=repr(self.gamma), expected="scale, auto or a number above 0"
                )
        elif not is_number(self.gamma) or not 0 < self.gamma < math.inf:
            raise InputError("gamma", got=self.gamma, expected="scale, auto or a number above 0")

    def check_backend(self, backend: Backend) -> None:
        """Check that the library of the backend fits this type of SVM."""
        backend.require_library()
        if self.svm_type not in backend.svm_types:
            raise InputError(
                "svm_type",
                got=f"{self.svm_type!r} on the backend {backend.name}",
                expected=f"{one_of(backend.svm_types)}, or the backend cpu",
            )

    def gamma_for(self, X: Array, xp: ModuleType) -> float:
        """Return the RBF kernel coefficient for training vectors, as defined by scikit-learn.

        Parameters
        ----------
        X : float array, shape (vectors, n)
            Scaled training vectors.
        xp : module
            NumPy or CuPy.

        Examples
        --------
        >>> SvmSpec(gamma="scale").gamma_for(np.array([[0.0, 2.0], [2.0, 0.0]]), np)
        0.5
        """
        by_variance = self.gamma == "scale"
        variance = X.astype(xp.float64, copy=False).var().item() if by_variance else 0.0
        return self.gamma_of(int(X.shape[1]), float(variance))

    def gamma_of(self, n_features: int, variance: float) -> float:
        """Return the RBF kernel coefficient for a number of features and their variance.

        Parameters
        ----------
        n_features : int
            Number of features.
        variance : float
            Variance of all values of the scaled training vectors; used if ``gamma`` is ``"scale"``.
        """
        if not isinstance(self.gamma, str):
            return float(self.gamma)
        if self.gamma == "auto":
            return 1 / n_features
        return 1 / (n_features * variance) if variance else 1.0


def is_number(value: object) -> bool:
    """Return True for a real number; a truth value is none."""
    return isinstance(value, Real) and not isinstance(value, bool)


def check_nu(nu: float, counts: npt.ArrayLike, names: Sequence[object]) -> None:
    """Check that nu is feasible for every pair of classes.

    A pair with ``a`` and ``b`` training vectors requires ``nu <= 2 min(a, b) / (a + b)`` [1]_.

    Parameters
    ----------
    nu : float
        Hyper-parameter of the nu-SVC.
    counts : array, shape (classes,)
        Number of training vectors of each class that has any, or the sum of their weights.
    names : sequence
        Class names.

    Raises
    ------
    InputError
        If nu is infeasible; the message names the pair with the lowest limit.

    References
    ----------
    .. [1] Chang and Lin, *Training nu-support vector classifiers: theory and algorithms*, Neural
       Computation 13, 2001, section 2.

    Examples
    --------
    >>> check_nu(0.5, [10, 60], ["blues", "rock"])
    Traceback (most recent call last):
    gpuclf.errors.InputError: nu: got 0.5, expected at most 0.285 for 10 vectors of 'blues' against
    60 of 'rock'
    """
    counts = np.asarray(counts)
    smallest, largest = int(counts.argmin()), int(counts.argmax())
    a, b = counts[smallest].item(), counts[largest].item()
    # The smallest and the largest class have the lowest limit. The comparison is libsvm's.
    if nu * (a + b) / 2 > a:
        limit = math.floor(1000 * 2 * a / (a + b)) / 1000
        raise InputError(
            "nu",
            got=nu,
            expected=f"at most {limit:g} for {a:.10g} vectors of {str(names[smallest])!r} "
            f"against {b:.10g} of {str(names[largest])!r}",
        )


def class_pairs(n_classes: int) -> list[tuple[int, int]]:
    """Return the pairs of classes ``a < b`` in libsvm's order.

    Examples
    --------
    >>> class_pairs(3)
    [(0, 1), (0, 2), (1, 2)]
    """
    return list(combinations(range(n_classes), 2))
