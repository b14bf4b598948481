"""Embeddings that the package birdnet saved (``result.save("embeddings.npz")``).

The file contains ``inputs`` (path or number of each recording), ``embeddings`` (recordings,
segments, n) and ``embeddings_masked``, which is True where a recording has no such segment. A
recording without any segment is skipped.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gpuclf._typing import AnyArray
from gpuclf.errors import InputError
from gpuclf.features.importers.frame_table import BLOCK_BYTES, FrameTable, RowCells, check_finite
from gpuclf.features.importers.stored_arrays import StoredArray
from gpuclf.features.importers.table_columns import Column

INPUTS, EMBEDDINGS, MASK = "inputs", "embeddings", "embeddings_masked"


def is_birdnet_result(arrays: Sequence[StoredArray]) -> bool:
    """Return whether arrays are those of a result of birdnet's ``encode``."""
    return {INPUTS, EMBEDDINGS, MASK} <= {array.name for array in arrays}


class BirdnetResult(FrameTable):
    """Result of birdnet's ``encode``: one row per segment of a recording.

    Parameters
    ----------
    path : Path
        The file, for error messages.
    arrays : sequence of StoredArray
        Its arrays.

    Raises
    ------
    InputError
        If shapes do not match.

    Examples
    --------
    >>> from gpuclf.features.importers.stored_arrays import stored_arrays
    >>> path = Path("birdnet.npz")
    >>> masked = np.array([[[False], [False]], [[False], [True]]])
    >>> np.savez(path, inputs=["a", "b"], embeddings=np.ones((2, 2, 1)), embeddings_masked=masked)
    >>> table = BirdnetResult(path, stored_arrays(path))
    >>> [row.texts for row in table.cells([0])]
    [['a'], ['a'], ['b']]
    """

    def __init__(self, path: Path, arrays: Sequence[StoredArray]) -> None:
        self.arrays = {array.name: array for array in arrays}
        shape = self.arrays[EMBEDDINGS].shape
        masked, inputs = self.arrays[MASK].shape, self.arrays[INPUTS].shape
        if len(shape) != 3 or min(shape) < 1 or masked != shape or inputs != shape[:1]:
            got = f"inputs {inputs}, embeddings {shape}, embeddings_masked {masked}"
            expected = "(recordings,), (recordings, segments, n) and the same"
            raise InputError(str(path), got=got, expected=expected)
        columns = [Column("input", "text"), Column("embedding", "list", shape[2])]
        super().__init__(str(path), columns)

    def cells(self, columns: Sequence[int]) -> Iterator[RowCells]:
        """Yield the recording of each segment, numbered from 1."""
        number = 0
        inputs = list(map(str, self.arrays[INPUTS].read().tolist()))
        for name, valid in zip(inputs, self._valid(), strict=True):
            for _ in range(int(valid.sum())):
                number += 1
                yield RowCells(number, [name for _ in columns])

    def dtype(self, columns: Sequence[int]) -> np.dtype[Any]:
        """Return the dtype of the embeddings."""
        return self.arrays[EMBEDDINGS].dtype

    def frames(self, columns: Sequence[int]) -> Generator[AnyArray]:
        """Yield the embeddings of blocks of recordings."""
        first, names = 1, ["embedding"] * self.columns[1].width
        valid = self._valid()
        for block in self.arrays[EMBEDDINGS].blocks(self._rows()):
            frames = block[np.array([next(valid) for _ in block])]
            check_finite(self, frames, first, names)
            yield frames
            first += len(frames)

    def _valid(self) -> Iterator[AnyArray]:
        """Yield whether a recording has each segment."""
        for block in self.arrays[MASK].blocks(self._rows()):
            valid: AnyArray = np.asarray(~block.all(axis=2))
            yield from valid

    def _rows(self) -> int:
        array = self.arrays[EMBEDDINGS]
        return max(1, BLOCK_BYTES // (int(np.prod(array.shape[1:])) * array.dtype.itemsize))
