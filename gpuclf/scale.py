"""Scaling, per feature over all vectors of the training clips.

``minmax``: ``(x - min) / (max - min)``, so that training vectors lie in [0, 1] and others may leave
it; ``std``: ``(x - mean) / sigma`` with the population's standard deviation; ``none``: as it is. A
feature that is constant in training becomes 0, everywhere. All of it is computed in float64,
whatever the type of the vectors; scaled vectors have the type in which the backend's SVM library
works.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from numpy.typing import DTypeLike

from gpuclf.backend import Array
from gpuclf.errors import InputError, one_of

SCALES = ("none", "minmax", "std")


@dataclass(frozen=True)
class Scaler:
    """A fitted scaling ``(x - shift) / divisor``.

    Parameters
    ----------
    shift : float64 array, shape (n,)
        The minimum or the mean of every feature; 0 to leave it.
    divisor : float64 array, shape (n,)
        The range or the deviation; infinity for a constant feature, which turns it into 0.
    """

    shift: Array
    divisor: Array

    def transform(self, X: Array, dtype: DTypeLike) -> Array:
        """Scale vectors ``(..., n)``, into an array of the given type."""
        return ((X - self.shift) / self.divisor).astype(dtype, copy=False)

    def moved(self, move: Callable[[Array], Array]) -> Scaler:
        """Copy the scaling with its arrays moved between host and device."""
        return Scaler(move(self.shift), move(self.divisor))


def fit_scaler(X: Array, scale: str, xp: ModuleType) -> Scaler:
    """Learn a scaling from training vectors.

    Parameters
    ----------
    X : float array, shape (vectors, n)
        The training vectors; nothing else may influence the scaling.
    scale : {"none", "minmax", "std"}
        Which scaling.
    xp : module
        NumPy or CuPy.

    Returns
    -------
    Scaler

    Raises
    ------
    InputError
        If the scaling is not known.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[1.0, 7.0], [3.0, 7.0]])
    >>> fit_scaler(X, "minmax", np).transform(np.array([[2.0, 7.0], [5.0, 9.0]]), "f4").tolist()
    [[0.5, 0.0], [2.0, 0.0]]
    """
    if scale not in SCALES:
        raise InputError("scale", got=repr(scale), expected=one_of(SCALES))
    if scale == "none":
        return Scaler(xp.zeros(X.shape[1]), xp.ones(X.shape[1]))
    lowest = X.min(axis=0).astype(xp.float64)
    highest = X.max(axis=0).astype(xp.float64)
    if scale == "minmax":
        shift, spread = lowest, highest - lowest
    else:
        # CuPy's dtype= is that of the sum alone: it would square deviations in float32.
        exact = X.astype(xp.float64, copy=False)
        shift, spread = exact.mean(axis=0), exact.std(axis=0)
    # Whether a feature is constant is read off its range: rounding gives it a tiny deviation.
    return Scaler(shift, xp.where(highest > lowest, spread, xp.inf))
