"""Groups and folds of clips from a CSV file, for feature files that do not contain them.

The file is comma-separated, in UTF-8, with the column names in its first line and one row per clip,
in any order. The clip of a row is identified by

- the column ``id``: the id of the clip in the feature set, such as ``rock/3``; or, without it,
- the columns ``label`` (or ``class``), the class name, and ``clip`` (or ``number``), the position
  within the class, from 0, in the order of the feature file.

Blanks around cells are removed, and names are compared in Unicode's normal form.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gpuclf._typing import AnyArray, Ints
from gpuclf.errors import InputError, listed
from gpuclf.features.importers.csv_table import Table, read_table
from gpuclf.features.names import normalized

if TYPE_CHECKING:  # avoids the import of h5py when an experiment is validated
    from gpuclf.features.layout import Clips

CLASS_COLUMNS, NUMBER_COLUMNS = ("label", "class"), ("clip", "number")


class CsvColumn(NamedTuple):
    """Column of a CSV file: path of the file and name of the column."""

    path: str
    name: str


def parse_column(text: str, option: str = "column") -> CsvColumn:
    """Return the path and column name in ``CSV:COLUMN``; the last colon separates them.

    Parameters
    ----------
    text : str
        Path of the file, a colon, and name of the column.
    option : str
        Name of the option, for the error message.

    Raises
    ------
    InputError
        If the path, the colon or the name is missing.

    Examples
    --------
    >>> parse_column("clips.csv:source")
    CsvColumn(path='clips.csv', name='source')
    >>> parse_column("clips.csv", "groups")
    Traceback (most recent call last):
    gpuclf.errors.InputError: groups: got 'clips.csv', expected CSV:COLUMN, as in clips.csv:artist
    """
    path, _, name = text.rpartition(":")
    if not path or not name:
        raise InputError(option, got=repr(text), expected="CSV:COLUMN, as in clips.csv:artist")
    return CsvColumn(path, name)


def read_groups(
    column: CsvColumn, clips: Clips, read: Callable[[str], Table] = read_table
) -> AnyArray:
    r"""Return the group of each clip from a CSV file.

    Parameters
    ----------
    column : CsvColumn
        Column of the groups.
    clips : Clips
        All clips of a feature set.
    read : callable
        Function that returns the table of a CSV file.

    Returns
    -------
    array of str, shape (clips,)
        Groups in the order of ``clips``.

    Raises
    ------
    InputError
        If the file cannot be read, the column is missing, or the rows do not match the clips one to
        one; the message names the line or the clip.

    Examples
    --------
    >>> from pathlib import Path
    >>> from gpuclf.features.layout import Clips
    >>> path = Path("clips.csv")
    >>> _ = path.write_text("id,artist,fold\nb,Bach,2\na,Abba,1\nc,Abba,1\n")
    >>> clips = Clips(ids=np.array(["a", "b", "c"]), y=None, labels=())
    >>> read_groups(CsvColumn(str(path), "artist"), clips).tolist()
    ['Abba', 'Bach', 'Abba']
    >>> read_folds(CsvColumn(str(path), "fold"), clips).tolist()
    [1, 2, 1]
    """
    table = read(column.path)
    return np.array(table.stripped(column.name))[_rows_of(clips, table)]


def read_folds(column: CsvColumn, clips: Clips, read: Callable[[str], Table] = read_table) -> Ints:
    """Return the predefined fold of each clip, an int64 array; see `read_groups`."""
    table = read(column.path)
    return np.array(table.numbers(column.name), np.int64)[_rows_of(clips, table)]


def _rows_of(clips: Clips, table: Table) -> list[int]:
    """Return the row of each clip after a check that rows and clips match one to one."""
    row_names, clip_names = _names(clips, table)
    rows = {name: number for number, name in enumerate(row_names)}
    duplicates = [name for name, count in Counter(row_names).items() if count > 1]
    if duplicates:
        got = f"more than one row for {_listed(duplicates)}"
        raise InputError(table.path, got=got, expected="one row per clip")
    known = set(clip_names)
    unknown = [name for name in row_names if name not in known]
    if unknown:
        got = f"a row for {_listed(unknown)}, not in the feature set"
        expected = f"one row for each of its {len(clips)} clips, such as {clip_names[0]!r}"
        raise InputError(table.path, got=got, expected=expected)
    missing = [name for name in clip_names if name not in rows]
    if missing:
        got = f"no row for {_listed(missing)}"
        raise InputError(table.path, got=got, expected=f"one for each of the {len(clips)} clips")
    return [rows[name] for name in clip_names]


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"clip {names[0]!r}{more}"


def _names(clips: Clips, table: Table) -> tuple[list[str], list[str]]:
    """Return comparable names of the clips of the rows and of the feature set."""
    if "id" in table:
        return table.stripped("id"), [normalized(name).strip() for name in clips.ids.tolist()]
    label, number = (
        next((name for name in names if name in table), None)
        for names in (CLASS_COLUMNS, NUMBER_COLUMNS)
    )
    where = f"{table.path}, columns"
    if label is None or number is None:
        got = listed(map(repr, table.header))
        expected = "'id', or 'label' (or 'class') and 'clip' (or 'number')"
        raise InputError(where, got=got, expected=expected)
    if clips.y is None:
        got = f"{label!r} and {number!r} for a feature set without labels"
        raise InputError(where, got=got, expected="the column 'id'")
    clip_names = []
    counts: Counter[int] = Counter()
    for y in clips.y.tolist():
        clip_names.append(f"{normalized(clips.labels[y]).strip()}/{counts[y]}")
        counts[y] += 1
    positions = table.numbers(number, "an integer, or ids of clips in a column 'id'")
    pairs = zip(table.stripped(label), positions, strict=True)
    return [f"{name}/{row}" for name, row in pairs], clip_names
