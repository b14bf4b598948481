"""Datasets that stand in the file in one piece: their bytes go straight into the rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import product
from math import prod
from typing import NamedTuple

import h5py
import numpy as np

from gpuclf._typing import Frames
from gpuclf.features.hdf5.blocks import Piece
from gpuclf.features.hdf5.reader import Task, cast, descriptor, part, read_at

TASK_BYTES = 2**20


class Run(NamedTuple):
    """Numbers of a dataset that follow one another."""

    first: int  # among the dataset's numbers, in C order
    size: int


class ContiguousReader:
    """Reads a contiguous dataset around HDF5, many parts at a time.

    Parameters
    ----------
    dataset : Dataset
        Of numbers of NumPy's kinds, in a plain file.
    """

    scratch = TASK_BYTES

    def __init__(self, dataset: h5py.Dataset) -> None:
        self.dataset = dataset
        self.begin = dataset.id.get_offset()
        self.shape, self.dtype = dataset.shape, dataset.dtype
        self.unit = (1,) * dataset.ndim
        self.how = "by all cores, around HDF5"

    def tasks(self, pieces: Sequence[Piece], rows: Frames) -> Iterator[Task]:  # noqa: D102
        file, most = descriptor(self.dataset), TASK_BYTES // self.dtype.itemsize
        for piece in pieces:
            numbers, done = part(rows, piece).reshape(-1), 0
            for run in runs(piece, self.shape):
                for start in range(0, run.size, most):
                    count = min(most, run.size - start)
                    into = numbers[done + start : done + start + count]
                    yield partial(self._read, file, run.first + start, into)
                done += run.size

    def offset(self, pieces: Sequence[Piece]) -> int | None:  # noqa: D102
        if self.dtype != np.float32:
            return None
        found = [run for piece in pieces for run in runs(piece, self.shape)]
        expected = found[0].first + np.cumsum([0, *(run.size for run in found)])
        together = all(run.first == first for run, first in zip(found, expected, strict=False))
        return self.begin + 4 * found[0].first if together else None

    def _read(self, file: int, first: int, into: Frames) -> None:
        offset = self.begin + first * self.dtype.itemsize
        if self.dtype == np.float32:
            read_at(file, offset, into)
        else:
            numbers = np.empty(into.shape, self.dtype)
            read_at(file, offset, numbers)
            cast(numbers, into)


def runs(piece: Piece, shape: tuple[int, ...]) -> Iterator[Run]:
    """Cut a box into runs of numbers that follow one another in a C-ordered array.

    Parameters
    ----------
    piece : Piece
        The box.
    shape : tuple of int
        The array's.

    Yields
    ------
    Run
        In C order.

    Examples
    --------
    >>> list(runs(Piece((0, 1, 0), (2, 3, 5), 0), (2, 4, 5)))
    [Run(first=5, size=10), Run(first=25, size=10)]
    """
    whole = [extent == size for extent, size in zip(piece.shape, shape, strict=True)]
    axis = len(shape) - 1
    while axis > 0 and whole[axis]:  # the axes after this one are whole
        axis -= 1
    strides = [prod(shape[i + 1 :]) for i in range(len(shape))]
    size = piece.shape[axis] * strides[axis]
    for outer in product(*map(range, piece.start[:axis], piece.stop[:axis])):
        place = (*outer, piece.start[axis])
        first = sum(i * stride for i, stride in zip(place, strides, strict=False))
        yield Run(first, size)
