"""The kernel matrix of all vectors, computed once, and what each fold's own differs from it.

Linear SVMs do not notice a shift of the features, nor do distances: features are centred, which
keeps float32 exact where it counts; the centre is a median over clips, which no few of them can
move far away from the others. They are scaled as all clips together would be; a fold, which
scales by its training clips alone, multiplies some features by a factor. With ``W`` the square of
the factors less 1, and ``S`` the features whose factor is not 1, the fold's inner products are
``K + X_S W X_S'``, and its squared distances change by ``(x - x')_S W (x - x')_S``. So nothing of a
test clip is seen by the fold's kernel, and scaling without leaks stays cheap.
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

ROWS = 1024  # of the matrix that are computed at a time
AT_A_TIME = 16  # folds whose scaling is computed at a time


@dataclass(frozen=True)
class KernelMatrix:
    """Inner products of all vectors, or squared distances for an RBF kernel.

    Parameters
    ----------
    values : float array, shape (vectors, vectors)
        On the device; vectors clip by clip.
    features : float array, shape (vectors, n)
        Centred and scaled as they went into the values.
    moments : Moments
        Of the clips.
    centre, divisor : float64 arrays, shape (n,)
        What was taken from the features, and by what they were divided.
    spec : SvmSpec
        For which SVM.
    scale : str
        How each fold scales.
    backend : Backend
        Where it is.
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
        """Compute the matrix.

        Parameters
        ----------
        X : float array, shape (clips, V, n)
            Vectors, not scaled.
        spec : SvmSpec
            Its kernel says what is computed.
        scale : {"none", "minmax", "std"}
            How each fold is going to scale.
        backend : Backend
            Where to compute.
        dtype : {"float32", "float64"}
            Type of the matrix.

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
        """Say how the kernels of folds differ, which train on some clips, or on all.

        Parameters
        ----------
        folds : sequence of int64 arrays, or None for all clips
            The training clips of each.

        Returns
        -------
        list of KernelChange
            The same object for all folds whose kernel does not depend on their clips.
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
        for same in by_length.values():
            for begin in range(0, len(same), AT_A_TIME):
                some = same[begin : begin + AT_A_TIME]
                stacked = self.backend.asarray(np.stack([clips for _, clips in some]))
                groups.append(([number for number, _ in some], stacked))
        found: dict[int, KernelChange] = {}
        for numbers, chosen in groups:
            weights, gammas = self._column_weights_and_gammas(chosen)
            for row, number in enumerate(numbers):
                own, gamma = weights[row % len(weights)], gammas[row % len(gammas)]
                columns = np.flatnonzero(own)
                found[number] = KernelChange(columns, own[columns], float(gamma))
        return [found[number] for number in range(len(folds))]

    def _column_weights_and_gammas(self, clips: Array | None) -> tuple[AnyArray, Floats]:
        """Weights of all features, and gamma, for each row of clips: (folds, n) and (folds,)."""
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
    """Compute the upper half, block by block, and turn it over.

    A block is computed by one thread, so that its sums do not depend on how many there are.
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
    """Turn inner products into squared distances, in place."""
    xp = backend.xp
    norms = (features.astype(xp.float64) ** 2).sum(axis=1).astype(features.dtype)

    def turn(first: int) -> None:
        block = slice(first, first + ROWS // 8)
        part = values[block]
        part *= -2
        part += norms
        part += norms[block][:, None]
        xp.maximum(part, 0, out=part)

    for _ in backend.map(turn, range(0, values.shape[0], ROWS // 8)):
        pass
