"""Statistics of windows over frames on the CPU; ``windows.cu`` computes the same on the GPU.

Both accumulate in float64, frame by frame in temporal order, and perform the same operations for
each window and feature. Results are therefore bitwise identical on CPU and GPU, for any block size
and number of threads, and equal to NumPy's sum, mean, std, min and max along axis 0 of a window.

If windows overlap by half, window ``k`` consists of the segments ``k`` and ``k + 1``, else of
segment ``k``. Sums read each frame from memory once and add it to its windows; deviations and
extremes read a window again, from the cache. Memory bandwidth is the bottleneck, so float64 costs
no time. A float64 sum of float32 values cannot overflow: it is finite if and only if all frames are
finite.
"""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any

import numpy as np

from gpuclf._typing import Frames, Ints
from gpuclf._utils.jit import compiled
from gpuclf._utils.memory import cores
from gpuclf.backend.interface import Windows, WindowStatistics


def reduce_windows(
    frames: Frames,
    edges: Ints,
    segments: int,
    statistics: WindowStatistics,
    pool: Executor | None = None,
) -> Windows:
    """Return statistics of windows over frames.

    Parameters
    ----------
    frames : float32 array, shape (rows, n)
    edges : int64 array, shape (clips, windows + segments)
        Window ``k`` of a clip is ``frames[edges[clip, k]:edges[clip, k + segments]]`` and may be
        empty.
    segments : {1, 2}
        Segments per window: 2 if windows overlap by half.
    statistics : WindowStatistics
    pool : Executor, optional
        Thread pool over which the clips are distributed.

    Returns
    -------
    Windows
    """
    shape = (len(edges), edges.shape[1] - segments, frames.shape[1])
    windows = Windows(
        sums=np.empty(shape),
        squares=np.empty(shape) if statistics.squares else None,
        low=np.empty(shape, np.float32) if statistics.extremes else None,
        high=np.empty(shape, np.float32) if statistics.extremes else None,
    )

    def reduce(clips: slice) -> None:
        sums = windows.sums[clips]
        _sum(frames, edges[clips], segments, statistics.rectify, sums)
        if statistics.squares:
            _square(
                frames, edges[clips], segments, statistics.rectify, sums, windows.squares[clips]
            )
        if statistics.extremes:
            low, high = windows.low[clips], windows.high[clips]
            _find_extremes(frames, edges[clips], segments, statistics.rectify, low, high)

    parts = 1 if pool is None else cores()
    cuts = np.linspace(0, len(edges), parts + 1).astype(int).tolist()
    list((map if pool is None else pool.map)(reduce, map(slice, cuts[:-1], cuts[1:])))
    return windows


@compiled
def _sum(frames: Any, edges: Any, segments: int, rectify: bool, sums: Any) -> None:
    """Add each segment to the one or two windows that contain it."""
    sums[:] = 0.0
    n = frames.shape[1]
    for clip in range(len(edges)):
        windows = sums.shape[1]
        for s in range(windows + segments - 1):
            ended = sums[clip, max(s - 1, 0)]
            started = sums[clip, min(s, windows - 1)]
            for i in range(edges[clip, s], edges[clip, s + 1]):
                if segments == 2 and 0 < s < windows:
                    for j in range(n):
                        x = np.float64(abs(frames[i, j]) if rectify else frames[i, j])
                        ended[j] += x
                        started[j] += x
                else:  # without overlap, and at either end of the clip
                    for j in range(n):
                        started[j] += np.float64(abs(frames[i, j]) if rectify else frames[i, j])


@compiled
def _square(frames: Any, edges: Any, segments: int, rectify: bool, sums: Any, squares: Any) -> None:
    squares[:] = 0.0
    for clip in range(len(edges)):
        for window in range(sums.shape[1]):
            first, last = edges[clip, window], edges[clip, window + segments]
            means = sums[clip, window] / max(last - first, 1)
            square = squares[clip, window]
            for i in range(first, last):
                for j in range(frames.shape[1]):
                    x = abs(frames[i, j]) if rectify else frames[i, j]
                    deviation = np.float64(x) - means[j]
                    square[j] += deviation * deviation


@compiled
def _find_extremes(
    frames: Any, edges: Any, segments: int, rectify: bool, low: Any, high: Any
) -> None:
    low[:] = np.inf
    high[:] = -np.inf
    for clip in range(len(edges)):
        for window in range(low.shape[1]):
            least, most = low[clip, window], high[clip, window]
            for i in range(edges[clip, window], edges[clip, window + segments]):
                for j in range(frames.shape[1]):
                    x = abs(frames[i, j]) if rectify else frames[i, j]
                    least[j] = np.minimum(least[j], x)  # vectorised, unlike a comparison
                    most[j] = np.maximum(most[j], x)
