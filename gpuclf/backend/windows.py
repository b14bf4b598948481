"""Statistics of windows over frames on the CPU; ``windows.cu`` computes the same on the GPU.

For each window and feature both perform the same operations in the same order, frame after frame in
float64, so that they agree to the last bit for any blocks and number of threads; and with NumPy's
sum, mean, std, min and max over the frames of a window, which use the same order.

For sums each frame is read from memory once, although it is in two windows. Deviations and extremes
read a window again, from the cache. float64 has no cost, as memory is the bottleneck; and since it
cannot overflow, a sum is finite exactly if all of its frames are.
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
    statistics: WindowStatistics,
    pool: Executor | None = None,
) -> Windows:
    """Reduce windows over frames, see `gpuclf.backend.Backend`."""
    shape = (len(edges), edges.shape[1] - 2, frames.shape[1])
    windows = Windows(
        sums=np.empty(shape),
        squares=np.empty(shape) if statistics.squares else None,
        low=np.empty(shape, np.float32) if statistics.extremes else None,
        high=np.empty(shape, np.float32) if statistics.extremes else None,
    )

    def reduce(clips: slice) -> None:
        sums = windows.sums[clips]
        _sum(frames, edges[clips], statistics.rectify, sums)
        if statistics.squares:
            _square(frames, edges[clips], statistics.rectify, sums, windows.squares[clips])
        if statistics.extremes:
            low, high = windows.low[clips], windows.high[clips]
            _find_extremes(frames, edges[clips], statistics.rectify, low, high)

    parts = 1 if pool is None else cores()
    cuts = np.linspace(0, len(edges), parts + 1).astype(int).tolist()
    list((map if pool is None else pool.map)(reduce, map(slice, cuts[:-1], cuts[1:])))
    return windows


@compiled
def _sum(frames: Any, edges: Any, rectify: bool, sums: Any) -> None:
    """Add each segment to both windows that contain it: the one it ends and the one it starts."""
    sums[:] = 0.0
    n = frames.shape[1]
    for clip in range(len(edges)):
        windows = sums.shape[1]
        for s in range(windows + 1):
            ended = sums[clip, max(s - 1, 0)]
            started = sums[clip, min(s, windows - 1)]
            for i in range(edges[clip, s], edges[clip, s + 1]):
                if 0 < s < windows:
                    for j in range(n):
                        x = np.float64(abs(frames[i, j]) if rectify else frames[i, j])
                        ended[j] += x
                        started[j] += x
                else:  # the first and the last segment are in one window only
                    for j in range(n):
                        started[j] += np.float64(abs(frames[i, j]) if rectify else frames[i, j])


@compiled
def _square(frames: Any, edges: Any, rectify: bool, sums: Any, squares: Any) -> None:
    squares[:] = 0.0
    for clip in range(len(edges)):
        for window in range(sums.shape[1]):
            first, last = edges[clip, window], edges[clip, window + 2]
            means = sums[clip, window] / max(last - first, 1)
            square = squares[clip, window]
            for i in range(first, last):
                for j in range(frames.shape[1]):
                    x = abs(frames[i, j]) if rectify else frames[i, j]
                    deviation = np.float64(x) - means[j]
                    square[j] += deviation * deviation


@compiled
def _find_extremes(frames: Any, edges: Any, rectify: bool, low: Any, high: Any) -> None:
    low[:] = np.inf
    high[:] = -np.inf
    for clip in range(len(edges)):
        for window in range(low.shape[1]):
            least, most = low[clip, window], high[clip, window]
            for i in range(edges[clip, window], edges[clip, window + 2]):
                for j in range(frames.shape[1]):
                    x = abs(frames[i, j]) if rectify else frames[i, j]
                    least[j] = np.minimum(least[j], x)  # vectorised, unlike a comparison
                    most[j] = np.maximum(most[j], x)
