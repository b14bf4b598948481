"""Chunks decoded by many threads, around HDF5, which admits one thread at a time.

Bytes are read by ``preadv`` from HDF5's own file descriptor and filters undone by
`gpuclf.features.hdf5.filters`, complete chunks straight into the rows. A chunk that cannot be
decoded is read by h5py, which decides whether it is damaged.
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
Origin = tuple[int, ...]  # index of a chunk's first element


class ChunkPart(NamedTuple):
    """A part of a chunk and its destination."""

    box: Piece  # in the dataset's axes
    into: Frames


class StoredChunk(NamedTuple):
    """Position and filter mask of a chunk in the file."""

    offset: int
    nbytes: int  # 0 if it was never written
    mask: int  # bit i: filter i was skipped


class ChunkTable:
    """Positions of a dataset's chunks in its file, 20 bytes per chunk.

    Built in one pass over HDF5's index, which would be traversed again for each single lookup.

    Parameters
    ----------
    dataset : Dataset
        Chunked.
    """

    def __init__(self, dataset: h5py.Dataset) -> None:
        self.unit: tuple[int, ...] = dataset.chunks
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

    def __getitem__(self, origin: Origin) -> StoredChunk:
        index = self._index(origin)
        return StoredChunk(*(int(of[index]) for of in (self.offsets, self.nbytes, self.masks)))

    def _index(self, origin: Origin) -> Origin:
        return tuple(first // size for first, size in zip(origin, self.unit, strict=True))


class ChunkReader:
    """Reads and decodes the chunks of a dataset around HDF5, many at a time.

    Parameters
    ----------
    dataset : Dataset
        Chunked, of numbers of NumPy's types, in a plain file.
    filters : Filters
        The filters to undo.
    """

    def __init__(self, dataset: h5py.Dataset, filters: Filters) -> None:
        self.dataset, self.dtype, self.filters = dataset, dataset.dtype, filters
        self.unit: tuple[int, ...] = dataset.chunks
        self.nbytes = prod(self.unit) * self.dtype.itemsize
        # A chunk as stored, decompressed, and unshuffled.
        self.scratch = (1 + 2 * bool(filters.decoder)) * self.nbytes
        self.how = "by all cores, around HDF5"
        self.spare = threading.local()

    @cached_property
    def table(self) -> ChunkTable:
        """Positions of the chunks, read at first use."""
        try:
            return ChunkTable(self.dataset)
        except RuntimeError as error:  # as HDF5 reports a damaged index
            raise OSError(first_line(error)) from error

    def tasks(self, pieces: Sequence[Piece], rows: Frames) -> Iterator[Task]:  # noqa: D102
        parts: dict[Origin, list[ChunkPart]] = defaultdict(list)
        for piece in pieces:
            into = part(rows, piece)
            for origin, box in self._chunks_of(piece):
                parts[origin].append(ChunkPart(box, into[_inside(box, piece.start)]))
        file, _ = descriptor(self.dataset), self.table  # read here, not in many threads at once
        chunks = list(parts.items())
        step = max(1, TASK_BYTES // self.nbytes)
        for first in range(0, len(chunks), step):
            yield partial(self._read_all, file, chunks[first : first + step])

    def offset(self, pieces: Sequence[Piece]) -> int | None:  # noqa: D102
        return None

    def _chunks_of(self, piece: Piece) -> Iterator[tuple[Origin, Piece]]:
        """Yield the chunks that a box touches, and the part of the box in each."""
        cuts = [
            [
                (first, max(a, first), min(b, first + size))
                for first in range(a // size * size, b, size)
            ]
            for a, b, size in zip(piece.start, piece.stop, self.unit, strict=True)
        ]
        for corner in product(*cuts):
            origin, start, stop = zip(*corner, strict=True)
            yield origin, Piece(start, stop, 0)

    def _read_all(self, file: int, chunks: Sequence[tuple[Origin, list[ChunkPart]]]) -> None:
        for origin, parts in chunks:
            try:
                self._read(file, origin, parts)
            except (OSError, ValueError, RuntimeError):
                for box, into in parts:
                    numbers = np.empty(box.shape, np.float32)
                    read_by_h5py(self.dataset, box, numbers)
                    into[...] = numbers

    def _read(self, file: int, origin: Origin, parts: list[ChunkPart]) -> None:
        stored = self.table[origin]
        if not stored.nbytes:  # never written
            for _, into in parts:
                cast(self.dataset.fillvalue, into)
            return
        if stored.nbytes > 2 * self.nbytes + TASK_BYTES:
            raise ValueError(f"a chunk of {stored.nbytes} bytes where {self.nbytes} were packed")
        direct = self._direct(parts)
        chunk = self._spare("chunk", self.nbytes) if direct is None else direct
        if self.filters.left_out(stored.mask):
            read_at(file, stored.offset, chunk)
        else:
            packed = self._spare("packed", stored.nbytes)
            read_at(file, stored.offset, packed)
            shuffled = self._spare("shuffled", self.nbytes)
            self.filters.decode(packed, stored.mask, shuffled, chunk)
        if direct is None:
            numbers = chunk.view(self.dtype).reshape(self.unit)
            for box, into in parts:
                cast(numbers[_inside(box, origin)], into)

    def _direct(self, parts: list[ChunkPart]) -> Bytes | None:
        """Return the rows, as bytes, if a decoded chunk fills them unchanged."""
        into = parts[0].into
        fits = len(parts) == 1 and into.shape == self.unit and into.flags.c_contiguous
        return into.reshape(-1).view(np.uint8) if fits and self.dtype == into.dtype else None

    def _spare(self, use: str, nbytes: int) -> Bytes:
        """Return this thread's working memory for one use, reused from chunk to chunk."""
        spare: Bytes | None = getattr(self.spare, use, None)
        if spare is None or len(spare) < nbytes:
            spare = np.empty(nbytes, np.uint8)
            setattr(self.spare, use, spare)
        return spare[:nbytes]


def _inside(box: Piece, origin: Origin) -> tuple[slice, ...]:
    """Index of a box in an array that begins at ``origin`` of the dataset."""
    edges = zip(box.start, box.stop, origin, strict=True)
    return tuple(slice(start - first, stop - first) for start, stop, first in edges)
