"""Feature vectors of clips and their computation from a feature file."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gpuclf._typing import AnyArray, Array, Ints
from gpuclf._utils.displayable import Displayable
from gpuclf._utils.memory import cores
from gpuclf.backend import Backend, resolve
from gpuclf.features.feature_set import FeatureSet
from gpuclf.features.read_plan import ReadPlan
from gpuclf.vectors.aggregation import (
    aggregate_frames,
    check_logarithm,
    check_overlap,
    check_statistics,
    vectors_per_clip,
)
from gpuclf.vectors.cache import VectorCache
from gpuclf.vectors.checks import check_finite, check_lengths, warn_about_lengths
from gpuclf.vectors.choices import OverlapName
from gpuclf.vectors.clip_columns import checked_columns
from gpuclf.vectors.feature_names import feature_names, named_features
from gpuclf.vectors.streaming import stream, workers

CACHE_VERSION = 2  # increase when the same options give other vectors
CHECK_EVERY = 16  # blocks; each check waits for the device


@dataclass(frozen=True)
class FeatureVectors(Displayable):
    """Feature vectors and labels of clips.

    The result of `aggregate`; features computed elsewhere can be passed as arrays.

    Parameters
    ----------
    X : float32 array, shape (clips, V, n)
        Feature vectors of each clip, in the order of its windows; NumPy or CuPy.
    y : int64 array, shape (clips,), or None
        Class of each clip, an index into ``labels``; None if unknown.
    labels : tuple of str
        Names of the classes.
    ids : array of str, shape (clips,)
        Name of each clip.
    groups : array, shape (clips,), or None, default None
        Group of each clip; clips of one group are never split between training and test. None if
        every clip is its own group.
    folds : int64 array, shape (clips,), or None, default None
        Predefined fold in which each clip is tested.
    overlap : {"half", "none"}, default "none"
        Overlap of the windows; with "half", every second vector is of an overlapped window.
    seconds : dict, default {}
        Elapsed time in seconds: ``read`` (waiting for frames) and ``aggregate`` (everything else).
    feature_names : tuple of str, default ()
        Names of the features of a vector, such as ``mel_12_std``; empty if unknown.

    Raises
    ------
    InputError
        If an array has another shape, or ``y`` or ``folds`` are not integers.

    Examples
    --------
    >>> vectors = FeatureVectors(
    ...     X=np.ones((4, 12, 5), dtype=np.float32),
    ...     y=np.array([0, 0, 1, 1]),
    ...     labels=("blues", "rock"),
    ...     ids=np.array(["a", "b", "c", "d"]),
    ... )
    >>> vectors
    <4 clips x 12 vectors x 5 features, 2 classes>
    >>> len(vectors)
    4
    """

    X: Array
    y: Ints | None
    labels: tuple[str, ...]
    ids: AnyArray
    groups: AnyArray | None = None
    folds: Ints | None = None
    overlap: OverlapName = "none"
    seconds: dict[str, float] = field(default_factory=dict)
    feature_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        columns = checked_columns(self.X, self.y, self.labels, self.ids, self.groups, self.folds)
        for name, value in columns.items():
            object.__setattr__(self, name, value)
        named_features(self.feature_names, self.X.shape[2])

    def __len__(self) -> int:
        return int(self.X.shape[0])

    def __repr__(self) -> str:
        clips, vectors, n = self.X.shape
        return f"<{clips} clips x {vectors} vectors x {n} features, {len(self.labels)} classes>"

    def get_feature_names_out(self) -> AnyArray:
        """Return the names of the features of a vector, by default ``x0``, ``x1``, ...

        Returns
        -------
        array of str, shape (n,)
        """
        return named_features(self.feature_names, self.X.shape[2])

    def as_single_vectors(self) -> FeatureVectors:
        """Return a copy in which every vector is a clip of its own.

        A split may then separate the vectors of a clip.

        Returns
        -------
        FeatureVectors
            ``X`` has shape ``(clips * V, 1, n)``; ``groups`` is None.

        Examples
        --------
        >>> X = np.ones((4, 12, 5), dtype=np.float32)
        >>> FeatureVectors(X, None, (), np.arange(4).astype(str)).as_single_vectors()
        <48 clips x 1 vectors x 5 features, 0 classes>
        """
        clips, vectors, n = self.X.shape
        return replace(
            self,
            X=self.X.reshape(clips * vectors, 1, n),
            y=None if self.y is None else np.repeat(self.y, vectors),
            ids=np.repeat(self.ids, vectors),
            groups=None,
            folds=None if self.folds is None else np.repeat(self.folds, vectors),
            overlap="none",
        )


def aggregate(
    features: FeatureSet,
    n_vectors: int = 6,
    *,
    overlap: OverlapName = "half",
    rectify: bool = True,
    log: str = "none",
    statistics: Sequence[str] = ("sum",),
    backend: str | Backend = "auto",
    memory: int | str | None = None,
    cache: VectorCache | None = None,
    on_clips: Callable[[int], None] | None = None,
) -> FeatureVectors:
    """Aggregate the frames of every clip to feature vectors.

    The frames of a clip are divided into windows, by default overlapping by half; each window is
    reduced to one feature vector. The file is read block by block.

    Parameters
    ----------
    features : FeatureSet
        ``store[name]``, or a subset of it.
    n_vectors : int, default 6
        Number of aligned windows per clip, ``N``.
    overlap : {"half", "none"}, default "half"
        Overlap of consecutive windows: with "half", there are as many windows again, shifted by
        half a window, and a clip has ``V = 2 * N`` vectors; with "none", ``V = N``.
    rectify : bool, default True
        Whether to take the absolute value of the frames first.
    log : {"none", "log1p", "db"}, default "none"
        Logarithm of the frames' absolute values to take first: ``log(1 + |x|)``, or ``20 log10
        |x|``, at least -100. ``rectify`` then has no effect.
    statistics : sequence of {"sum", "mean", "std", "min", "max"}, default ("sum",)
        Statistics of a window; several are concatenated.
    backend : {"auto", "cpu", "gpu", "gpu:N"} or Backend, default "auto"
        Where to compute and to keep ``X``.
    memory : int, str or None, default None
        Maximum size in bytes of the frames in memory, such as ``"512M"``; by default a quarter of
        the free memory, at most 1 GiB. The limit does not change the result.
    cache : VectorCache, optional
        Cache of feature vectors between runs.
    on_clips : callable, optional
        Called after every block with the number of clips read so far.

    Returns
    -------
    FeatureVectors
        ``X`` has shape ``(clips, V, len(statistics) * n)``.

    Raises
    ------
    InputError
        If a clip contains NaN or infinity, is too short for the windows, or exceeds the memory
        limit; the message names the clip.
    FeatureFileError
        If the file cannot be read.

    Warns
    -----
    UserWarning
        If sums are computed and the longest clip has at least 1.5 times the frames of the
        shortest.

    See Also
    --------
    gpuclf.vectors.aggregation : Definition of the windows.

    Examples
    --------
    >>> import gpuclf
    >>> path = "features.hdf5"
    >>> gpuclf.write_grid(path, {"Z": np.ones((2, 3, 13, 2, 5))}, labels=["blues", "rock"])
    >>> with gpuclf.open_features(path) as store:
    ...     vectors = gpuclf.aggregate(store["Z"], n_vectors=6, backend="cpu")
    >>> vectors
    <6 clips x 12 vectors x 5 features, 2 classes>
    >>> vectors.get_feature_names_out()[3]
    'Z_3_sum'
    >>> float(vectors.X[0, 0, 0])  # the sum over a window of floor(26 / 6.5) frames
    4.0
    """
    started = time.perf_counter()
    check_overlap(overlap)
    check_statistics(statistics)
    check_logarithm(log)
    check_lengths(features, n_vectors, overlap)
    warn_about_lengths(features, statistics)
    backend = resolve(backend)
    options = {
        "n_vectors": int(n_vectors),
        "overlap": overlap,
        "rectify": bool(rectify),
        "log": log,
        "statistics": list(map(str, statistics)),
    }
    plan = features.plan(memory)
    key = None if cache is None else _key(features, options, backend)
    cached = None if cache is None or key is None else cache.load(key)
    if cached is not None:
        X, waited = backend.asarray(cached), 0.0
    else:
        X, waited = _read(features, plan, options, backend, on_clips)
        if cache is not None and key is not None and _key(features, options, backend) == key:
            cache.store(key, backend.to_host(X))
    clips = features.clips
    return FeatureVectors(
        X=X,
        y=clips.y,
        labels=clips.labels,
        ids=clips.ids,
        groups=clips.groups,
        folds=clips.folds,
        overlap=overlap,
        feature_names=feature_names(features.name, features.n_features, statistics),
        seconds={"read": waited, "aggregate": time.perf_counter() - started - waited},
    )


def _key(
    features: FeatureSet, options: Mapping[str, Any], backend: Backend
) -> dict[str, Any] | None:
    """Return the key of the vectors in the cache; None if the file cannot be identified."""
    identity = features.identity()
    if identity is None:
        return None
    return {"version": CACHE_VERSION, "backend": backend.name, **options, **identity}


def _read(
    features: FeatureSet,
    plan: ReadPlan,
    options: Mapping[str, Any],
    backend: Backend,
    on_clips: Callable[[int], None] | None,
) -> tuple[Array, float]:
    """Compute the vectors ``(clips, V, n)``; return them and the seconds waited for frames."""
    xp = backend.xp
    vectors = vectors_per_clip(options["n_vectors"], options["overlap"])
    n = len(options["statistics"]) * features.n_features
    X = xp.empty((len(features), vectors, n), dtype=xp.float32)
    frames_finite, finite = (xp.ones(len(features), dtype=bool) for _ in range(2))
    waited, done = 0.0, 0
    with workers(plan.threads) as readers, workers(cores()) as helpers:
        for number, (block, frames, seconds) in enumerate(
            stream(features, plan, backend, readers), start=1
        ):
            clips = backend.asarray(block.clips)
            X[clips], frames_finite[clips] = aggregate_frames(
                frames, block.lengths, **options, backend=backend, pool=helpers
            )
            finite[clips] = xp.isfinite(X[clips]).all(axis=(1, 2))
            if number % CHECK_EVERY == 0 or number == len(plan.blocks):
                check_finite(features, backend.to_host(frames_finite), backend.to_host(finite))
            waited, done = waited + seconds, done + len(block.clips)
            if on_clips:
                on_clips(done)
    backend.synchronize()
    return X, waited
