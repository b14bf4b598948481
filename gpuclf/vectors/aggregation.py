"""Aggregation of frames to feature vectors: windows of a clip and statistics of a window.

Conventions. A clip has ``T`` consecutive frames. For ``n_vectors`` = N a window has ``w = floor(T /
(N + 0.5))`` frames; aligned window ``v`` covers ``[v*w, (v+1)*w)``, overlapped window ``v`` covers
``[v*w + w//2, (v+1)*w + w//2)``. With ``T = N`` each frame is an aligned and an overlapped window.
The ``V = 2N`` vectors of a clip are ordered aligned 0, overlapped 0, aligned 1, ... Without
overlap, ``w = floor(T / N)``, and a clip has only the ``V = N`` aligned windows. Sums, means and
deviations are accumulated in float64 and stored as float32; the deviation is the population's.

The edges of all windows divide a clip into *segments*; window ``k`` is segments ``k`` and ``k +
1``, without overlap segment ``k``. The backend's ``reduce_windows`` reads each segment once. The
frames after the last window are one more segment, which is only checked for NaN and infinity.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from types import ModuleType

import numpy as np
import numpy.typing as npt

from gpuclf._typing import Array, Ints
from gpuclf._utils.formatting import counted
from gpuclf.backend import Backend, Windows, WindowStatistics
from gpuclf.errors import InputError, one_of
from gpuclf.vectors.choices import LogarithmName, OverlapName, StatisticName

Statistic = Callable[[Windows, Array, ModuleType], Array]

STATISTICS: dict[StatisticName, Statistic] = {  # of (clips, windows, n) and frames per window
    "sum": lambda windows, frames, xp: windows.sums,
    "mean": lambda windows, frames, xp: windows.sums / frames,
    "std": lambda windows, frames, xp: xp.sqrt(windows.squares / frames),
    "min": lambda windows, frames, xp: windows.low,
    "max": lambda windows, frames, xp: windows.high,
}
SEGMENTS: dict[OverlapName, int] = {"half": 2, "none": 1}  # per window


def vectors_per_clip(n_vectors: int, overlap: OverlapName) -> int:
    """Return the number of feature vectors per clip, ``V``, for ``n_vectors`` aligned windows."""
    return SEGMENTS[overlap] * n_vectors


def segment_edges(lengths: npt.ArrayLike, n_vectors: int, overlap: OverlapName = "half") -> Ints:
    """Compute the edges of the segments into which the windows divide each clip.

    Parameters
    ----------
    lengths : int array, shape (clips,)
        Consecutive frames ``T`` of each clip.
    n_vectors : int
        Aligned windows per clip, ``N``.
    overlap : {"half", "none"}
        Overlap of consecutive windows.

    Returns
    -------
    int64 array, shape (clips, 2 * n_vectors + 3), or (clips, n_vectors + 2) without overlap
        Edges of the segments, from 0 to ``T``; segments may be empty.

    Raises
    ------
    InputError
        If a clip has too few frames for the windows.

    Examples
    --------
    >>> segment_edges([10, 11], n_vectors=2).tolist()
    [[0, 2, 4, 6, 8, 10, 10], [0, 2, 4, 6, 8, 10, 11]]
    >>> segment_edges([10, 11], n_vectors=2, overlap="none").tolist()
    [[0, 5, 10, 10], [0, 5, 10, 11]]
    """
    check_overlap(overlap)
    lengths = np.asarray(lengths, np.int64)
    check_n_vectors(n_vectors, int(lengths.min()), overlap)
    if overlap == "none":
        width = lengths // n_vectors
    else:
        width = 2 * lengths // (2 * n_vectors + 1)  # floor(T / (N + 0.5)), in integers
        width = np.maximum(width, 1)  # with T = N frames, each is a window
    edges = np.multiply.outer(width, np.arange(n_vectors + 1))
    if overlap == "half":
        edges = np.stack([edges, edges + (width // 2)[:, None]], axis=2)
    return np.column_stack([edges.reshape(len(lengths), -1), lengths])


def window_bounds(lengths: npt.ArrayLike, n_vectors: int, overlap: OverlapName = "half") -> Ints:
    """Compute the first frame of each window and the frame after its last.

    Parameters
    ----------
    lengths, n_vectors, overlap
        See `segment_edges`.

    Returns
    -------
    int64 array, shape (clips, V, 2)
        In the order of a clip's vectors.

    Raises
    ------
    InputError
        If a clip has too few frames for the windows.

    Examples
    --------
    >>> window_bounds([10], n_vectors=2).tolist()
    [[[0, 4], [2, 6], [4, 8], [6, 10]]]
    """
    edges, segments = segment_edges(lengths, n_vectors, overlap)[:, :-1], SEGMENTS[overlap]
    return np.stack([edges[:, :-segments], edges[:, segments:]], axis=2)


def check_n_vectors(
    n_vectors: int, shortest: int, overlap: OverlapName, clip: str = "the shortest clip"
) -> None:
    """Check that the shortest clip, of ``shortest`` frames, is long enough for the windows.

    The message contains the options of the command line that make one vector of each frame, or, if
    the clip has one frame, the only vector.
    """
    if not 1 <= n_vectors <= shortest:
        limits = f"1 to {shortest}" if shortest > 1 else "1"
        options = f"--n-vectors {shortest}"
        if shortest == 1 and overlap == "half":
            options += " --overlap none"  # else the vector of the frame is there twice
        expected = f"{limits}: {clip} has {counted(shortest, 'frame')} (try {options})"
        raise InputError("n_vectors", got=n_vectors, expected=expected)


def _log1p(frames: Array, xp: ModuleType) -> Array:
    xp.abs(frames, out=frames)
    return xp.log1p(frames, out=frames)


def _decibels(frames: Array, xp: ModuleType) -> Array:
    xp.abs(frames, out=frames)
    xp.maximum(frames, 1e-5, out=frames)  # -100 dB
    xp.log10(frames, out=frames)
    frames *= 20
    return frames


# In place: a copy would exceed the memory limit by the size of a block.
LOGARITHMS: dict[LogarithmName, Callable[[Array, ModuleType], Array]] = {
    "none": lambda frames, xp: frames,
    "log1p": _log1p,
    "db": _decibels,
}


def aggregate_frames(
    frames: Array,
    lengths: npt.ArrayLike,
    n_vectors: int,
    *,
    overlap: OverlapName = "half",
    rectify: bool = True,
    log: str = "none",
    statistics: Sequence[str] = ("sum",),
    backend: Backend,
    pool: Executor | None = None,
) -> tuple[Array, Array]:
    """Reduce the frames of each window to one feature vector.

    Parameters
    ----------
    frames : float32 array, shape (rows, n)
        Frames of all clips, one clip after another, on the backend's device; overwritten if
        ``log`` is not "none".
    lengths : int array, shape (clips,)
        Consecutive frames of each clip.
    n_vectors : int
        Aligned windows per clip, ``N``.
    overlap : {"half", "none"}
        Overlap of consecutive windows.
    rectify : bool
        Whether to take the absolute value of the frames first.
    log : {"none", "log1p", "db"}
        Logarithm of the frames' absolute values to take first: ``log(1 + |x|)``, or ``20 log10
        |x|``, at least -100. ``rectify`` then has no effect.
    statistics : sequence of {"sum", "mean", "std", "min", "max"}
        Statistics of a window; several are concatenated.
    backend : Backend
        Where to compute.
    pool : Executor, optional
        Threads to compute with, on the CPU.

    Returns
    -------
    vectors : float32 array, shape (clips, V, len(statistics) * n)
        On the device.
    finite : bool array, shape (clips,)
        Whether all frames of a clip are finite, including those after the last window; on the
        device.

    Raises
    ------
    InputError
        If an overlap, statistic or logarithm is unknown, or a clip has too few frames for the
        windows.

    Examples
    --------
    >>> from gpuclf.backend import resolve
    >>> frames = np.array([[1], [-2], [3], [-4], [5]], dtype=np.float32)
    >>> vectors, finite = aggregate_frames(frames, [5], 2, backend=resolve("cpu"))
    >>> vectors.tolist(), finite.tolist()
    ([[[3.0], [5.0], [7.0], [9.0]]], [True])
    """
    check_statistics(statistics)
    check_logarithm(log)
    xp = backend.xp
    frames, rectify = LOGARITHMS[log](frames, xp), rectify and log == "none"  # type: ignore[index]
    edges, segments = segment_edges(lengths, n_vectors, overlap), SEGMENTS[overlap]
    rows = edges + (np.cumsum(lengths) - lengths)[:, None]
    extremes = not {"min", "max"}.isdisjoint(statistics)
    reduced = backend.reduce_windows(
        frames, rows, segments, WindowStatistics(rectify, "std" in statistics, extremes), pool
    )
    finite = xp.isfinite(reduced.sums).all(axis=(1, 2))
    # The last entry is not a window but the rest of the clip, which is only checked.
    windows = Windows(*(None if part is None else part[:, :-1] for part in reduced))
    counts = backend.asarray((edges[:, segments] - edges[:, 0]).astype(np.float64)[:, None, None])
    with np.errstate(over="ignore", invalid="ignore"):  # the caller checks the vectors
        parts = [
            STATISTICS[name](windows, counts, xp).astype(xp.float32)  # type: ignore[index]
            for name in statistics
        ]
    return xp.concatenate(parts, axis=2), finite


def check_overlap(overlap: str) -> None:
    """Check that an overlap is known."""
    if overlap not in SEGMENTS:
        raise InputError("overlap", got=repr(overlap), expected=one_of(SEGMENTS))


def check_statistics(statistics: Sequence[str]) -> None:
    """Check that there is at least one statistic and all are known."""
    unknown = [repr(name) for name in statistics if name not in STATISTICS]
    if unknown or not statistics:
        got = unknown[0] if unknown else "none"
        raise InputError("statistics", got=got, expected=one_of(STATISTICS))


def check_logarithm(log: str) -> None:
    """Check that a logarithm is known."""
    if log not in LOGARITHMS:
        raise InputError("log", got=repr(log), expected=one_of(LOGARITHMS))
