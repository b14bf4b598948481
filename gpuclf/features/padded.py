"""A file that was cut short, read as if zeros followed: HDF5 opens it and tells what is lost."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np

from gpuclf.features.hdf5.chunked import ChunkTable
from gpuclf.features.layout import FrameSource


class PaddedFile(io.RawIOBase):
    """A file for reading, with zeros up to the size that it once had.

    Parameters
    ----------
    path : path
        The file.
    size : int
        Bytes that it once had.
    """

    def __init__(self, path: str | os.PathLike[str], size: int) -> None:
        self.file = Path(path).open("rb")  # noqa: SIM115 (closed by close)
        self.size = size

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # noqa: D102
        view = memoryview(buffer).cast("B")
        count = self.file.readinto(view)
        view[count:] = bytes(len(view) - count)
        return len(view)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:  # noqa: D102
        if whence == os.SEEK_END:
            offset, whence = self.size + offset, os.SEEK_SET
        return self.file.seek(offset, whence)

    def tell(self) -> int:  # noqa: D102
        return self.file.tell()

    def close(self) -> None:  # noqa: D102
        self.file.close()
        super().close()


def first_lost_row(source: FrameSource, size: int) -> int | None:
    """Find the first row of which something lies beyond the end of the file.

    Parameters
    ----------
    source : FrameSource
        In a `PaddedFile`.
    size : int
        Bytes that the file still has.

    Returns
    -------
    int or None
        None if all of its frames are there.
    """
    dataset = source.dataset
    if dataset.chunks is not None:
        table = ChunkTable(dataset)
        places = np.argwhere(table.offsets + table.nbytes > size) * table.unit
        return min(map(source.row_of, places), default=None)
    begin = dataset.id.get_offset()
    if begin is None:  # never written
        return None
    number = max(0, size - begin) // dataset.dtype.itemsize
    whole = number >= dataset.size
    return None if whole else source.row_of(np.unravel_index(number, dataset.shape))
