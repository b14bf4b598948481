"""Chunks decoded by many threads, around HDF5, which lets one thread in at a time.

Bytes are read by ``preadv`` from HDF5's own file descriptor, filters undone by
`gpuclf.features.hdf5.filters`, whole chunks straight into the rows. A chunk that proves damaged is
given to h5py, which has the last word on it.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property, partial
from itertools import product
from math import prod
from typing import NamedTuple

import h5py
import numpy as np

from gpuclf._typing import Bytes, Frames
from gpuclf.errors import first_line
from gpuclf.features.hdf5.blocks import Piece
from gpuclf.features.hdf5.filters import Filters
from gpuclf.features.hdf5.reader import Task, cast, descriptor, part, read_at, read_by_h5py

TASK_BYTES = 2**19  # of small chunks that share a task
Place = tuple[int, ...]


class Wanted(NamedTuple):
    """A part of a chunk and where it goes."""

    box: Piece  # in the dataset's axes
    into: Frames


class Stored(NamedTuple):
    """Where and how a chunk stands in the file."""

    offset: int
    nbytes: int  # 0 if it was never written
    mask: int  # bit i: filter i was left out


class ChunkTable:
    """Where the chunks of a dataset stand in its file, 20 bytes a chunk.

    Made in one walk through HDF5's index: looked up one by one, it walks through all of it each
    time.

    Parameters
    ----------
    dataset : Dataset
        Chunked.
    """

    def __init__(self, dataset: h5py.Dataset) -> None:
        self.unit: Place = dataset.chunks
        counts = [-(-size // unit) for size, unit in zip(dataset.shape, self.unit, strict=True)]
        self.offsets = np.zeros(counts, np.int64)
        self.nbytes = np.zeros(counts, np.int64)
        self.masks = np.zeros(counts, np.uint32)
        dataset.id.chunk_iter(self._note)

    def _note(self, chunk: h5py.h5d.StoreInfo) -> None:
        index = self._index(chunk.chunk_offset)
        self.offsets[index] = chunk.byte_offset
        self.nbytes[index] = chunk.size
        self.masks[index] = chunk.filter_mask

    def __getitem__(self, place: Place) -> Stored:
        index = self._index(place)
        return Stored(int(self.offsets[index]), int(self.nbytes[index]), int(self.masks[index]))

    def _index(self, place: Place) -> Place:
        return tuple(origin // size for origin, size in zip(place, self.unit, strict=True))


class ChunkReader:
    """Reads and decodes the chunks of a dataset around HDF5, many at a time.

    Parameters
    ----------
    dataset : Dataset
        Chunked, of numbers of NumPy's kinds, in a plain file.
    filters : Filters
        What is to be undone.
    """

    def __init__(self, dataset: h5py.Dataset, filters: Filters) -> None:
        self.dataset, self.dtype, self.filters = dataset, dataset.dtype, filters
        self.unit: tuple[int, ...] = dataset.chunks
        self.nbytes = prod(self.unit) * self.dtype.itemsize
        # A chunk as it is stored, unpacked but shuffled, and whole.
        self.scratch = (1 + 2 * bool(filters.decoder)) * self.nbytes
        self.how = "by all cores, around HDF5"
        self.spare = threading.local()

    @cached_property
    def table(self) -> ChunkTable:
        """Where the chunks stand, read at first use."""
        try:
            return ChunkTable(self.dataset)
        except RuntimeError as error:  # as HDF5 reports a damaged index
            raise OSError(first_line(error)) from error

    def tasks(self, pieces: Sequence[Piece], rows: Frames) -> Iterator[Task]:  # noqa: D102
        wanted: dict[Place, list[Wanted]] = defaultdict(list)
        for piece in pieces:
            into = part(rows, piece)
            for place, box in self._chunks_of(piece):
                inside = tuple(
                    slice(a - origin, b - origin)
                    for a, b, origin in zip(box.start, box.stop, piece.start, strict=True)
                )
                wanted[place].append(Wanted(box, into[inside]))
        file, _ = descriptor(self.dataset), self.table  # read here, not in many threads at once
        places = list(wanted.items())
        step = max(1, TASK_BYTES // self.nbytes)
        for first in range(0, len(places), step):
            yield partial(self._read_all, file, places[first : first + step])

    def offset(self, pieces: Sequence[Piece]) -> int | None:  # noqa: D102
        return None

    def _chunks_of(self, piece: Piece) -> Iterator[tuple[Place, Piece]]:
        """Give the chunks that a box touches, and the part of the box that each holds."""
        cuts = [
            [
                (first, max(a, first), min(b, first + size))
                for first in range(a // size * size, b, size)
            ]
            for a, b, size in zip(piece.start, piece.stop, self.unit, strict=True)
        ]
        for corner in product(*cuts):
            place, start, stop = zip(*corner, strict=True)
            yield place, Piece(start, stop, 0)

    def _read_all(self, file: int, chunks: Sequence[tuple[Place, list[Wanted]]]) -> None:
        for place, wanted in chunks:
            try:
                self._read(file, place, wanted)
            except (OSError, ValueError, RuntimeError):
                for box, into in wanted:
                    numbers = np.empty(box.shape, np.float32)
                    read_by_h5py(self.dataset, box, numbers)
                    into[...] = numbers

    def _read(self, file: int, place: Place, wanted: list[Wanted]) -> None:
        stored = self.table[place]
        if not stored.nbytes:  # never written
            for _, into in wanted:
                cast(self.dataset.fillvalue, into)
            return
        if stored.nbytes > 2 * self.nbytes + TASK_BYTES:
            raise ValueError(f"a chunk of {stored.nbytes} bytes where {self.nbytes} were packed")
        whole = self._whole(wanted)
        chunk = self._spare("chunk", self.nbytes) if whole is None else whole
        if self.filters.left_out(stored.mask):
            read_at(file, stored.offset, chunk)
        else:
            packed = self._spare("packed", stored.nbytes)
            read_at(file, stored.offset, packed)
            shuffled = self._spare("shuffled", self.nbytes)
            self.filters.decode(packed, stored.mask, shuffled, chunk)
        if whole is None:
            numbers = chunk.view(self.dtype).reshape(self.unit)
            for box, into in wanted:
                inside = zip(box.start, box.stop, place, strict=True)
                cast(numbers[tuple(slice(a - o, b - o) for a, b, o in inside)], into)

    def _whole(self, wanted: list[Wanted]) -> Bytes | None:
        """Give the rows that a chunk fills as it is, if there are any."""
        into = wanted[0].into
        fits = len(wanted) == 1 and into.shape == self.unit and into.flags.c_contiguous
        if fits and self.dtype == into.dtype:
            return into.reshape(-1).view(np.uint8)
        return None

    def _spare(self, use: str, nbytes: int) -> Bytes:
        """Give this thread's bytes for one use, kept from chunk to chunk."""
        kept: Bytes | None = getattr(self.spare, use, None)
        if kept is None or len(kept) < nbytes:
            kept = np.empty(nbytes, np.uint8)
            setattr(self.spare, use, kept)
        return kept[:nbytes]
