"""Write chunks that are compressed in parallel, bypassing HDF5 and its global lock.

The result is identical in format to HDF5's own: gzip after the shuffle filter.
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

AHEAD = 8  # maximum number of chunks waiting to be compressed or written


class ChunkWriter:
    """Writer of the rows of a two-dimensional dataset, chunk by chunk.

    Parameters
    ----------
    dataset : h5py.Dataset
        Dataset with chunks of complete rows and the filters shuffle and gzip.
    pool : Executor
        Threads that compress.
    """

    def __init__(self, dataset: h5py.Dataset, pool: Executor) -> None:
        self.dataset, self.pool = dataset, pool
        self.level = int(dataset.compression_opts)
        self.waiting: deque[tuple[int, Future[bytes]]] = deque()

    @staticmethod
    def fits(filters: Mapping[str, Any]) -> bool:
        """Return True if the filters are shuffle and gzip, which this writer supports."""
        others = {name: value for name, value in filters.items() if name != "compression_opts"}
        return others == {"compression": "gzip", "shuffle": True}

    def write(self, first: int, rows: AnyArray) -> None:
        """Write rows from the start of a chunk on; the last chunk is zero-padded."""
        height, width = self.dataset.chunks
        for begin in range(0, len(rows), height):
            chunk = np.zeros((height, width), self.dataset.dtype)
            part = rows[begin : begin + height]
            chunk[: len(part)] = part
            self.waiting.append((first + begin, self.pool.submit(_compress, chunk, self.level)))
            if len(self.waiting) > AHEAD:
                self._store()

    def close(self) -> None:
        """Write the chunks that are still being compressed."""
        while self.waiting:
            self._store()

    def _store(self) -> None:
        row, data = self.waiting.popleft()
        self.dataset.id.write_direct_chunk((row, 0), data.result())


def _compress(chunk: AnyArray, level: int) -> bytes:
    shuffled = chunk.view(np.uint8).reshape(-1, chunk.itemsize).T
    return bytes(imagecodecs.deflate_encode(shuffled.tobytes(), level=level))
