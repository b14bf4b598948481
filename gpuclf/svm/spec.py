"""Which SVM to fit, and whether that can be done at all."""

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


@dataclass(frozen=True)
class SvmSpec:
    """The hyper-parameters of an SVM, checked.

    Parameters
    ----------
    svm_type : {"C", "nu", "linear"}
        C-SVC, nu-SVC, or LinearSVC (one-vs-rest, whose kernel is linear whatever ``kernel`` says).
    kernel : {"linear", "rbf", "precomputed"}
        ``<x, z>``, ``exp(-gamma |x - z|^2)``, or values of one's own: a feature for each vector
        that is trained on.
    C : float
        Penalty of the errors, above 0; for ``C`` and ``linear``.
    nu : float
        Bound on the share of errors and of support vectors, in (0, 1]; for ``nu``.
    gamma : {"scale", "auto"} or float
        Of the RBF kernel, above 0: ``1 / (n * var(X))``, ``1 / n``, or a number.

    Raises
    ------
    InputError
        If one of them is outside its range.
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
            if not isinstance(getattr(self, name), Real):
                raise InputError(name, got=repr(getattr(self, name)), expected="a number")
        if not 0 < self.C < math.inf:
            raise InputError("C", got=self.C, expected="a number above 0")
        if not 0 < self.nu <= 1:
            raise InputError("nu", got=self.nu, expected="a number above 0 and at most 1")
        if isinstance(self.gamma, str):
            if self.gamma not in GAMMAS:
                raise InputError(
                    "gamma", got=repr(self.gamma), expected="scale, auto or a number above 0"
                )
        elif not 0 < self.gamma < math.inf:
            raise InputError("gamma", got=self.gamma, expected="scale, auto or a number above 0")

    def check_backend(self, backend: Backend) -> None:
        """Make sure that the backend has a library that can fit this kind of SVM."""
        backend.require_library()
        if self.svm_type not in backend.svm_types:
            raise InputError(
                "svm_type",
                got=f"{self.svm_type!r} on the backend {backend.name}",
                expected=f"{one_of(backend.svm_types)}, or the backend cpu",
            )

    def gamma_for(self, X: Array, xp: ModuleType) -> float:
        """Compute the RBF kernel's ``gamma`` from the training vectors, as scikit-learn defines it.

        Parameters
        ----------
        X : float array, shape (vectors, n)
            The scaled training vectors.
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
        """Compute ``gamma`` from the number of features and the variance over all of them.

        Parameters
        ----------
        n_features : int
        variance : float
            Over the scaled training vectors; read only if ``gamma`` is ``"scale"``.
        """
        if not isinstance(self.gamma, str):
            return float(self.gamma)
        if self.gamma == "auto":
            return 1 / n_features
        return 1 / (n_features * variance) if variance else 1.0


def check_nu(nu: float, counts: npt.ArrayLike, names: Sequence[object]) -> None:
    """Make sure that a nu-SVC exists for every pair of classes.

    A pair with ``a`` and ``b`` training vectors needs ``nu <= 2 min(a, b) / (a + b)`` (Chang and
    Lin, *Training nu-support vector classifiers: theory and algorithms*, Neural Computation 13,
    2001, section 2).

    Parameters
    ----------
    nu : float
        The hyper-parameter.
    counts : int array, shape (classes,)
        Training vectors of each class that is present.
    names : sequence
        What the classes are called.

    Raises
    ------
    InputError
        Naming the pair that allows least.

    Examples
    --------
    >>> check_nu(0.5, [10, 60], ["blues", "rock"])
    Traceback (most recent call last):
    gpuclf.errors.InputError: nu: got 0.5, expected at most 0.285 for 10 vectors of 'blues' against
    60 of 'rock'
    """
    counts = np.asarray(counts)
    smallest, largest = int(counts.argmin()), int(counts.argmax())
    a, b = int(counts[smallest]), int(counts[largest])
    # The pair of extremes is the one that allows least. The comparison is libsvm's own.
    if nu * (a + b) / 2 > a:
        limit = math.floor(1000 * 2 * a / (a + b)) / 1000
        raise InputError(
            "nu",
            got=nu,
            expected=f"at most {limit:g} for {a} vectors of {str(names[smallest])!r} "
            f"against {b} of {str(names[largest])!r}",
        )


def class_pairs(n_classes: int) -> list[tuple[int, int]]:
    """List the pairs of classes ``a < b`` in libsvm's order.

    Examples
    --------
    >>> class_pairs(3)
    [(0, 1), (0, 2), (1, 2)]
    """
    return list(combinations(range(n_classes), 2))
