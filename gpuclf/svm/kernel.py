"""Kernel matrix of all vectors, computed once, and the difference of each fold's kernel from it.

Linear SVMs and distances are invariant to a shift of the features, so features are centred, which
reduces rounding errors in float32. The centre is the median over clips, robust to outliers. The
matrix is computed from features scaled over all clips. A fold scales by its training clips
only, which multiplies feature ``i`` by a factor ``f_i``. With ``W = diag(f_i^2 - 1)`` and ``S`` the
features with ``f_i != 1``, the inner products of the fold are ``K + X_S W X_S'``, and its squared
distances change by ``(x - x')_S W (x - x')_S'``. The kernel of a fold is therefore independent of
its test clips, without the cost of a new matrix per fold.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from gpuclf._typing import AnyArray, Array, Floats, Ints
from gpuclf.backend import Backend, KernelChange
from gpuclf.svm.spec import SvmSpec
from gpuclf.vectors.scaling import Moments

ROWS = 1024  # rows of the matrix computed at a time
FOLDS_AT_A_TIME = 16  # folds whose scaling is computed at a time


@dataclass(frozen=True)
class KernelMatrix:
    """Inner products of all vectors, or squared distances for an RBF kernel.

    Parameters
    ----------
    values : float array, shape (vectors, vectors)
        The matrix, on the device; vectors are ordered clip by clip.
    features : float array, shape (vectors, n)
        Centred and scaled features from which the values are computed.
    moments : Moments
        Statistics of the clips, for the scaling of each fold.
    centre, divisor : float64 arrays, shape (n,)
        Centre subtracted from the features, and divisor of the centred features.
    spec : SvmSpec
        Hyper-parameters of the SVM.
    scale : {"none", "minmax", "std"}
        Scaling within each fold.
    backend : Backend
        Backend that holds the arrays.
    """

    values: Array
    features: Array
    moments: Moments
    centre: Array
    divisor: Array
    spec: SvmSpec
    scale: str
    backend: Backend

    @classmethod
    def of(
        cls, X: Array, spec: SvmSpec, scale: str, backend: Backend, dtype: DTypeLike = "float32"
    ) -> KernelMatrix:
        """Compute the kernel matrix of all vectors.

        Parameters
        ----------
        X : float array, shape (clips, V, n)
            Unscaled vectors.
        spec : SvmSpec
            Hyper-parameters, including the kernel.
        scale : {"none", "minmax", "std"}
            Scaling within each fold.
        backend : Backend
            Backend that computes.
        dtype : {"float32", "float64"}
            Dtype of the matrix.

        Returns
        -------
        KernelMatrix
        """
        xp = backend.xp
        moments = Moments(X, xp)
        divisor = moments.fit(scale).divisor
        vectors = X.reshape(-1, X.shape[2])
        centre = xp.median(X.mean(axis=1, dtype=xp.float64), axis=0)
        if spec.kernel == "precomputed":
            values, features = vectors.astype(dtype, copy=False), vectors[:, :0].astype(dtype)
            divisor = divisor[:0]
        else:
            features = ((vectors - centre) / divisor).astype(dtype)
            values = _products(features, backend)
        if spec.kernel == "rbf":
            _distances(values, features, backend)
        return cls(values, features, moments, centre, divisor, spec, scale, backend)

    def changes(self, folds: Sequence[Ints | None]) -> list[KernelChange]:
        """Return how the kernel of each fold differs from the matrix.

        Parameters
        ----------
        folds : sequence of int64 array or None
            Training clips of each fold; None for all clips.

        Returns
        -------
        list of KernelChange
            One per fold; the same object if the kernel does not depend on the training clips.
        """
        by_variance = self.spec.kernel == "rbf" and self.spec.gamma == "scale"
        if self.scale == "none" and not by_variance:
            return [self._changes([None])[0]] * len(folds)
        return self._changes(folds)

    def _changes(self, folds: Sequence[Ints | None]) -> list[KernelChange]:
        by_length: dict[int, list[tuple[int, Ints]]] = {}
        for number, clips in enumerate(folds):
            if clips is not None:
                by_length.setdefault(len(clips), []).append((number, clips))
        all_clips = [number for number, clips in enumerate(folds) if clips is None]
        groups: list[tuple[list[int], Array]] = [(all_clips, None)] if all_clips else []
        for same_length in by_length.values():
            for start in range(0, len(same_length), FOLDS_AT_A_TIME):
                part = same_length[start : start + FOLDS_AT_A_TIME]
                stacked = self.backend.asarray(np.stack([clips for _, clips in part]))
                groups.append(([number for number, _ in part], stacked))
        changes: dict[int, KernelChange] = {}
        for numbers, training_clips in groups:
            weights, gammas = self._column_weights_and_gammas(training_clips)
            for row, number in enumerate(numbers):
                weight, gamma = weights[row % len(weights)], gammas[row % len(gammas)]
                columns = np.flatnonzero(weight)
                changes[number] = KernelChange(columns, weight[columns], float(gamma))
        return [changes[number] for number in range(len(folds))]

    def _column_weights_and_gammas(self, clips: Array | None) -> tuple[AnyArray, Floats]:
        """Return feature weights ``(folds, n)`` and gamma ``(folds,)`` for each row of clips."""
        xp, to_host = self.backend.xp, self.backend.to_host
        scaler = self.moments.fit(self.scale, clips)
        divisor = scaler.divisor[..., : self.divisor.shape[0]]  # a precomputed kernel has none
        varies = self.divisor < xp.inf
        factor = xp.where(varies, self.divisor, 1.0) / xp.where(varies, divisor, 1.0)
        weights = to_host((factor**2 - 1).astype(self.features.dtype))
        weights = weights.reshape(math.prod(weights.shape[:-1]), weights.shape[-1])
        variances = np.zeros(len(weights))
        if self.spec.kernel != "rbf":
            return weights, variances
        if self.spec.gamma == "scale":
            variances = to_host(self.moments.variance(scaler, clips)).reshape(-1)
        n = int(self.features.shape[1])
        gammas = [self.spec.gamma_of(n, variance) for variance in variances.tolist()]
        return weights, np.array(gammas)


def _products(features: Array, backend: Backend) -> Array:
    """Return the inner products: the upper triangle, computed by block, and its transpose.

    Each block is computed by one thread, so that results do not depend on the number of threads.
    """
    count = features.shape[0]
    values = backend.xp.empty((count, count), dtype=features.dtype)

    def compute(first: int) -> None:
        block = slice(first, first + ROWS)
        values[block, first:] = features[block] @ features[first:].T
        values[first:, block] = values[block, first:].T

    for _ in backend.map(compute, range(0, count, ROWS)):
        pass
    return values


def _distances(values: Array, features: Array, backend: Backend) -> None:
    """Convert inner products to squared distances, in place."""
    xp = backend.xp
    norms = (features.astype(xp.float64) ** 2).sum(axis=1).astype(features.dtype)

    def convert(first: int) -> None:
        block = slice(first, first + ROWS // 8)
        part = values[block]
        part *= -2
        part += norms
        part += norms[block][:, None]
        xp.maximum(part, 0, out=part)

    for _ in backend.map(convert, range(0, values.shape[0], ROWS // 8)):
        pass
