"""Groups and folds of clips from a CSV file, for feature files that do not contain them.

The file is UTF-8, with commas, and its first line names the columns. Each clip has one row, in any
order. A row is identified by the column ``id``, an id of the feature set; without it, by ``label``
(or ``class``), the class's name, and ``clip`` (or ``number``), the number within the class, from 0,
in the order of the feature file. Names are used unchanged, except for blanks around a group.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gpuclf._typing import AnyArray, Ints
from gpuclf.errors import InputError
from gpuclf.features.importers.csv_table import Table, read_table

if TYPE_CHECKING:  # an experiment checks its columns with this file, which loads no h5py
    from gpuclf.features.layout import Clips

CLASS_COLUMNS, NUMBER_COLUMNS = ("label", "class"), ("clip", "number")


class CsvColumn(NamedTuple):
    """One column of a CSV file: the path of the file, and the column's name in its first line."""

    path: str
    name: str


def parse_column(text: str, option: str = "column") -> CsvColumn:
    """Parse ``CSV:COLUMN``; the last colon separates path and name.

    Parameters
    ----------
    text : str
        Path of the file and name of the column.
    option : str
        The option, for the message.

    Raises
    ------
    InputError
        If there is no path, no colon, or no name.

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
    r"""Read the group of each clip.

    Parameters
    ----------
    column : CsvColumn
        The column of the groups.
    clips : Clips
        All clips of a feature set.
    read : callable
        Returns the table of a file.

    Returns
    -------
    array of str, shape (clips,)
        In the order of ``clips``.

    Raises
    ------
    InputError
        If the file cannot be read, lacks the column, or its rows are not those of the clips: the
        message names the line or the clip.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from gpuclf.features.layout import Clips
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name, "clips.csv")
    >>> _ = path.write_text("id,artist,fold\nb,Bach,2\na,Abba,1\nc,Abba,1\n")
    >>> clips = Clips(ids=np.array(["a", "b", "c"]), y=None, labels=())
    >>> read_groups(CsvColumn(str(path), "artist"), clips).tolist()
    ['Abba', 'Bach', 'Abba']
    >>> read_folds(CsvColumn(str(path), "fold"), clips).tolist()
    [1, 2, 1]
    >>> folder.cleanup()
    """
    table = read(column.path)
    return np.array(table.stripped(column.name))[_rows_of(clips, table)]


def read_folds(column: CsvColumn, clips: Clips, read: Callable[[str], Table] = read_table) -> Ints:
    """Read the fold in which each clip is tested, an int64 array, as `read_groups` reads groups."""
    table = read(column.path)
    return np.array(table.numbers(column.name), np.int64)[_rows_of(clips, table)]


def _rows_of(clips: Clips, table: Table) -> list[int]:
    """Row of each clip; each clip must have one, and each row must be a clip's."""
    of_rows, of_clips = _names(clips, table)
    rows = {name: number for number, name in enumerate(of_rows)}
    duplicates = [name for name, count in Counter(of_rows).items() if count > 1]
    if duplicates:
        got = f"more than one row for {_listed(duplicates)}"
        raise InputError(table.path, got=got, expected="one for each clip")
    known = set(of_clips)
    foreign = [name for name in of_rows if name not in known]
    if foreign:
        got = f"a row for {_listed(foreign)}, which the feature set does not have"
        expected = f"its {len(clips)} clips, such as {of_clips[0]!r}"
        raise InputError(table.path, got=got, expected=expected)
    missing = [name for name in of_clips if name not in rows]
    if missing:
        got = f"no row for {_listed(missing)}"
        raise InputError(table.path, got=got, expected=f"one for each of the {len(clips)} clips")
    return [rows[name] for name in of_clips]


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"clip {names[0]!r}{more}"


def _names(clips: Clips, table: Table) -> tuple[list[str], list[str]]:
    """Name the clips of the rows and those of the feature set in the same way."""
    if "id" in table.header:
        return table.texts("id"), clips.ids.tolist()
    label, number = (
        next((name for name in names if name in table.header), None)
        for names in (CLASS_COLUMNS, NUMBER_COLUMNS)
    )
    what = f"{table.path}, columns"
    if label is None or number is None:
        got = ", ".join(map(repr, table.header))
        expected = "'id', or 'label' (or 'class') and 'clip' (or 'number')"
        raise InputError(what, got=got, expected=expected)
    if clips.y is None:
        got = f"{label!r} and {number!r} for a feature set without labels"
        raise InputError(what, got=got, expected="'id'")
    of_rows = zip(table.texts(label), table.numbers(number), strict=True)
    of_clips = []
    counts: Counter[int] = Counter()
    for y in clips.y.tolist():
        of_clips.append(f"{clips.labels[y]}/{counts[y]}")
        counts[y] += 1
    return [f"{name}/{row}" for name, row in of_rows], of_clips
