"""Chunks compressed by all cores, and written past HDF5, whose lock lets one thread in at a time.

What stands in the file is what HDF5 itself would read: gzip over shuffled bytes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from concurrent.futures import Executor, Future
from typing import Any

import h5py
import imagecodecs
import numpy as np

from gpuclf._typing import AnyArray

AHEAD = 8  # chunks that wait to be compressed or written


class ChunkWriter:
    """Writes rows of a two-dimensional dataset, a chunk at a time and each once.

    Parameters
    ----------
    dataset : h5py.Dataset
        Chunked over whole rows, compressed by gzip over shuffled bytes.
    pool : Executor
        Whose threads compress.
    """

    def __init__(self, dataset: h5py.Dataset, pool: Executor) -> None:
        self.dataset, self.pool = dataset, pool
        self.level = int(dataset.compression_opts)
        self.waiting: deque[tuple[int, Future[bytes]]] = deque()

    @staticmethod
    def fits(filters: Mapping[str, Any]) -> bool:
        """Tell whether a dataset with these filters is one that it writes."""
        kept = {"compression": "gzip", "shuffle": True}
        rest = filters.keys() - kept.keys()
        return all(filters.get(name) == value for name, value in kept.items()) and rest <= {
            "compression_opts"
        }

    def write(self, first: int, rows: AnyArray) -> None:
        """Write rows that begin a chunk; the last chunk's are filled up with zeros."""
        height, width = self.dataset.chunks
        for begin in range(0, len(rows), height):
            chunk = np.zeros((height, width), self.dataset.dtype)
            part = rows[begin : begin + height]
            chunk[: len(part)] = part
            self.waiting.append((first + begin, self.pool.submit(_compress, chunk, self.level)))
            if len(self.waiting) > AHEAD:
                self._store()

    def close(self) -> None:
        """Write what is still being compressed."""
        while self.waiting:
            self._store()

    def _store(self) -> None:
        row, data = self.waiting.popleft()
        self.dataset.id.write_direct_chunk((row, 0), data.result())


def _compress(chunk: AnyArray, level: int) -> bytes:
    shuffled = chunk.view(np.uint8).reshape(-1, chunk.itemsize).T
    return bytes(imagecodecs.deflate_encode(shuffled.tobytes(), level=level))
