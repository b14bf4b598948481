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
from functools import cached_property
from types import ModuleType

from numpy.typing import DTypeLike

from gpuclf._typing import Array
from gpuclf.errors import InputError, one_of
from gpuclf.vectors.choices import SCALES


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


@dataclass(frozen=True)
class Moments:
    """What is known of each clip's vectors: enough to scale by any clips without looking again.

    Parameters
    ----------
    X : float array, shape (clips, V, n)
        The vectors.
    xp : module
        NumPy or CuPy.
    """

    X: Array
    xp: ModuleType

    @cached_property
    def _extremes(self) -> tuple[Array, Array]:
        """Each clip's least and greatest value, ``(clips, n)``."""
        return self.X.min(axis=1), self.X.max(axis=1)

    @cached_property
    def _sums(self) -> tuple[Array, Array]:
        """Each clip's mean, and its squared deviations from it, summed: float64 ``(clips, n)``."""
        mean = self.X.mean(axis=1, dtype=self.xp.float64)
        return mean, ((self.X - mean[:, None]) ** 2).sum(axis=1)

    def fit(self, scale: str, clips: Array | None = None) -> Scaler:
        """Learn a scaling from the vectors of some clips, or of all.

        Parameters
        ----------
        scale : {"none", "minmax", "std"}
            Which scaling.
        clips : int64 array, shape (..., chosen), optional
            Which clips, on the device; in front of the last axis, as many scalings as there are.

        Returns
        -------
        Scaler
            Of arrays ``(..., n)``.

        Raises
        ------
        InputError
            If the scaling is not known.
        """
        xp = self.xp
        if scale not in SCALES:
            raise InputError("scale", got=repr(scale), expected=one_of(SCALES))
        shape = (*(() if clips is None else clips.shape[:-1]), self.X.shape[2])
        if scale == "none":
            return Scaler(xp.zeros(shape), xp.ones(shape))
        low, high = (_chosen(part, clips) for part in self._extremes)
        lowest, highest = low.min(axis=-2).astype(xp.float64), high.max(axis=-2).astype(xp.float64)
        if scale == "minmax":
            shift, spread = lowest, highest - lowest
        else:
            shift, square = self._combined(clips)
            spread = xp.sqrt(square)
        # Whether a feature is constant is read off its range: rounding gives it a tiny deviation.
        return Scaler(shift, xp.where(highest > lowest, spread, xp.inf))

    def variance(self, scaler: Scaler, clips: Array | None = None) -> Array:
        """Variance over all vectors of some clips and all features, once they are scaled.

        Parameters
        ----------
        scaler, clips
            As of `fit`, which gave the one for the other.

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
        """Mean and mean squared deviation of each feature, ``(..., n)``.

        Chan, Golub and LeVeque, *Updating formulae and a pairwise algorithm for computing sample
        variances*, 1979: deviations within clips, and those of the clips' means.
        """
        means, squares = (_chosen(part, clips) for part in self._sums)
        mean = means.mean(axis=-2)
        within = squares.mean(axis=-2) / self.X.shape[1]
        return mean, within + ((means - mean[..., None, :]) ** 2).mean(axis=-2)


def _chosen(array: Array, clips: Array | None) -> Array:
    return array if clips is None else array[clips]


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
    return Moments(X[None], xp).fit(scale)
