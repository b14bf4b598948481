"""Read chunked datasets in parallel, bypassing HDF5 and its global lock.

Bytes are read with ``preadv`` from HDF5's file descriptor and decoded by
`gpuclf.features.hdf5.filters`; complete chunks are decoded directly into the output rows. A chunk
that cannot be decoded is read by h5py, which raises if the chunk is damaged.
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
from gpuclf.features.hdf5.netcdf import Packing
from gpuclf.features.hdf5.reader import Task, descriptor, part, read_at, read_by_h5py

TASK_BYTES = 2**19  # small chunks are grouped into tasks of this size
Origin = tuple[int, ...]  # index of the first element of a chunk


class ChunkPart(NamedTuple):
    """Part of a chunk and its destination."""

    box: Piece  # in the axes of the dataset
    into: Frames


class StoredChunk(NamedTuple):
    """Position and filter mask of a chunk in the file."""

    offset: int
    nbytes: int  # 0 if it was never written
    mask: int  # bit i: filter i was skipped


class ChunkTable:
    """Positions of the chunks of a dataset in its file; 20 bytes per chunk.

    Built in one pass over HDF5's index, which HDF5 would traverse for every single lookup.

    Parameters
    ----------
    dataset : Dataset
        A chunked dataset.
    """

    def __init__(self, dataset: h5py.Dataset) -> None:
        self.unit: tuple[int, ...] = dataset.chunks
        counts = [-(-size // unit) for size, unit in zip(dataset.shape, self.unit, strict=True)]
        self.offsets = np.zeros(counts, np.int64)
        self.nbytes = np.zeros(counts, np.int64)
        self.masks = np.zeros(counts, np.uint32)
        dataset.id.chunk_iter(self._add)

    def _add(self, chunk: h5py.h5d.StoreInfo) -> None:
        index = self._index(chunk.chunk_offset)
        self.offsets[index] = chunk.byte_offset
        self.nbytes[index] = chunk.size
        self.masks[index] = chunk.filter_mask

    def __getitem__(self, origin: Origin) -> StoredChunk:
        index = self._index(origin)
        return StoredChunk(
            *(int(field[index]) for field in (self.offsets, self.nbytes, self.masks))
        )

    def _index(self, origin: Origin) -> Origin:
        return tuple(first // size for first, size in zip(origin, self.unit, strict=True))


class ChunkReader:
    """Reader that decodes the chunks of a dataset in parallel, bypassing HDF5.

    Parameters
    ----------
    dataset : Dataset
        Chunked dataset of a NumPy dtype, in a file opened with HDF5's default driver.
    filters : Filters
        Filters of the dataset.
    packing : Packing
        Meaning of its numbers.
    """

    def __init__(self, dataset: h5py.Dataset, filters: Filters, packing: Packing) -> None:
        self.dataset, self.dtype, self.filters = dataset, dataset.dtype, filters
        self.packing = packing
        self.unit: tuple[int, ...] = dataset.chunks
        self.nbytes = prod(self.unit) * self.dtype.itemsize
        # Stored, decompressed and unshuffled bytes of a chunk.
        self.scratch = (1 + 2 * bool(filters.decoder)) * self.nbytes
        self.scratch += prod(self.unit) * packing.scratch
        self.how = "in parallel, bypassing HDF5"
        self.buffers = threading.local()

    @cached_property
    def table(self) -> ChunkTable:
        """Positions of the chunks, read on first access."""
        try:
            return ChunkTable(self.dataset)
        except RuntimeError as error:  # HDF5's exception for a damaged index
            raise OSError(first_line(error)) from error

    def tasks(self, pieces: Sequence[Piece], rows: Frames) -> Iterator[Task]:  # noqa: D102
        parts: dict[Origin, list[ChunkPart]] = defaultdict(list)
        for piece in pieces:
            into = part(rows, piece)
            for origin, box in self._chunks_of(piece):
                parts[origin].append(ChunkPart(box, into[_inside(box, piece.start)]))
        file, _ = descriptor(self.dataset), self.table  # read once, before the threads start
        chunks = list(parts.items())
        step = max(1, TASK_BYTES // self.nbytes)
        for first in range(0, len(chunks), step):
            yield partial(self._read_all, file, chunks[first : first + step])

    def offset(self, pieces: Sequence[Piece]) -> int | None:  # noqa: D102
        return None

    def _chunks_of(self, piece: Piece) -> Iterator[tuple[Origin, Piece]]:
        """Yield the chunks that intersect a box, and the intersections."""
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
                    read_by_h5py(self.dataset, self.packing, box, numbers)
                    into[...] = numbers

    def _read(self, file: int, origin: Origin, parts: list[ChunkPart]) -> None:
        stored = self.table[origin]
        if not stored.nbytes:  # never written
            for _, into in parts:
                self.packing.store(self.dataset.fillvalue, into)
            return
        if stored.nbytes > 2 * self.nbytes + TASK_BYTES:
            raise ValueError(f"a chunk of {stored.nbytes} bytes for {self.nbytes} bytes of data")
        direct = self._direct(parts)
        chunk = self._buffer("chunk", self.nbytes) if direct is None else direct
        if self.filters.all_skipped(stored.mask):
            read_at(file, stored.offset, chunk)
        else:
            packed = self._buffer("packed", stored.nbytes)
            read_at(file, stored.offset, packed)
            shuffled = self._buffer("shuffled", self.nbytes)
            self.filters.decode(packed, stored.mask, shuffled, chunk)
        if direct is None:
            numbers = chunk.view(self.dtype).reshape(self.unit)
            for box, into in parts:
                self.packing.store(numbers[_inside(box, origin)], into)

    def _direct(self, parts: list[ChunkPart]) -> Bytes | None:
        """Return the bytes of the rows if the decoded chunk fills them unchanged, else None."""
        into = parts[0].into
        fits = len(parts) == 1 and into.shape == self.unit and into.flags.c_contiguous
        unchanged = self.dtype == into.dtype and not self.packing.names
        return into.reshape(-1).view(np.uint8) if fits and unchanged else None

    def _buffer(self, use: str, nbytes: int) -> Bytes:
        """Return a buffer of the current thread, reused for every chunk."""
        buffer: Bytes | None = getattr(self.buffers, use, None)
        if buffer is None or len(buffer) < nbytes:
            buffer = np.empty(nbytes, np.uint8)
            setattr(self.buffers, use, buffer)
        return buffer[:nbytes]


def _inside(box: Piece, origin: Origin) -> tuple[slice, ...]:
    """Return the index of a box in an array that starts at ``origin`` of the dataset."""
    edges = zip(box.start, box.stop, origin, strict=True)
    return tuple(slice(start - first, stop - first) for start, stop, first in edges)
