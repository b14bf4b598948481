"""Table of named columns, for pandas, Arrow, CSV and Parquet."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

import numpy as np

from gpuclf._typing import AnyArray
from gpuclf._utils.files import replacing
from gpuclf._utils.formatting import value_text
from gpuclf.errors import InputError, OutputError, one_of


@dataclass(frozen=True, repr=False, eq=False)
class Table:
    """Table of named columns.

    ``polars.DataFrame(table)``, ``pyarrow.table(table)`` and other readers of the Arrow PyCapsule
    interface accept a table; they require pyarrow. ``polars.DataFrame(table.columns)`` does not.

    Parameters
    ----------
    columns : dict of str to array, shape (rows,)
        Columns by name; missing values are NaN, or None in columns that are not numeric.

    Examples
    --------
    >>> table = Table({"fold": np.array([0, 1]), "test_accuracy": np.array([0.9, 0.8])})
    >>> table, len(table), table["fold"].tolist()
    (<table of 2 rows: fold, test_accuracy>, 2, [0, 1])
    """

    columns: dict[str, AnyArray]

    @classmethod
    def of_rows(cls, rows: Sequence[Mapping[str, Any]]) -> Self:
        """Return the table of rows; the columns are the names in any of them.

        Parameters
        ----------
        rows : sequence of mappings
            Values by name: numbers, texts, lists or None. Lists, and all values of a column that
            has texts, become texts.

        Examples
        --------
        >>> rows = [{"gamma": "scale", "C": 1}, {"gamma": 0.1, "C": None}]
        >>> {name: column.tolist() for name, column in Table.of_rows(rows).columns.items()}
        {'gamma': ['scale', '0.1'], 'C': [1.0, nan]}
        """
        names = dict.fromkeys(name for row in rows for name in row)
        return cls({name: _column([row.get(name) for row in rows]) for name in names})

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def __getitem__(self, name: str) -> AnyArray:
        return self.columns[name]

    def __repr__(self) -> str:
        return f"<table of {len(self)} rows: {', '.join(self.columns)}>"

    def to_frame(self) -> Any:
        """Return the table as a pandas DataFrame.

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        InputError
            If pandas is not installed.
        """
        return _required("pandas", "to_frame", "pandas").DataFrame(self.columns)

    def to_arrow(self) -> Any:
        """Return the table as a pyarrow Table.

        Returns
        -------
        pyarrow.Table

        Raises
        ------
        InputError
            If pyarrow is not installed.
        """
        arrow = _required("pyarrow", "Arrow table", "parquet")
        return arrow.table({name: arrow.array(column) for name, column in self.columns.items()})

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the table atomically; the suffix determines the format.

        Numbers are not rounded.

        Parameters
        ----------
        path : path
            Output file, ``.csv`` or ``.parquet``; see `check_table`.
        """
        check_table(path)
        write = WRITERS[Path(path).suffix.lower()]
        with replacing(path) as draft:
            write(self, draft)


def check_table(path: str | os.PathLike[str]) -> None:
    """Check that a table can be written in the format of a file, before the computation starts.

    Parameters
    ----------
    path : path
        Output file; the suffix determines the format.

    Raises
    ------
    OutputError
        If the suffix is not .csv or .parquet.
    InputError
        If the format requires pyarrow, which is not installed.

    Examples
    --------
    >>> check_table("predictions.txt")
    Traceback (most recent call last):
    gpuclf.errors.OutputError: predictions.txt: got '.txt', expected one of .csv, .parquet
    """
    suffix = Path(path).suffix
    if suffix.lower() not in WRITERS:
        got = repr(suffix) if suffix else "no suffix"
        raise OutputError(str(path), got=got, expected=one_of(WRITERS))
    if suffix.lower() == ".parquet":
        _check_installed("pyarrow", str(path), "parquet")


def _write_csv(table: Table, path: Path) -> None:
    columns = (column.tolist() for column in table.columns.values())
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(table.columns)
        writer.writerows(zip(*columns, strict=True))


def _write_parquet(table: Table, path: Path) -> None:
    _required("pyarrow.parquet", str(path), "parquet").write_table(table.to_arrow(), path)


WRITERS: dict[str, Callable[[Table, Path], None]] = {
    ".csv": _write_csv,
    ".parquet": _write_parquet,
}


def _column(values: Iterable[Any]) -> AnyArray:
    """Return values as an array of one type."""
    values = list(values)
    if any(isinstance(value, str | tuple | list) for value in values):
        return np.array([None if value is None else value_text(value) for value in values])
    if not any(isinstance(value, bool | np.bool) for value in values):
        values = [np.nan if value is None else value for value in values]
    return np.array(values)


def _required(module: str, what: str, extra: str) -> Any:
    """Import an optional package."""
    _check_installed(module.partition(".")[0], what, extra)
    return import_module(module)


def _check_installed(package: str, what: str, extra: str) -> None:
    if find_spec(package) is None:
        expected = f"python -m pip install 'gpuclf[{extra}]'"
        raise InputError(what, got=f"no {package}", expected=expected)
