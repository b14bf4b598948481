"""Labels over time: consecutive windows of one class are merged to stretches."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from gpuclf._typing import Floats, Ints


class Stretch(NamedTuple):
    """Consecutive windows of one class.

    Parameters
    ----------
    start, end : float
        Times in seconds.
    first, stop : int
        Index of the first window, and the one after the last.
    """

    start: float
    end: float
    first: int
    stop: int


def stretches(times: Floats, classes: Ints) -> list[Stretch]:
    """Merge consecutive windows of one class.

    Stretches of overlapping windows meet in the middle of the overlap. Where windows do not meet,
    stretches end and start with their windows.

    Parameters
    ----------
    times : float64 array, shape (windows, 2)
        Start and end of each window in seconds, in ascending order.
    classes : int array, shape (windows,)
        Class of each window.

    Returns
    -------
    list of Stretch

    Examples
    --------
    >>> times = np.array([[0, 2], [1, 3], [2, 4], [6, 8]])
    >>> [(run.start, run.end) for run in stretches(times, np.array([0, 0, 1, 0]))]
    [(0.0, 2.5), (2.5, 4.0), (6.0, 8.0)]
    """
    middles = (times[1:, 0] + times[:-1, 1]) / 2
    starts = np.concatenate([times[:1, 0], np.maximum(times[1:, 0], middles)]).tolist()
    ends = np.concatenate([np.minimum(times[:-1, 1], middles), times[-1:, 1]]).tolist()
    first = np.flatnonzero(np.append(True, classes[1:] != classes[:-1])).tolist()
    return [
        Stretch(float(starts[a]), float(ends[b - 1]), a, b)
        for a, b in pairwise([*first, len(classes)])
        if b > a
    ]
