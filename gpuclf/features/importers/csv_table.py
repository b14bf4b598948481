"""A CSV file whose first line names its columns: UTF-8, with commas, no cell empty that is read."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from gpuclf.errors import InputError, did_you_mean, first_line

WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")  # that fits int64
DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?")

Number = TypeVar("Number", int, float)
Row = tuple[int, list[str]]  # the line on which it ends, and its cells


@dataclass(frozen=True)
class Table:
    """What a CSV file holds.

    Parameters
    ----------
    path : str
        The file, for messages.
    header : list of str
        Names of the columns.
    rows : list of list of str
        The cells of each row, one for each column.
    lines : list of int
        The line on which each row ends, from 1.
    """

    path: str
    header: list[str]
    rows: list[list[str]]
    lines: list[int]

    def texts(self, name: str) -> list[str]:
        """Give the cells of a column, none of them empty."""
        if name not in self.header:
            known = [own if own.isprintable() else repr(own) for own in self.header if own]
            raise InputError(
                f"{self.path}, column", got=repr(name), expected=did_you_mean(name, known)
            )
        if self.header.count(name) > 1:
            raise InputError(
                f"{self.path}, line 1", got=f"the column {name!r} twice", expected="it once"
            )
        place = self.header.index(name)
        cells = [row[place] for row in self.rows]
        for line, cell in zip(self.lines, cells, strict=True):
            if not cell.strip():
                what = f"{self.path}, line {line}, column {name!r}"
                raise InputError(what, got="an empty cell", expected="a value for each clip")
        return cells

    def numbers(self, name: str) -> list[int]:
        """Give the cells of a column of whole numbers."""
        return list(self._each(name, int, "a whole number", WHOLE_NUMBER.fullmatch))

    def decimals(self, name: str) -> list[float]:
        """Give the cells of a column of finite numbers."""
        return list(self._each(name, float, "a number", DECIMAL.fullmatch))

    def _each(
        self,
        name: str,
        read: Callable[[str], Number],
        expected: str,
        fits: Callable[[str], object],
    ) -> Iterator[Number]:
        for line, cell in zip(self.lines, self.texts(name), strict=True):
            if not fits(cell.strip()):
                what = f"{self.path}, line {line}, column {name!r}"
                raise InputError(what, got=repr(cell), expected=expected)
            yield read(cell)


def read_table(path: str) -> Table:
    r"""Read a CSV file.

    Parameters
    ----------
    path : str
        The file.

    Returns
    -------
    Table

    Raises
    ------
    InputError
        If it cannot be read, is empty, or a row has other cells than there are columns; the message
        names the line.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name, "clips.csv")
    >>> _ = path.write_text("id,fold,start\na,2,0.5\n")
    >>> table = read_table(str(path))
    >>> table.texts("id"), table.numbers("fold"), table.decimals("start")
    (['a'], [2], [0.5])
    >>> folder.cleanup()
    """
    (_, header), *rest = read_rows(path)
    return Table(path, header, [cells for _, cells in rest], [line for line, _ in rest])


def read_rows(path: str | os.PathLike[str]) -> Iterator[Row]:
    r"""Read a CSV file row by row, for one that is larger than memory; blank lines are passed over.

    Parameters
    ----------
    path : path
        The file.

    Yields
    ------
    Row
        The line on which it ends, from 1, and its cells; the first holds the names of the columns.

    Raises
    ------
    InputError
        As of `read_table`.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name, "clips.csv")
    >>> _ = path.write_text("id,fold\na,2\n\nb,1\n")
    >>> list(read_rows(path))
    [(1, ['id', 'fold']), (2, ['a', '2']), (4, ['b', '1'])]
    >>> folder.cleanup()
    """
    header: list[str] = []
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            for cells in filter(None, reader):
                header = header or cells
                if len(cells) != len(header):
                    what, got = f"{path}, line {reader.line_num}", f"a row of {len(cells)}"
                    expected = f"{len(header)} cells, as many as there are columns"
                    raise InputError(what, got=got, expected=expected)
                yield reader.line_num, cells
    except OSError as error:
        raise InputError(str(path), got=error.strerror, expected="a CSV file") from error
    except UnicodeDecodeError as error:
        got = "bytes that are no UTF-8 text"
        raise InputError(str(path), got=got, expected="a CSV file") from error
    except csv.Error as error:
        what, expected = f"{path}, line {reader.line_num}", "cells with commas between"
        raise InputError(what, got=first_line(error), expected=expected) from error
    if not header:
        expected = "a line with the names of columns"
        raise InputError(str(path), got="an empty file", expected=expected)
