"""Groups and folds of clips out of a CSV file, for feature files that do not hold them.

The file is UTF-8, with commas, and its first line names the columns. Each clip has one row, and
rows may stand in any order. They are told apart by the column ``id``, which holds the ids of the
feature set; without it, by ``label`` (or ``class``), the class's name, and ``clip`` (or
``number``), the place within the class, from 0, in the order of the feature file. Names are taken
as they are, but for blanks around a group's, which would part it.
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


class Column(NamedTuple):
    """One column of a CSV file.

    Parameters
    ----------
    path : str
        The file.
    name : str
        The column, as the file's first line names it.
    """

    path: str
    name: str


def parse_column(text: str, option: str = "column") -> Column:
    """Read the name of a column, ``CSV:COLUMN``.

    Parameters
    ----------
    text : str
        Path of the file and name of the column, with a colon between; it is the last one.
    option : str
        What the text was given for, for the message.

    Returns
    -------
    Column

    Raises
    ------
    InputError
        If there is no path, no colon, or no name.

    Examples
    --------
    >>> parse_column("clips.csv:source")
    Column(path='clips.csv', name='source')
    >>> parse_column("clips.csv", "groups")
    Traceback (most recent call last):
    gpuclf.errors.InputError: groups: got 'clips.csv', expected CSV:COLUMN, as in clips.csv:artist
    """
    path, _, name = text.rpartition(":")
    if not path or not name:
        raise InputError(option, got=repr(text), expected="CSV:COLUMN, as in clips.csv:artist")
    return Column(path, name)


def read_groups(
    column: Column, clips: Clips, read: Callable[[str], Table] = read_table
) -> AnyArray:
    r"""Read the group of each clip: what must never stand on both sides of a split.

    Parameters
    ----------
    column : Column
        Where the groups stand.
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
    >>> read_groups(Column(str(path), "artist"), clips).tolist()
    ['Abba', 'Bach', 'Abba']
    >>> read_folds(Column(str(path), "fold"), clips).tolist()
    [1, 2, 1]
    >>> folder.cleanup()
    """
    table = read(column.path)
    groups = [text.strip() for text in table.texts(column.name)]
    return np.array(groups)[_rows_of(clips, table)]


def read_folds(column: Column, clips: Clips, read: Callable[[str], Table] = read_table) -> Ints:
    """Read the fold in which each clip is tested.

    Parameters
    ----------
    column : Column
        Where the folds stand: whole numbers.
    clips : Clips
        All clips of a feature set.
    read : callable
        Returns the table of a file.

    Returns
    -------
    int64 array, shape (clips,)
        In the order of ``clips``.

    Raises
    ------
    InputError
        As `read_groups` does, and if a cell is no whole number.

    Examples
    --------
    See `read_groups`.
    """
    table = read(column.path)
    return np.array(table.numbers(column.name), np.int64)[_rows_of(clips, table)]


def _rows_of(clips: Clips, table: Table) -> list[int]:
    """Find the row of each clip; each must have one, and each row must be a clip's."""
    of_rows, of_clips = _names(clips, table)
    counts = Counter(of_rows)
    known = set(of_clips)
    doubled = [name for name, count in counts.items() if count > 1]
    if doubled:
        got = f"more than one row for {_clips(doubled)}"
        raise InputError(table.path, got=got, expected="one for each clip")
    foreign = [name for name in of_rows if name not in known]
    if foreign:
        got = f"a row for {_clips(foreign)}, which the feature set does not have"
        expected = f"its {len(clips)} clips, such as {of_clips[0]!r}"
        raise InputError(table.path, got=got, expected=expected)
    missing = [name for name in of_clips if name not in counts]
    if missing:
        got = f"no row for {_clips(missing)}"
        raise InputError(table.path, got=got, expected=f"one for each of the {len(clips)} clips")
    row = {name: number for number, name in enumerate(of_rows)}
    return [row[name] for name in of_clips]


def _names(clips: Clips, table: Table) -> tuple[list[str], list[str]]:
    """Name the clips of the rows, and those of the feature set, in the same way."""
    if "id" in table.header:
        return table.texts("id"), clips.ids.tolist()
    label, number = (
        next((name for name in names if name in table.header), None)
        for names in (CLASS_COLUMNS, NUMBER_COLUMNS)
    )
    if label is None or number is None:
        raise InputError(
            f"{table.path}, columns",
            got=", ".join(map(repr, table.header)),
            expected="'id', or 'label' (or 'class') and 'clip' (or 'number')",
        )
    if clips.y is None:
        got = f"{label!r} and {number!r} for a feature set without labels"
        raise InputError(f"{table.path}, columns", got=got, expected="'id'")
    numbered = zip(table.texts(label), table.numbers(number), strict=True)
    of_clips = []
    before: Counter[int] = Counter()
    for y in clips.y.tolist():
        of_clips.append(f"{clips.labels[y]}/{before[y]}")
        before[y] += 1
    return [f"{name}/{place}" for name, place in numbered], of_clips


def _clips(names: Sequence[str]) -> str:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"clip {names[0]!r}{more}"
