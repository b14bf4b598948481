"""Frames into feature vectors.

Conventions. A clip has ``T`` consecutive frames. For ``n_vectors`` = N a window has ``w = floor(T /
(N + 0.5))`` frames; aligned window ``v`` covers ``[v*w, (v+1)*w)``, overlapped window ``v`` covers
``[v*w + w//2, (v+1)*w + w//2)``; of ``T = N`` frames each is an aligned and an overlapped window,
so that a clip may be a single frame. The ``V = 2N`` vectors of a clip are ordered aligned 0,
overlapped 0, aligned 1, ... Sums, means and deviations are accumulated in float64 and stored as
float32; the deviation is the population's.

The edges of all windows cut a clip into ``2N + 1`` *segments*, and window ``k`` is segments ``k``
and ``k + 1``. The backend's ``reduce_windows`` goes through them once. The frames after the last
window are one more segment, which is only checked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from types import ModuleType

import numpy as np
import numpy.typing as npt

from gpuclf._typing import Array, Ints
from gpuclf.backend import Backend, Wanted, Windows
from gpuclf.errors import InputError, one_of

Statistic = Callable[[Windows, Array, ModuleType], Array]

STATISTICS: dict[str, Statistic] = {  # (clips, windows, n), from windows of so many frames
    "sum": lambda windows, frames, xp: windows.sums,
    "mean": lambda windows, frames, xp: windows.sums / frames,
    "std": lambda windows, frames, xp: xp.sqrt(windows.squares / frames),
    "min": lambda windows, frames, xp: windows.low,
    "max": lambda windows, frames, xp: windows.high,
}

# Of the frames, before anything else: their size as it is heard. Decibels end at -100.
LOGARITHMS: dict[str, Callable[[Array, ModuleType], Array]] = {
    "none": lambda frames, xp: frames,
    "log1p": lambda frames, xp: xp.log1p(xp.abs(frames)),
    "db": lambda frames, xp: 20 * xp.log10(xp.maximum(xp.abs(frames), 1e-5)),
}


def segment_edges(lengths: npt.ArrayLike, n_vectors: int) -> Ints:
    """Cut clips into segments.

    Parameters
    ----------
    lengths : int array, shape (clips,)
        Consecutive frames ``T`` of each clip.
    n_vectors : int
        Aligned windows a clip, ``N``.

    Returns
    -------
    int64 array, shape (clips, 2 * n_vectors + 3)
        Edges of the ``2 * n_vectors + 2`` segments, from 0 to ``T``; some may be empty.

    Raises
    ------
    InputError
        If a clip has fewer frames than windows need.

    Examples
    --------
    >>> segment_edges([10, 11], n_vectors=2).tolist()
    [[0, 2, 4, 6, 8, 10, 10], [0, 2, 4, 6, 8, 10, 11]]
    """
    lengths = np.asarray(lengths, np.int64)
    shortest = int(lengths.min())
    if not 1 <= n_vectors <= shortest:
        raise InputError(
            "n_vectors",
            got=n_vectors,
            expected=f"1 to {shortest} for a clip of {shortest} frames",
        )
    width = 2 * lengths // (2 * n_vectors + 1)  # floor(T / (N + 0.5)), in whole numbers
    width = np.maximum(width, 1)  # of T = N frames, each is a window
    starts = np.multiply.outer(width, np.arange(n_vectors + 1))
    edges = np.stack([starts, starts + (width // 2)[:, None]], axis=2)
    return np.column_stack([edges.reshape(len(lengths), -1), lengths])


def lay_windows(n_frames: int, n_vectors: int) -> list[slice]:
    """Lay the windows over a clip.

    Parameters
    ----------
    n_frames : int
        Consecutive frames ``T`` of the clip.
    n_vectors : int
        Aligned windows ``N``; as many overlapped ones stand between them.

    Returns
    -------
    list of slice
        ``2 * n_vectors`` windows in the order of the clip's vectors.

    Raises
    ------
    InputError
        If there are fewer frames than windows need.

    Examples
    --------
    >>> lay_windows(n_frames=10, n_vectors=2)
    [slice(0, 4, None), slice(2, 6, None), slice(4, 8, None), slice(6, 10, None)]
    """
    edges = segment_edges([n_frames], n_vectors)[0, :-1].tolist()
    return list(map(slice, edges[:-2], edges[2:]))


def aggregate_frames(
    frames: Array,
    lengths: npt.ArrayLike,
    n_vectors: int,
    *,
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
        Consecutive frames of clips, one clip after another; on the backend's device.
    lengths : int array, shape (clips,)
        Consecutive frames of each clip.
    n_vectors : int
        Aligned windows a clip, ``N``.
    rectify : bool
        Whether to take the absolute value of the frames first.
    log : {"none", "log1p", "db"}
        Logarithm of the frames' absolute values, ``log(1 + |x|)`` or ``20 log10 |x|``, -100 at
        least, to take first; then ``rectify`` has nothing left to do.
    statistics : sequence of {"sum", "mean", "std", "min", "max"}
        What to compute over a window; several are concatenated.
    backend : Backend
        Where to compute.
    pool : Executor, optional
        Threads that may help, on the CPU.

    Returns
    -------
    vectors : float32 array, shape (clips, 2 * n_vectors, len(statistics) * n)
        On the device.
    finite : bool array, shape (clips,)
        Whether all frames of a clip are finite, those after the last window too; on the device.

    Raises
    ------
    InputError
        If a statistic is not known, or there are fewer frames than windows need.

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
    frames, rectify = LOGARITHMS[log](frames, xp), rectify and log == "none"
    edges = segment_edges(lengths, n_vectors)
    placed = edges + (np.cumsum(lengths) - lengths)[:, None]
    wanted = Wanted(rectify, "std" in statistics, not {"min", "max"}.isdisjoint(statistics))
    found = backend.reduce_windows(frames, placed, wanted, pool)
    finite = xp.isfinite(found.sums).all(axis=(1, 2))
    # The last of these is no window: it is the rest of the clip, which was looked at.
    windows = Windows(*(None if part is None else part[:, :-1] for part in found))
    counts = backend.asarray((edges[:, 2:3] - edges[:, :1]).astype(np.float64)[:, :, None])
    with np.errstate(over="ignore", invalid="ignore"):  # the caller knows which clip it is
        parts = [STATISTICS[name](windows, counts, xp).astype(xp.float32) for name in statistics]
    return xp.concatenate(parts, axis=2), finite


def check_statistics(statistics: Sequence[str]) -> None:
    """Make sure that every statistic is known, and that there is one."""
    unknown = [name for name in statistics if name not in STATISTICS]
    if unknown or not statistics:
        raise InputError(
            "statistics", got=repr(unknown[0]) if unknown else "none", expected=one_of(STATISTICS)
        )


def check_logarithm(log: str) -> None:
    """Make sure that a logarithm is known."""
    if log not in LOGARITHMS:
        raise InputError("log", got=repr(log), expected=one_of(LOGARITHMS))
