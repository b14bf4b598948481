"""Training clips of a model: which clips of another file the model was trained on.

A clip is known by its feature vectors, not by its id: ids such as ``rock/0`` occur in many files,
and a recording may have two ids. Vectors are compared by a *fingerprint* of 16 bytes per clip:
four random projections of the vectors, scaled by the usual range of each feature. Unlike a
checksum, it tolerates rounding, which differs between backends, processors and library versions;
other clips have other fingerprints.

References
----------
W. B. Johnson and J. Lindenstrauss, *Extensions of Lipschitz mappings into a Hilbert space*, 1984.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from gpuclf._typing import AnyArray, Array, Bools, Floats, Frames
from gpuclf._utils.formatting import counted
from gpuclf.backend import Backend
from gpuclf.vectors.feature_vectors import FeatureVectors
from gpuclf.vectors.scaling import Scaler

PROJECTIONS = 4  # of float32: 16 bytes per clip
TOLERANCE = 2e-6  # of fingerprints; those of different clips differ by about 0.1
SAMPLE = 4096  # clips that determine the usual range of a feature
USUAL = (5, 95)  # percentiles
MIN_RANGE = 0.2  # of a feature, as a fraction of its values: a smaller range is mostly rounding
BLOCK_VALUES = 2**22  # values that are projected at a time, to limit the memory


@dataclass(frozen=True)
class TrainingOverlap:
    """Clips of a file that have a part in the training of a model.

    Parameters
    ----------
    in_training : bool array, shape (clips,)
        Whether the model was trained on the clip: its vectors are those of a training clip.
    same_id : bool array, shape (clips,)
        Whether the clip has the id of a training clip, but other vectors.
    same_group : bool array, shape (clips,)
        Whether the model was not trained on the clip, but on other clips of its group.
    groups : tuple of str
        Names of the groups of the clips in ``same_group``.
    """

    in_training: Bools
    same_id: Bools
    same_group: Bools
    groups: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class TrainingClips:
    """Ids, groups and fingerprints of the clips that a model was trained on.

    Parameters
    ----------
    ids : tuple of str
        Name of each clip.
    groups : tuple of str
        Names of the groups; empty if the clips have no groups.
    fingerprints : float32 array, shape (clips, 4)
        Random projections of the scaled vectors of each clip.
    scaler : Scaler
        Scaling of the vectors; on the host.

    Examples
    --------
    >>> from gpuclf.backend import resolve
    >>> vectors = FeatureVectors(
    ...     X=np.array([[[0.0, 5.0]], [[1.0, 3.0]]], dtype=np.float32),
    ...     y=None,
    ...     labels=(),
    ...     ids=np.array(["a", "b"]),
    ... )
    >>> clips = TrainingClips.of(vectors, resolve("cpu"))
    >>> new = FeatureVectors(vectors.X[::-1] + [[[0]], [[1]]], None, (), np.array(["c", "a"]))
    >>> overlap = clips.overlap(new, resolve("cpu"))
    >>> overlap.in_training.tolist(), overlap.same_id.tolist()
    ([True, False], [False, True])
    """

    ids: tuple[str, ...]
    groups: tuple[str, ...]
    fingerprints: Frames
    scaler: Scaler

    def __post_init__(self) -> None:
        if self.fingerprints.shape != (len(self.ids), PROJECTIONS):
            raise ValueError(f"{len(self.ids)} ids, fingerprints of {self.fingerprints.shape}")

    def __repr__(self) -> str:
        groups = f", {counted(len(self.groups), 'group')}" if self.groups else ""
        return f"<{counted(len(self.ids), 'training clip')}{groups}>"

    @classmethod
    def of(cls, vectors: FeatureVectors, backend: Backend) -> Self:
        """Return the training clips with the given feature vectors, on the backend's device."""
        scaler = _scaler(vectors.X, backend)
        ids = tuple(map(str, vectors.ids.tolist()))
        fingerprints = _fingerprints(vectors.X, scaler, backend)
        return cls(ids, _names(vectors.groups), fingerprints, scaler)

    def overlap(
        self, vectors: FeatureVectors, backend: Backend, *, stored_ids: bool = True
    ) -> TrainingOverlap:
        """Compare the clips of a file with the training clips.

        Parameters
        ----------
        vectors : FeatureVectors
            Clips with as many vectors and features as the training clips; on the backend's device.
        backend : Backend
            Backend that computed the vectors; it may differ from that of the training.
        stored_ids : bool
            Whether the file stores the ids; ids that are positions are equal in many files, and
            not compared.

        Returns
        -------
        TrainingOverlap
        """
        from scipy.spatial import KDTree

        fingerprints = _fingerprints(vectors.X, self.scaler, backend)
        # Equal fingerprints, such as those of silent clips, would make the tree slow.
        tree = KDTree(np.unique(self.fingerprints, axis=0))
        distance, _ = tree.query(fingerprints, p=np.inf, distance_upper_bound=TOLERANCE)
        known = np.isfinite(distance)
        same_id = _among(vectors.ids, self.ids) & ~known & stored_ids
        if vectors.groups is None:
            return TrainingOverlap(known, same_id, np.zeros_like(known), ())
        same_group = _among(vectors.groups, self.groups) & ~known
        return TrainingOverlap(known, same_id, same_group, _names(vectors.groups[same_group]))


def _among(names: AnyArray, known: tuple[str, ...]) -> Bools:
    known_names = frozenset(known)
    return np.array([str(name) in known_names for name in names.tolist()], dtype=bool)


def _names(groups: AnyArray | None) -> tuple[str, ...]:
    return () if groups is None else tuple(map(str, np.unique(groups).tolist()))


def _scaler(X: Array, backend: Backend) -> Scaler:
    """Return a scaling by the usual range of each feature, or by more if that magnifies rounding.

    Percentiles, since one outlier would make the scaled vectors of all other clips equal.
    """
    sample = backend.to_host(X[:: max(1, len(X) // SAMPLE)]).astype(np.float64)
    low, high = np.percentile(sample, USUAL, axis=(0, 1))
    width = np.maximum(high - low, MIN_RANGE * np.maximum(np.abs(low), np.abs(high)))
    width = np.where(width == 0, np.abs(sample).max(axis=(0, 1)), width)  # rarely not 0
    return Scaler(low, np.where(width == 0, 1, width))


def _fingerprints(X: Array, scaler: Scaler, backend: Backend) -> Frames:
    """Project the scaled vectors of each clip, ``(clips, V, n)``; returns ``(clips, 4)``."""
    clips, vectors, n = X.shape
    values = vectors * n
    scaler = scaler.moved(backend.asarray)
    projection = backend.asarray(_projection(values))
    step = max(1, BLOCK_VALUES // values)
    blocks = [
        scaler.transform(X[start : start + step], np.float64).reshape(-1, values) @ projection
        for start in range(0, clips, step)
    ]
    projected = np.concatenate([backend.to_host(block) for block in blocks])
    return np.asarray(np.arcsinh(projected), np.float32)  # relative differences far from 0


def _projection(values: int) -> Floats:
    """Return the random projection, ``(values, 4)``, the same with every version of NumPy."""
    random = np.random.RandomState(0)  # its stream is frozen, unlike that of default_rng
    return np.asarray(random.uniform(-1, 1, (values, PROJECTIONS)) / np.sqrt(values))
