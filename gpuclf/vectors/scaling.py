"""Feature scaling, fitted to all vectors of the training clips.

``minmax``: ``(x - min) / (max - min)``; training vectors are in [0, 1], others may be outside.
``std``: ``(x - mean) / sigma`` with the population standard deviation. ``none``: unchanged. A
feature that is constant in training becomes 0. Parameters are computed in float64; scaled vectors
have the dtype of the backend's SVM library.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType

from numpy.typing import DTypeLike

from gpuclf._typing import Array
from gpuclf.errors import InputError, one_of
from gpuclf.vectors.choices import SCALES


@dataclass(frozen=True)
class Scaler:
    """Fitted scaling ``(x - shift) / divisor``.

    Parameters
    ----------
    shift : float64 array, shape (n,)
        Minimum or mean of each feature, or 0.
    divisor : float64 array, shape (n,)
        Range or standard deviation, or 1; infinity for a constant feature, which becomes 0.
    """

    shift: Array
    divisor: Array

    def transform(self, X: Array, dtype: DTypeLike) -> Array:
        """Scale vectors ``(..., n)`` and convert them to ``dtype``."""
        return ((X - self.shift) / self.divisor).astype(dtype, copy=False)

    def moved(self, move: Callable[[Array], Array]) -> Scaler:
        """Return a copy with its arrays moved between host and device."""
        return Scaler(move(self.shift), move(self.divisor))


@dataclass(frozen=True)
class Moments:
    """Statistics of the vectors of each clip; a scaling of any clips is computed from them.

    Parameters
    ----------
    X : float array, shape (clips, V, n)
        Feature vectors.
    xp : module
        NumPy or CuPy.
    """

    X: Array
    xp: ModuleType

    @cached_property
    def _extremes(self) -> tuple[Array, Array]:
        """Minimum and maximum of each clip, ``(clips, n)``."""
        return self.X.min(axis=1), self.X.max(axis=1)

    @cached_property
    def _sums(self) -> tuple[Array, Array]:
        """Mean of each clip and sum of squared deviations from it, float64 ``(clips, n)``."""
        mean = self.X.mean(axis=1, dtype=self.xp.float64)
        return mean, ((self.X - mean[:, None]) ** 2).sum(axis=1)

    def fit(self, scale: str, clips: Array | None = None) -> Scaler:
        """Fit a scaling to the vectors of the given clips; by default, of all clips.

        Parameters
        ----------
        scale : {"none", "minmax", "std"}
            Kind of scaling.
        clips : int64 array, shape (..., selected), optional
            Indices of clips, on the device; one scaling is fitted for each row.

        Returns
        -------
        Scaler
            Its arrays have shape ``(..., n)``.

        Raises
        ------
        InputError
            If the kind of scaling is unknown.
        """
        xp = self.xp
        if scale not in SCALES:
            raise InputError("scale", got=repr(scale), expected=one_of(SCALES))
        shape = (*(() if clips is None else clips.shape[:-1]), self.X.shape[2])
        if scale == "none":
            return Scaler(xp.zeros(shape), xp.ones(shape))
        low, high = (_selected(part, clips) for part in self._extremes)
        lowest, highest = low.min(axis=-2).astype(xp.float64), high.max(axis=-2).astype(xp.float64)
        if scale == "minmax":
            shift, spread = lowest, highest - lowest
        else:
            shift, square = self._combined(clips)
            spread = xp.sqrt(square)
        # Constant features are recognised by the range: rounding can make the deviation nonzero.
        return Scaler(shift, xp.where(highest > lowest, spread, xp.inf))

    def variance(self, scaler: Scaler, clips: Array | None = None) -> Array:
        """Compute the variance of all scaled features of the given clips.

        Parameters
        ----------
        scaler : Scaler
            Result of `fit` for the same clips.
        clips
            See `fit`.

        Returns
        -------
        float64 array, shape (...)
            On the device.
        """
        mean, square = self._combined(clips)
        mean = (mean - scaler.shift) / scaler.divisor
        within = (square / scaler.divisor**2).mean(axis=-1)
        return within + mean.var(axis=-1)

    def _combined(self, clips: Array | None) -> tuple[Array, Array]:
        """Mean and population variance of each feature, ``(..., n)``.

        The variance is the mean of the variances within clips plus the variance of their means.

        References
        ----------
        T. F. Chan, G. H. Golub and R. J. LeVeque, *Updating formulae and a pairwise algorithm for
        computing sample variances*, 1979.
        """
        means, squares = (_selected(part, clips) for part in self._sums)
        mean = means.mean(axis=-2)
        within = squares.mean(axis=-2) / self.X.shape[1]
        return mean, within + ((means - mean[..., None, :]) ** 2).mean(axis=-2)


def _selected(array: Array, clips: Array | None) -> Array:
    return array if clips is None else array[clips]


def fit_scaler(X: Array, scale: str, xp: ModuleType) -> Scaler:
    """Fit a scaling to training vectors.

    Parameters
    ----------
    X : float array, shape (vectors, n)
        Training vectors.
    scale : {"none", "minmax", "std"}
        Kind of scaling.
    xp : module
        NumPy or CuPy.

    Returns
    -------
    Scaler

    Raises
    ------
    InputError
        If the kind of scaling is unknown.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[1.0, 7.0], [3.0, 7.0]])
    >>> fit_scaler(X, "minmax", np).transform(np.array([[2.0, 7.0], [5.0, 9.0]]), "f4").tolist()
    [[0.5, 0.0], [2.0, 0.0]]
    """
    return Moments(X[None], xp).fit(scale)
