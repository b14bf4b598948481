"""CSV files with one row per frame: a column per feature, or a column of lists in quotes.

The first row determines which columns contain numbers, and how many a list has.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import Any

import numpy as np

from gpuclf._typing import AnyArray
from gpuclf.errors import InputError
from gpuclf.features.importers.csv_table import Row, read_rows
from gpuclf.features.importers.frame_table import BLOCK_BYTES, FrameTable, RowCells
from gpuclf.features.importers.table_columns import Column

FLOAT32 = np.dtype(np.float32)


class CsvFrames(FrameTable):
    r"""CSV file with one row per frame; features are float32.

    Parameters
    ----------
    path : path
        The file; see `gpuclf.features.importers.csv_table` for its format.

    Raises
    ------
    InputError
        If the file cannot be read or has no row.

    Examples
    --------
    >>> from pathlib import Path
    >>> _ = Path("frames.csv").write_text('file,embedding\na.wav,"0.5,1"\nb.wav,"2,3"\n')
    >>> table = CsvFrames("frames.csv")
    >>> [(column.name, column.content, column.width) for column in table.columns]
    [('file', 'text', 0), ('embedding', 'list', 2)]
    >>> next(table.frames([1])).tolist()
    [[0.5, 1.0], [2.0, 3.0]]
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        with closing(read_rows(path)) as rows:
            header, first = next(rows)[1], next(rows, None)
        if first is None:
            raise InputError(str(path), got="no row", expected="one row per frame")
        columns = [_column(name, cell) for name, cell in zip(header, first[1], strict=True)]
        super().__init__(os.fspath(path), columns, "line")

    def cells(self, columns: Sequence[int]) -> Iterator[RowCells]:
        """Yield the cells of some columns, row by row."""
        with closing(read_rows(self.path)) as rows:
            for line, cells in islice(rows, 1, None):
                yield RowCells(line, [cells[index] for index in columns])

    def dtype(self, columns: Sequence[int]) -> np.dtype[Any]:
        """Return float32."""
        return FLOAT32

    def frames(self, columns: Sequence[int]) -> Generator[AnyArray]:
        """Yield blocks of the features of some columns."""
        width = sum(self.columns[index].width for index in columns)
        count = max(1, BLOCK_BYTES // (32 * width))  # Python's numbers are larger
        with closing(read_rows(self.path)) as rows:
            next(rows)
            while block := list(islice(rows, count)):
                yield np.array([self._row(row, columns) for row in block])

    def _row(self, row: Row, columns: Sequence[int]) -> AnyArray:
        line, cells = row
        texts = [text for index in columns for text in self._texts(index, cells[index])]
        numbers = _float32(texts)
        if numbers is None:
            self._raise_invalid(line, cells, columns)
        width = sum(self.columns[index].width for index in columns)
        if numbers is None or len(numbers) != width:
            got, expected = f"{len(texts)} features", f"{width}, as in the first row"
            raise InputError(self.place(line), got=got, expected=expected)
        return numbers

    def _texts(self, index: int, cell: str) -> list[str]:
        return _listed(cell) if self.columns[index].content == "list" else [cell]

    def _raise_invalid(self, line: int, cells: list[str], columns: Sequence[int]) -> None:
        """Raise an error that names the first feature that is not a finite number."""
        for index in columns:
            for text in self._texts(index, cells[index]):
                if _float32([text]) is None:
                    what = f"{self.place(line)}, column {self.columns[index].name!r}"
                    expected = "a finite number in the range of float32, or --exclude this column"
                    raise InputError(what, got=repr(text), expected=expected)


def _column(name: str, cell: str) -> Column:
    if not cell.strip() or _is_number(cell):
        return Column(name, "number", 1)
    parts = _listed(cell)
    if ("," in cell or cell.strip().startswith("[")) and all(map(_is_number, parts)):
        return Column(name, "list", len(parts))
    return Column(name, "text")


def _listed(cell: str) -> list[str]:
    """Return the parts of a list, with or without square brackets."""
    return cell.strip().removeprefix("[").removesuffix("]").split(",")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _float32(cells: list[str]) -> AnyArray | None:
    """Return cells as float32, or None if one is not a finite number."""
    try:
        with np.errstate(over="ignore"):
            numbers = np.array(list(map(float, cells))).astype(np.float32)
    except ValueError:
        return None
    return numbers if np.isfinite(numbers).all() else None
