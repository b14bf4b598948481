"""Protocol of readers of a dataset into float32 rows, and the reader based on h5py.

A reader converts pieces (see `gpuclf.features.hdf5.blocks`) to *tasks*. Each task fills its own
part of the rows, so that tasks can run in any order and in any number of threads.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from math import prod
from typing import Protocol

import h5py
import numpy as np

from gpuclf._typing import AnyArray, Frames
from gpuclf.features.hdf5.blocks import Piece
from gpuclf.features.hdf5.netcdf import Packing

Task = Callable[[], None]

TASK_BYTES = 2**22  # per read; h5py allocates up to 9 KB for each chunk that it touches


class Reader(Protocol):
    """Reader of one dataset.

    Attributes
    ----------
    how : str
        Description, shown by ``gpuclf info``.
    unit : tuple of int
        Shape of a chunk; chunks are read completely.
    scratch : int
        Maximum number of bytes that a task allocates in addition to the rows.
    packing : Packing
        Meaning of the stored numbers.
    """

    how: str
    unit: tuple[int, ...]
    scratch: int
    packing: Packing

    def tasks(self, pieces: Sequence[Piece], rows: Frames) -> Iterator[Task]:
        """Yield tasks that read pieces into rows ``(total, n)``."""
        ...

    def offset(self, pieces: Sequence[Piece]) -> int | None:
        """Return the file offset at which the rows are stored byte for byte, or None."""
        ...


class H5Reader:
    """Reader based on h5py, one thread at a time.

    Parameters
    ----------
    dataset : Dataset
        Dataset of numbers.
    packing : Packing
        Meaning of its numbers.
    reason : str
        Reason why no faster reader is used.
    """

    def __init__(self, dataset: h5py.Dataset, packing: Packing, reason: str) -> None:
        self.dataset, self.packing = dataset, packing
        self.how = f"by h5py: {reason}"
        self.unit = dataset.chunks or (1,) * dataset.ndim
        self.scratch = 2 * prod(self.unit) * dataset.dtype.itemsize
        if packing.names:
            numbers = max(prod(self.unit), TASK_BYTES // 4)
            self.scratch += numbers * (dataset.dtype.itemsize + packing.scratch)

    def tasks(self, pieces: Sequence[Piece], rows: Frames) -> Iterator[Task]:  # noqa: D102
        most = TASK_BYTES // (4 * rows.shape[1])
        for piece in pieces:
            for smaller in cut(piece, self.unit, most):
                into = part(rows, smaller)
                yield partial(read_by_h5py, self.dataset, self.packing, smaller, into)

    def offset(self, pieces: Sequence[Piece]) -> int | None:  # noqa: D102
        return None


def cut(piece: Piece, unit: Sequence[int], most: int) -> Iterator[Piece]:
    """Yield the parts of a box that is split at chunk boundaries and into consecutive rows.

    Parameters
    ----------
    piece : Piece
        Box to split.
    unit : sequence of int
        Shape of a chunk.
    most : int
        Maximum number of rows of a part, unless a chunk has more.

    Yields
    ------
    Piece
        Parts in order; together they fill the rows of the box.
    """
    axis = next((axis for axis, extent in enumerate(piece.shape) if extent > 1), len(unit) - 1)
    if piece.rows <= most or axis == len(unit) - 1:
        yield piece
        return
    rows = piece.rows // piece.shape[axis]  # per index of this axis
    step = max(1, most // (rows * unit[axis])) * unit[axis]
    begin, end = piece.start[axis], piece.stop[axis]
    for first, last in pairwise([begin, *range((begin // step + 1) * step, end, step), end]):
        start = (*piece.start[:axis], first, *piece.start[axis + 1 :])
        stop = (*piece.stop[:axis], last, *piece.stop[axis + 1 :])
        smaller = Piece(start, stop, piece.row + (first - begin) * rows)
        yield from cut(smaller, unit, most) if last - first == 1 else [smaller]


def part(rows: Frames, piece: Piece) -> Frames:
    """Return the rows that a piece fills, in the shape of its box."""
    return rows[piece.row : piece.row + piece.rows].reshape(piece.shape)


def read_by_h5py(dataset: h5py.Dataset, packing: Packing, piece: Piece, into: Frames) -> None:
    """Read one box with HDF5 into an array of its shape."""
    box = tuple(map(slice, piece.start, piece.stop))
    if packing.names:
        packing.store(dataset[box], into)
    else:
        dataset.read_direct(into, box)


def descriptor(dataset: h5py.Dataset) -> int:
    """Return HDF5's file descriptor of the file of a dataset.

    Request it again for each block: after the file is closed, another file may get the same number.
    """
    return int(dataset.file.id.get_vfd_handle())


def read_at(file: int, offset: int, into: AnyArray) -> None:
    """Fill a C-ordered array with bytes of a file; thread-safe.

    Parameters
    ----------
    file : int
        File descriptor.
    offset : int
        Position of the first byte.
    into : C-ordered array
        Output.

    Raises
    ------
    OSError
        If the file ends before the array is filled.
    """
    left = into.reshape(-1).view(np.uint8)
    while len(left):
        count = os.preadv(file, [left.data], offset)
        if not count:
            raise OSError(f"the file ends at byte {offset}")
        left, offset = left[count:], offset + count
