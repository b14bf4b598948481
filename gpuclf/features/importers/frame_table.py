"""Tables with one row per frame, read block by block; each format is one subclass."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from gpuclf._typing import AnyArray
from gpuclf.errors import InputError
from gpuclf.features.importers.table_columns import Column

BLOCK_BYTES = 2**24  # of features per block


class RowCells(NamedTuple):
    """Cells of a row as text; the number identifies the row in messages."""

    number: int
    texts: list[str | None]


class FrameTable(ABC):
    """Table with one row per frame.

    Parameters
    ----------
    path : str
        Path of the table, for error messages.
    columns : sequence of Column
        All columns.
    unit : str
        What the numbers of rows count, for error messages: ``line`` or ``row``.
    """

    def __init__(self, path: str, columns: Sequence[Column], unit: str = "row") -> None:
        self.path, self.columns, self.unit = path, columns, unit

    def place(self, number: int) -> str:
        """Return the description of a row for error messages."""
        return f"{self.path}, {self.unit} {number}"

    @abstractmethod
    def cells(self, columns: Sequence[int]) -> Iterator[RowCells]:
        """Yield the cells of some columns, row by row; an empty cell is None or blank."""

    @abstractmethod
    def dtype(self, columns: Sequence[int]) -> np.dtype[Any]:
        """Return the dtype of the features of some columns."""

    @abstractmethod
    def frames(self, columns: Sequence[int]) -> Generator[AnyArray]:
        """Yield blocks of shape ``(rows, n)`` of the features of some columns, all finite."""


def split_frames(
    what: str, blocks: Iterable[AnyArray], lengths: Iterable[int]
) -> Iterator[AnyArray]:
    """Yield the frames ``(T, n)`` of each clip from blocks of consecutive rows.

    Parameters
    ----------
    what : str
        Description of the table, for the error message.
    blocks : iterable of array, shape (rows, n)
    lengths : iterable of int
        Number of rows of each clip.

    Raises
    ------
    InputError
        If there are fewer rows than the lengths add up to.

    Examples
    --------
    >>> blocks = [np.array([[1], [2]]), np.array([[3], [4]])]
    >>> [clip.ravel().tolist() for clip in split_frames("a.csv", blocks, [1, 3])]
    [[1], [2, 3, 4]]
    """
    remaining = iter(blocks)
    block = np.empty((0, 0))
    for length in lengths:
        parts: list[AnyArray] = []
        missing = length
        while missing:
            if not len(block):
                following = next(remaining, None)
                if following is None:
                    got = f"{length - missing} rows of the last clip"
                    raise InputError(what, got=got, expected=f"{length}, as in the first pass")
                block = following
                continue
            parts.append(block[:missing])
            block = block[len(parts[-1]) :]
            missing -= len(parts[-1])
        yield parts[0] if len(parts) == 1 else np.concatenate(parts)


def check_finite(table: FrameTable, frames: AnyArray, first: int, names: Sequence[str]) -> None:
    """Check that all values of a block are finite; ``first`` is the number of its first row."""
    finite = np.isfinite(frames)
    if not finite.all():
        row, feature = np.argwhere(~finite)[0]
        what = f"{table.place(first + int(row))}, column {names[feature]!r}"
        raise InputError(what, got=frames[row, feature], expected="a finite number")
