"""Read contiguous datasets in parallel, bypassing HDF5; bytes are read directly into the rows."""

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
from gpuclf.features.hdf5.netcdf import Packing
from gpuclf.features.hdf5.reader import Task, descriptor, part, read_at

TASK_BYTES = 2**20


class Span(NamedTuple):
    """Range of consecutive numbers of a dataset in C order."""

    first: int
    size: int


class ContiguousReader:
    """Reader of a contiguous dataset in parallel, bypassing HDF5.

    Parameters
    ----------
    dataset : Dataset
        Contiguous dataset of a NumPy dtype, in a file opened with HDF5's default driver.
    packing : Packing
        Meaning of its numbers.
    """

    def __init__(self, dataset: h5py.Dataset, packing: Packing) -> None:
        self.dataset, self.packing = dataset, packing
        self.scratch = TASK_BYTES + TASK_BYTES // dataset.dtype.itemsize * packing.scratch
        self.is_float32 = dataset.dtype == np.float32 and not packing.names
        self.begin = dataset.id.get_offset()
        self.shape, self.dtype = dataset.shape, dataset.dtype
        self.unit = (1,) * dataset.ndim
        self.how = "in parallel, bypassing HDF5"

    def tasks(self, pieces: Sequence[Piece], rows: Frames) -> Iterator[Task]:  # noqa: D102
        file, most = descriptor(self.dataset), TASK_BYTES // self.dtype.itemsize
        for piece in pieces:
            numbers, done = part(rows, piece).reshape(-1), 0
            for span in _spans(piece, self.shape):
                for start in range(0, span.size, most):
                    count = min(most, span.size - start)
                    into = numbers[done + start : done + start + count]
                    yield partial(self._read, file, span.first + start, into)
                done += span.size

    def offset(self, pieces: Sequence[Piece]) -> int | None:  # noqa: D102
        if not self.is_float32:
            return None
        spans = [span for piece in pieces for span in _spans(piece, self.shape)]
        expected = spans[0].first + np.cumsum([0, *(span.size for span in spans)])
        contiguous = all(span.first == first for span, first in zip(spans, expected, strict=False))
        return self.begin + 4 * spans[0].first if contiguous else None

    def _read(self, file: int, first: int, into: Frames) -> None:
        offset = self.begin + first * self.dtype.itemsize
        if self.is_float32:
            read_at(file, offset, into)
        else:
            numbers = np.empty(into.shape, self.dtype)
            read_at(file, offset, numbers)
            self.packing.store(numbers, into)


def _spans(piece: Piece, shape: tuple[int, ...]) -> Iterator[Span]:
    """Yield the spans of a box of a C-ordered array, in C order.

    >>> list(_spans(Piece((0, 1, 0), (2, 3, 5), 0), (2, 4, 5)))
    [Span(first=5, size=10), Span(first=25, size=10)]
    """
    is_full = [extent == size for extent, size in zip(piece.shape, shape, strict=True)]
    axis = len(shape) - 1
    while axis > 0 and is_full[axis]:  # the axes after this one are full
        axis -= 1
    strides = [prod(shape[i + 1 :]) for i in range(len(shape))]
    size = piece.shape[axis] * strides[axis]
    for outer in product(*map(range, piece.start[:axis], piece.stop[:axis])):
        index = (*outer, piece.start[axis])
        yield Span(sum(i * stride for i, stride in zip(index, strides, strict=False)), size)
