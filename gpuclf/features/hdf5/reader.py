"""Boxes of a dataset into float32 rows: what a reader is, and the one that leaves it to h5py.

A reader turns pieces (see `gpuclf.features.hdf5.blocks`) into *tasks*, each of which fills a part
of the rows of its own, so that they may run in any order and in any number of threads.
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

Task = Callable[[], None]

TASK_BYTES = 2**22  # of a read by h5py, which takes up to 9 KB for each chunk that it touches


class Reader(Protocol):
    """Reads one dataset.

    Attributes
    ----------
    how : str
        How it reads, for people.
    unit : tuple of int
        Shape of what is read as a whole: a chunk.
    scratch : int
        Bytes that a task holds at most, besides the rows that it fills.
    """

    how: str
    unit: tuple[int, ...]
    scratch: int

    def tasks(self, pieces: Sequence[Piece], rows: Frames) -> Iterator[Task]:
        """Give the work of reading pieces into rows ``(total, n)``."""
        ...

    def offset(self, pieces: Sequence[Piece]) -> int | None:
        """Tell from which byte of the file on the pieces stand just as the rows; or None."""
        ...


class H5Reader:
    """Leaves a dataset to h5py, one thread at a time.

    Parameters
    ----------
    dataset : Dataset
        Of numbers.
    why : str
        Why no faster reader takes it.
    """

    def __init__(self, dataset: h5py.Dataset, why: str) -> None:
        self.dataset = dataset
        self.how = f"by h5py: {why}"
        self.unit = dataset.chunks or (1,) * dataset.ndim
        self.scratch = 2 * prod(self.unit) * dataset.dtype.itemsize

    def tasks(self, pieces: Sequence[Piece], rows: Frames) -> Iterator[Task]:  # noqa: D102
        most = TASK_BYTES // (4 * rows.shape[1])
        for piece in pieces:
            for smaller in cut(piece, self.unit, most):
                yield partial(read_by_h5py, self.dataset, smaller, part(rows, smaller))

    def offset(self, pieces: Sequence[Piece]) -> int | None:  # noqa: D102
        return None


def cut(piece: Piece, unit: Sequence[int], most: int) -> Iterator[Piece]:
    """Cut a box along the borders of chunks, where its rows stay together.

    Parameters
    ----------
    piece : Piece
        The box.
    unit : sequence of int
        Shape of a chunk.
    most : int
        Rows of a smaller box, if its chunks are not larger.

    Yields
    ------
    Piece
        In order; together they fill the same rows.
    """
    axis = next((axis for axis, extent in enumerate(piece.shape) if extent > 1), len(unit) - 1)
    if piece.rows <= most or axis == len(unit) - 1:
        yield piece
        return
    rows = piece.rows // piece.shape[axis]  # of one place on this axis
    step = max(1, most // (rows * unit[axis])) * unit[axis]
    begin, end = piece.start[axis], piece.stop[axis]
    edges = [begin, *range((begin // step + 1) * step, end, step), end]
    for first, last in pairwise(edges):
        start = (*piece.start[:axis], first, *piece.start[axis + 1 :])
        stop = (*piece.stop[:axis], last, *piece.stop[axis + 1 :])
        smaller = Piece(start, stop, piece.row + (first - begin) * rows)
        yield from cut(smaller, unit, most) if last - first == 1 else [smaller]


def part(rows: Frames, piece: Piece) -> Frames:
    """Give the part of the rows that a piece fills, in the shape of its box."""
    return rows[piece.row : piece.row + piece.rows].reshape(piece.shape)


def read_by_h5py(dataset: h5py.Dataset, piece: Piece, into: Frames) -> None:
    """Read one box as HDF5 does it; ``into`` has the shape of the box."""
    dataset.read_direct(into, tuple(map(slice, piece.start, piece.stop)))


def descriptor(dataset: h5py.Dataset) -> int:
    """Give HDF5's own descriptor of the file that a dataset stands in.

    It is asked for anew with each block: once this file is closed, the number is another one's.
    """
    return int(dataset.file.id.get_vfd_handle())


def read_at(file: int, offset: int, into: AnyArray) -> None:
    """Fill an array with the bytes of a file, whatever other threads read.

    Parameters
    ----------
    file : int
        A file descriptor.
    offset : int
        The first byte.
    into : C-ordered array
        To be filled.

    Raises
    ------
    OSError
        If the file ends before.
    """
    left = into.reshape(-1).view(np.uint8)
    while len(left):
        count = os.preadv(file, [left.data], offset)
        if not count:
            raise OSError(f"the file ends at byte {offset}")
        left, offset = left[count:], offset + count


def cast(numbers: AnyArray, into: Frames) -> None:
    """Turn numbers of any kind into float32; what lies beyond it becomes infinite."""
    with np.errstate(over="ignore"):
        into[...] = numbers
