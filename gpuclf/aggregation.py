"""Frames into feature vectors: pure array code, handed its array module.

Conventions. A clip has ``T`` consecutive frames. For ``n_vectors`` = N a window has ``w = floor(T /
(N + 0.5))`` frames; aligned window ``v`` covers ``[v*w, (v+1)*w)``, overlapped window ``v`` covers
``[v*w + w//2, (v+1)*w + w//2)``. The ``V = 2N`` vectors of a clip are ordered aligned 0, overlapped
0, aligned 1, ... Sums, means and deviations are accumulated in float64 and stored as float32; the
deviation is the population's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType

import numpy as np

from gpuclf.backend import Array
from gpuclf.errors import InputError, one_of

Reduction = Callable[[Array, ModuleType], Array]  # (clips, w, n) -> (clips, n)

REDUCTIONS: dict[str, Reduction] = {
    "sum": lambda window, xp: xp.sum(window, axis=1, dtype=xp.float64),
    "mean": lambda window, xp: xp.mean(window, axis=1, dtype=xp.float64),
    "std": lambda window, xp: window.astype(xp.float64).std(axis=1),
    "min": lambda window, xp: xp.min(window, axis=1),
    "max": lambda window, xp: xp.max(window, axis=1),
}
STATISTICS = tuple(REDUCTIONS)


def windows(n_frames: int, n_vectors: int) -> list[slice]:
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
    >>> windows(n_frames=10, n_vectors=2)
    [slice(0, 4, None), slice(2, 6, None), slice(4, 8, None), slice(6, 10, None)]
    """
    if not 1 <= n_vectors < n_frames:
        raise InputError(
            "n_vectors",
            got=n_vectors,
            expected=f"1 to {n_frames - 1} for a clip of {n_frames} frames",
        )
    width = 2 * n_frames // (2 * n_vectors + 1)  # floor(T / (N + 0.5)), in whole numbers
    starts = [v * width + shift for v in range(n_vectors) for shift in (0, width // 2)]
    return [slice(start, start + width) for start in starts]


def aggregate_frames(
    frames: Array,
    n_vectors: int,
    *,
    rectify: bool = True,
    statistics: Sequence[str] = ("sum",),
    xp: ModuleType,
) -> Array:
    """Reduce the frames of each window to one feature vector.

    Parameters
    ----------
    frames : float32 array, shape (clips, T, n)
        Consecutive frames of clips of one length.
    n_vectors : int
        Aligned windows a clip, ``N``.
    rectify : bool
        Whether to take the absolute value of the frames first.
    statistics : sequence of {"sum", "mean", "std", "min", "max"}
        What to compute over a window; several are concatenated.
    xp : module
        NumPy or CuPy.

    Returns
    -------
    float32 array, shape (clips, 2 * n_vectors, len(statistics) * n)

    Raises
    ------
    InputError
        If a statistic is not known, or there are fewer frames than windows need.

    Examples
    --------
    >>> import numpy as np
    >>> frames = np.array([[[1], [-2], [3], [-4], [5]]], dtype=np.float32)
    >>> aggregate_frames(frames, 2, xp=np).tolist()
    [[[3.0], [5.0], [7.0], [9.0]]]
    """
    check_statistics(statistics)
    if rectify:
        frames = xp.abs(frames)
    vectors = [
        xp.concatenate([REDUCTIONS[name](frames[:, window], xp) for name in statistics], axis=1)
        for window in windows(frames.shape[1], n_vectors)
    ]
    with np.errstate(over="ignore"):  # the caller knows which clip holds too large values
        return xp.stack(vectors, axis=1).astype(xp.float32)


def check_statistics(statistics: Sequence[str]) -> None:
    """Make sure that every statistic is known, and that there is one."""
    unknown = [name for name in statistics if name not in STATISTICS]
    if unknown or not statistics:
        raise InputError(
            "statistics", got=repr(unknown[0]) if unknown else "none", expected=one_of(STATISTICS)
        )
