"""Feature vectors: what the frames of all clips were reduced to, with the table of the clips."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from gpuclf.aggregation import aggregate_frames, check_statistics
from gpuclf.backend import Array, Backend, resolve
from gpuclf.data.features import BLOCK_BYTES, FeatureSet
from gpuclf.data.layout import Ints
from gpuclf.errors import InputError
from gpuclf.stream import DeviceBlock, stream


@dataclass(frozen=True)
class FeatureVectors:
    """The feature vectors of clips, and what is known of each clip.

    Made by `aggregate`, or from arrays of one's own.

    Parameters
    ----------
    X : float32 array, shape (clips, V, n)
        A clip's vectors in the order of its windows; NumPy or CuPy.
    y : int64 array, shape (clips,), or None
        Each clip's class, an index into ``labels``; None if it is not known.
    labels : tuple of str
        Names of the classes.
    ids : array of str, shape (clips,)
        A name for each clip.
    groups : array, shape (clips,), or None
        What must never stand on both sides of a split; by default each clip is its own.
    folds : int64 array, shape (clips,), or None
        Predefined folds.
    seconds : dict
        Time spent: ``read`` and ``aggregate``. They overlap.
    """

    X: Array
    y: Ints | None
    labels: tuple[str, ...]
    ids: npt.NDArray[Any]
    groups: npt.NDArray[Any] | None = None
    folds: Ints | None = None
    seconds: dict[str, float] = field(default_factory=dict)

    def __len__(self) -> int:
        return int(self.X.shape[0])

    def __repr__(self) -> str:
        clips, vectors, n = self.X.shape
        return f"<{clips} clips x {vectors} vectors x {n} features, {len(self.labels)} classes>"

    def as_single_vectors(self) -> FeatureVectors:
        """Make every vector a clip of its own, so that a split may part a clip's vectors.

        Returns
        -------
        FeatureVectors
            ``X`` of shape ``(clips * V, 1, n)``; groups, which would keep a clip together, are
            dropped.
        """
        clips, vectors, n = self.X.shape
        return replace(
            self,
            X=self.X.reshape(clips * vectors, 1, n),
            y=None if self.y is None else np.repeat(self.y, vectors),
            ids=np.repeat(self.ids, vectors),
            groups=None,
            folds=None if self.folds is None else np.repeat(self.folds, vectors),
        )


def aggregate(
    features: FeatureSet,
    n_vectors: int = 6,
    *,
    rectify: bool = True,
    statistics: Sequence[str] = ("sum",),
    backend: str | Backend = "auto",
    block_bytes: int = BLOCK_BYTES,
    on_clips: Callable[[int], None] | None = None,
) -> FeatureVectors:
    """Read the frames of every clip and reduce them to feature vectors, block by block.

    Parameters
    ----------
    features : FeatureSet
        ``store[name]``, or a part of it.
    n_vectors : int
        Aligned windows a clip, ``N``; a clip has ``V = 2 * N`` vectors, see `gpuclf.aggregation`.
    rectify : bool
        Whether to take the absolute value of the frames first.
    statistics : sequence of {"sum", "mean", "std", "min", "max"}
        What to compute over a window; several are concatenated.
    backend : {"auto", "cpu", "gpu"} or Backend
        Where to compute, and where ``X`` stays.
    block_bytes : int
        Frames in memory at a time; never less than a clip. It does not change the result.
    on_clips : callable, optional
        Called with the number of clips done, after every block.

    Returns
    -------
    FeatureVectors

    Raises
    ------
    InputError
        If a clip holds NaN or infinity, or is too short for the windows; the message names it.
    FeatureFileError
        If the file cannot be read.

    Warns
    -----
    UserWarning
        If sums are taken over clips whose lengths differ by a half and more.

    Examples
    --------
    >>> import tempfile, gpuclf
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = folder.name + "/features.hdf5"
    >>> gpuclf.write_grid(path, {"Z": np.ones((2, 3, 13, 2, 5))}, labels=["blues", "rock"])
    >>> with gpuclf.open_features(path) as store:
    ...     vectors = gpuclf.aggregate(store["Z"], n_vectors=6, backend="cpu")
    >>> vectors
    <6 clips x 12 vectors x 5 features, 2 classes>
    >>> float(vectors.X[0, 0, 0])  # the sum over a window of floor(26 / 6.5) frames
    4.0
    >>> folder.cleanup()
    """
    begun = time.perf_counter()
    check_statistics(statistics)
    _check_lengths(features, n_vectors, statistics)
    backend = resolve(backend)
    xp = backend.xp
    shape = (len(features), 2 * n_vectors, len(statistics) * features.n_features)
    X = xp.empty(shape, dtype=xp.float32)
    reading = 0.0
    for block in stream(features, backend, block_bytes):
        part = aggregate_frames(
            block.frames, n_vectors, rectify=rectify, statistics=statistics, xp=xp
        )
        _check_finite(block, part, features, backend)
        done = block.start + len(part)
        X[block.start : done] = part
        reading += block.seconds
        if on_clips:
            on_clips(done)
    backend.synchronize()
    clips = features.clips
    return FeatureVectors(
        X=X,
        y=clips.y,
        labels=clips.labels,
        ids=clips.ids,
        groups=clips.groups,
        folds=clips.folds,
        seconds={"read": reading, "aggregate": time.perf_counter() - begun},
    )


def _check_lengths(features: FeatureSet, n_vectors: int, statistics: Sequence[str]) -> None:
    shortest, longest = features.frames
    if not 1 <= n_vectors < shortest:
        clip = str(features.clips.ids[features.lengths.argmin()])
        expected = f"1 to {shortest - 1}: clip {clip!r} has {shortest} frames"
        raise InputError("n_vectors", got=n_vectors, expected=expected)
    if "sum" in statistics and longest >= 1.5 * shortest:
        warnings.warn(
            f"{features.path} has clips of {shortest} to {longest} frames: "
            "sums grow with the length, the statistic mean does not",
            UserWarning,
            stacklevel=3,
        )


def _check_finite(
    block: DeviceBlock, vectors: Array, features: FeatureSet, backend: Backend
) -> None:
    """Make sure that frames are numbers, and that their aggregates are within float32."""
    for values in (block.frames, vectors):
        finite = backend.to_host(backend.xp.isfinite(values).all(axis=(1, 2)))
        if finite.all():
            continue
        row = int(finite.argmin())
        clip = f"clip {str(features.clips.ids[block.start + row])!r}"
        where = f"{features.path}, feature set {features.name!r}, {clip}"
        if values is vectors:
            raise InputError(
                where, got="aggregates beyond 3.4e38 (float32)", expected="smaller values"
            )
        frames = backend.to_host(values[row])
        frame, feature = np.argwhere(~np.isfinite(frames))[0].tolist()
        raise InputError(
            where,
            got=f"{frames[frame, feature]} in feature {feature} of frame {frame}",
            expected="finite numbers, at most 3.4e38 (float32)",
        )
