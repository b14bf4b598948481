"""Read CSV files: comma-separated, in UTF-8, with the column names in the first line.

Blank lines are ignored, and blanks around column names and before cells. Letter case of column
names is ignored, unless names differ in nothing else. Cells that are read are not empty, and in
Unicode's normal form.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gpuclf._utils.formatting import legible
from gpuclf._utils.system_errors import system_reason
from gpuclf.errors import InputError, did_you_mean, first_line
from gpuclf.features.names import normalized

INTEGER = re.compile(r"[+-]?[0-9]{1,18}")  # fits int64
DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?")

BYTE_ORDER_MARK = "\ufeff"

Row = tuple[int, list[str]]  # last line of the row, cells


@dataclass(frozen=True)
class Table:
    """Content of a CSV file.

    Parameters
    ----------
    path : str
        Path of the file, for error messages.
    header : list of str
        Column names.
    rows : list of list of str
        Cells of each row, one per column.
    lines : list of int
        Last line of each row, from 1.
    """

    path: str
    header: list[str]
    rows: list[list[str]]
    lines: list[int]

    def __contains__(self, name: str) -> bool:
        return self.place(name) is not None

    @property
    def names(self) -> list[str]:
        """Column names that are not blank, legible in an error message."""
        return [legible(own, 40) if own.isprintable() else repr(own) for own in self.header if own]

    def place(self, name: str) -> int | None:
        """Return the index of a column, or None; see `find_column`."""
        return find_column(f"{self.path}, line 1", self.header, name)

    def texts(self, name: str) -> list[str]:
        """Return the cells of a column after a check that none is empty."""
        place = self.place(name)
        if place is None:
            expected = did_you_mean(name, self.names)
            raise InputError(f"{self.path}, column", got=repr(name), expected=expected)
        cells = [normalized(row[place]) for row in self.rows]
        for line, cell in zip(self.lines, cells, strict=True):
            if not cell.strip():
                what = f"{self.path}, line {line}, column {name!r}"
                raise InputError(what, got="an empty cell", expected="a value in every row")
        return cells

    def stripped(self, name: str) -> list[str]:
        """Return the cells of a column without surrounding blanks."""
        return [text.strip() for text in self.texts(name)]

    def numbers(self, name: str, expected: str = "an integer") -> list[int]:
        """Return the cells of a column as integers; ``expected`` is for the error message."""
        return list(map(int, self._matching(name, INTEGER, expected)))

    def decimals(self, name: str) -> list[float]:
        """Return the cells of a column as finite numbers."""
        return list(map(float, self._matching(name, DECIMAL, "a number")))

    def _matching(self, name: str, pattern: re.Pattern[str], expected: str) -> Iterator[str]:
        for line, cell in zip(self.lines, self.texts(name), strict=True):
            if not pattern.fullmatch(cell.strip()):
                what = f"{self.path}, line {line}, column {name!r}"
                raise InputError(what, got=repr(cell), expected=expected)
            yield cell


def find_column(what: str, header: Sequence[str], name: str) -> int | None:
    """Return the index of a column, or None if there is no such column.

    Parameters
    ----------
    what : str
        Description of the header, for the error message.
    header : sequence of str
        Column names, as `read_rows` returns them.
    name : str
        Column name; letter case is ignored if no column has exactly this name.

    Raises
    ------
    InputError
        If several columns have this name.

    Examples
    --------
    >>> find_column("line 1", ["Id", "Label"], "label"), find_column("line 1", ["id"], "fold")
    (1, None)
    """
    name = _column_name(name)
    exact = [place for place, own in enumerate(header) if own == name]
    in_any_case = [place for place, own in enumerate(header) if own.casefold() == name.casefold()]
    places = exact or in_any_case
    if len(places) > 1:
        got = f"the column {name!r} twice"
        raise InputError(what, got=got, expected="unique column names")
    return places[0] if places else None


def _column_name(text: str) -> str:
    return normalized(text.strip().strip(BYTE_ORDER_MARK).strip())


def _check_separator(path: str | os.PathLike[str], header: Sequence[str]) -> None:
    """Check that the columns are not separated by something else, as spreadsheets write them."""
    separators = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
    for separator, name in separators.items():
        if len(header) == 1 and separator in header[0]:
            what, got = f"{path}, line 1", f"columns separated by {name}"
            raise InputError(what, got=got, expected="columns separated by commas")


def read_table(path: str) -> Table:
    r"""Return the content of a CSV file.

    Raises
    ------
    InputError
        If the file cannot be read or is empty, or a row does not have one cell per column; the
        message names the line.

    Examples
    --------
    >>> path = Path("clips.csv")
    >>> _ = path.write_text("id,fold,start\na,2,0.5\n")
    >>> table = read_table(str(path))
    >>> table.texts("id"), table.numbers("fold"), table.decimals("start")
    (['a'], [2], [0.5])
    """
    (_, header), *rest = read_rows(path)
    return Table(path, header, [cells for _, cells in rest], [line for line, _ in rest])


def read_rows(path: str | os.PathLike[str]) -> Generator[Row]:
    r"""Yield the rows of a CSV file, which may be larger than memory; blank lines are ignored.

    The file is open until the last row is read or the generator is closed.

    Yields
    ------
    Row
        Last line of the row, from 1, and its cells. The first row contains the column names.

    Raises
    ------
    InputError
        See `read_table`.

    Examples
    --------
    >>> path = Path("clips.csv")
    >>> _ = path.write_text("id,fold\na,2\n\nb,1\n")
    >>> list(read_rows(path))
    [(1, ['id', 'fold']), (2, ['a', '2']), (4, ['b', '1'])]
    """
    header: list[str] = []
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True, skipinitialspace=True)
            for row in filter(None, reader):
                cells = row if header else list(map(_column_name, row))
                if not header:
                    header = cells
                    _check_separator(path, header)
                if len(cells) != len(header):
                    what, got = f"{path}, line {reader.line_num}", f"cells: {len(cells)}"
                    expected = f"{len(header)}, one per column"
                    raise InputError(what, got=got, expected=expected)
                yield reader.line_num, cells
    except OSError as error:
        raise InputError(str(path), got=system_reason(error), expected="a CSV file") from error
    except UnicodeDecodeError as error:
        got = "bytes that are not UTF-8"
        raise InputError(str(path), got=got, expected="a CSV file in UTF-8") from error
    except csv.Error as error:
        what, expected = f"{path}, line {reader.line_num}", "comma-separated cells"
        raise InputError(what, got=first_line(error), expected=expected) from error
    if not header:
        expected = "a first line with the column names"
        raise InputError(str(path), got="an empty file", expected=expected)
