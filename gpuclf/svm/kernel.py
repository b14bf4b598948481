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

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from numpy.typing import DTypeLike

from gpuclf.backend import Array, Backend, KernelChange
from gpuclf.data.blocks import Ints
from gpuclf.scale import Moments
from gpuclf.svm.spec import SvmSpec

ROWS = 1024  # of the matrix that are computed at a time


class Term(NamedTuple):
    """Coefficients of some vectors in some decision functions."""

    vectors: Any  # slice, or int64 array
    beta: Array  # (vectors, functions) float
    functions: Any  # slice, or int64 array


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

    def change(self, clips: Ints | None = None) -> KernelChange:
        """Say how the kernel of a fold differs, which trains on some clips, or on all.

        Parameters
        ----------
        clips : int64 array, optional
            The training clips.

        Returns
        -------
        KernelChange
        """
        xp = self.backend.xp
        there = None if clips is None else self.backend.asarray(clips)
        scaler = self.moments.fit(self.scale, there)
        divisor = scaler.divisor[: self.divisor.shape[0]]  # a kernel of one's own has none
        varies = self.divisor < xp.inf
        factor = xp.where(varies, self.divisor, 1.0) / xp.where(varies, divisor, 1.0)
        weights = (factor**2 - 1).astype(self.features.dtype)
        changed = xp.flatnonzero(weights)
        features = self.features
        if changed.shape[0] < weights.shape[0]:
            features, weights = features[:, changed], weights[changed]
        norms = (features**2) @ weights
        gamma = 0.0
        if self.spec.kernel == "rbf":
            gamma = self.spec.gamma_of(
                int(self.features.shape[1]), lambda: self.moments.variance(scaler, there)
            )
        return KernelChange(features, weights, norms, gamma)

    def decide(
        self, change: KernelChange, rows: Array, terms: Sequence[Term], functions: int
    ) -> Array:
        """Decide about vectors: sum a fold's kernel over those that it trained on.

        Parameters
        ----------
        change : KernelChange
            The fold's.
        rows : int64 array, shape (rows,)
            Which vectors, on the device.
        terms : sequence of Term
            What is summed.
        functions : int
            How many there are.

        Returns
        -------
        float64 array, shape (rows, functions)
        """
        xp = self.backend.xp
        found = xp.zeros((rows.shape[0], functions), dtype=xp.float64)
        linear = self.spec.kernel != "rbf" and change.weights.shape[0] > 0
        for first in range(0, rows.shape[0], ROWS // 8):
            some = rows[first : first + ROWS // 8]
            kernel = self._rows(change, some)
            weighed = change.features[some] * change.weights
            for term in terms:
                value = kernel[:, term.vectors] @ term.beta
                if linear:
                    value += weighed @ (change.features[term.vectors].T @ term.beta)
                found[first : first + ROWS // 8, term.functions] += value
        return found

    def _rows(self, change: KernelChange, rows: Array) -> Array:
        """Rows of a fold's kernel; of a linear one, without what changed features add."""
        xp, kernel = self.backend.xp, self.values[rows]
        if self.spec.kernel != "rbf":
            return kernel
        if change.weights.shape[0]:
            kernel += change.norms
            kernel += change.norms[rows][:, None]
            kernel -= 2 * ((change.features[rows] * change.weights) @ change.features.T)
            xp.maximum(kernel, 0, out=kernel)
        kernel *= -change.gamma
        return xp.exp(kernel, out=kernel)


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
