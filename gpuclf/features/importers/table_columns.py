"""Choice of the columns of a table: clip, label, group, fold, times, and features.

A column that an option names has that role. A role without an option is found by its usual names:
the first of `USUAL_NAMES`, or else the only other one that the table has. The columns that remain
are features if they contain numbers. If a column contains lists of numbers, the features are those
of the list, and single numbers are features only if an option selects them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal, NamedTuple

from gpuclf.errors import InputError, did_you_mean, listed
from gpuclf.features.importers.column_names import USUAL_NAMES
from gpuclf.features.importers.csv_table import find_column
from gpuclf.features.names import first_duplicate

USUAL_TIMES = frozenset(
    [
        *("start", "end", "start_time", "end_time", "start (s)", "end (s)", "begin time (s)"),
        *("end time (s)", "onset", "offset", "time", "timestamp"),
    ]
)
# Columns that identify a clip, and so are no features. A column without a name, or pandas'
# ``Unnamed: 0``, contains row numbers, which identify it as well.
IDENTIFYING = frozenset({"number", "target", "index"}.union(*USUAL_NAMES.values()))
SHOWN = 8  # columns that a message lists


class Column(NamedTuple):
    """Column of a table: name, content, and number of features per row."""

    name: str
    content: Literal["number", "list", "text"]
    width: int = 0


class Cell(NamedTuple):
    """Text of a cell: index of the column and, if only a part is used, the pattern of the part."""

    column: int
    pattern: re.Pattern[str] | None = None

    def of(self, text: str, where: str) -> str:
        """Return the text, or its part that matches: the first group, if the pattern has one."""
        if self.pattern is None:
            return text
        found = self.pattern.search(text)
        if found is None or found[self.pattern.groups and 1] is None:
            expected = f"a match of {self.pattern.pattern!r}"
            raise InputError(where, got=repr(text), expected=expected)
        return found[self.pattern.groups and 1]


@dataclass(frozen=True)
class ColumnChoice:
    """Columns that the user names.

    Parameters
    ----------
    clip, label, group, fold : str or None
        Column name, or ``NAME:REGEX`` for a part of its cells; None for the usual names.
    times : tuple of str
        Columns that contain the times of a row; in addition to the usual names if empty.
    features : tuple of str
        Patterns of feature columns, such as ``mfcc_*``; empty for all columns of numbers.
    exclude : tuple of str
        Patterns of columns that are no features.
    row_per_clip : bool
        Whether each row is a clip, without a column that names it.
    labelled : bool
        Whether the table must have a column of labels.
    """

    clip: str | None = None
    label: str | None = None
    group: str | None = None
    fold: str | None = None
    times: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    row_per_clip: bool = False
    labelled: bool = True

    @property
    def named(self) -> dict[str, str]:
        """The column of each role that the user names."""
        columns = {role: getattr(self, role) for role in ("clip", "label", "group", "fold")}
        return {role: name for role, name in columns.items() if name is not None}


@dataclass(frozen=True)
class TableColumns:
    """Columns of a table by their role.

    Parameters
    ----------
    columns : sequence of Column
        All columns.
    cells : mapping of str to Cell
        Cell of the roles ``clip``, ``label``, ``group`` and ``fold`` that the table has.
    times, features : list of int
        Indices of the columns.
    """

    columns: Sequence[Column]
    cells: Mapping[str, Cell]
    times: list[int] = field(default_factory=list)
    features: list[int] = field(default_factory=list)

    @property
    def width(self) -> int:
        """Number of features per row."""
        return sum(self.columns[index].width for index in self.features)

    def summary(self) -> list[str]:
        """Return lines that say what each column is used for."""
        names = [column.name for column in self.columns]
        roles = {
            role: names[cell.column] + (f":{cell.pattern.pattern}" if cell.pattern else "")
            for role, cell in self.cells.items()
        }
        used = {*self.times, *self.features, *(cell.column for cell in self.cells.values())}
        excluded = [name for index, name in enumerate(names) if index not in used]
        taken = [names[index] for index in self.features]
        ends = taken if len(taken) < 4 else [taken[0], "...", taken[-1]]
        lines = [f"{role}: {name}" for role, name in ({"clip": "each row"} | roles).items()]
        lines += [f"times: {', '.join(names[index] for index in self.times)}"] * bool(self.times)
        lines.append(f"features: {', '.join(ends)} ({self.width})")
        return lines + [f"excluded: {listed(excluded, SHOWN)}"] * bool(excluded)


def assign_columns(what: str, columns: Sequence[Column], choice: ColumnChoice) -> TableColumns:
    """Return the columns of a table by their role.

    Parameters
    ----------
    what : str
        Description of the table, for error messages.
    columns : sequence of Column
    choice : ColumnChoice

    Raises
    ------
    InputError
        If a column is missing, ambiguous or occurs twice, or there is no feature column; the
        message lists columns and names the option.

    Examples
    --------
    >>> columns = [Column("low", "number", 1), Column("file", "text"), Column("high", "number", 1)]
    >>> assign_columns("a.csv", columns, ColumnChoice(labelled=False)).summary()
    ['clip: file', 'features: low, high (2)']
    """
    names = [column.name for column in columns]
    duplicate = first_duplicate(names)
    if duplicate is not None:
        got = f"the column {duplicate!r} twice"
        raise InputError(what, got=got, expected="unique column names")
    cells = {role: parse_cell(what, names, role, text) for role, text in choice.named.items()}
    for role in ("clip", "label", "group", "fold"):
        if role in cells or (role == "clip" and choice.row_per_clip):
            continue
        used = {cell.column for cell in cells.values() if cell.pattern is None}
        found = _usual_column(what, names, role, used)
        if found is not None:
            cells[role] = Cell(found)
    _check_present(what, names, cells, choice)
    used = {cell.column for cell in cells.values()}
    times = [_named_column(what, names, "time", name) for name in choice.times]
    if not times:
        times = [
            index
            for index, name in enumerate(names)
            if name.casefold() in USUAL_TIMES and index not in used
        ]
    features = _feature_columns(what, columns, choice, used.union(times))
    return TableColumns(columns, cells, times, features)


def parse_cell(what: str, names: Sequence[str], role: str, text: str) -> Cell:
    """Return the cell that an option names: ``NAME``, or ``NAME:REGEX`` for a part of the cell."""
    if find_column(what, names, text) is None and ":" in text:
        ends = [end for end, character in enumerate(text) if character == ":"]
        known = [end for end in ends if find_column(what, names, text[:end]) is not None]
        end = max(known, default=ends[0])  # names may contain colons, as patterns do
        column, pattern = _named_column(what, names, role, text[:end]), text[end + 1 :]
        try:
            return Cell(column, re.compile(pattern))
        except re.error as error:
            expected = "a regular expression after the colon"
            got = f"{pattern!r}: {error}"
            raise InputError(f"--{role}-column", got=got, expected=expected) from error
    return Cell(_named_column(what, names, role, text))


def _named_column(what: str, names: Sequence[str], role: str, name: str) -> int:
    found = find_column(what, names, name)
    if found is None:
        option = "--time-columns" if role == "time" else f"--{role}-column"
        known = [own for own in names if own.isprintable() and own]
        expected = f"{did_you_mean(name, known)} (option {option})"
        raise InputError(f"{what}, column", got=repr(name), expected=expected)
    return found


def _usual_column(what: str, names: Sequence[str], role: str, used: set[int]) -> int | None:
    """Return the column of a role with its first usual name, or else with its only other one."""
    first, *others = (find_column(what, names, name) for name in USUAL_NAMES[role])
    if first is not None and first not in used:
        return first
    found = [index for index in others if index is not None and index not in used]
    if len(found) > 1:
        got = f"several columns that could be the {role}: {listed(names[index] for index in found)}"
        raise InputError(what, got=got, expected=f"--{role}-column to name one")
    return found[0] if found else None


def _check_present(
    what: str, names: Sequence[str], cells: Mapping[str, Cell], choice: ColumnChoice
) -> None:
    """Check that the table has a column of the clip and of the label, where they are needed."""
    if "clip" not in cells and not choice.row_per_clip:
        expected = f"--clip-column to name one of {shown_names(names)}, or --row-per-clip"
        raise InputError(what, got="no column of the clip", expected=expected)
    if "label" not in cells and choice.labelled:
        expected = f"--label-column to name one of {shown_names(names)}, or --labels CSV"
        raise InputError(what, got="no column of the label", expected=expected)


def _feature_columns(
    what: str, columns: Sequence[Column], choice: ColumnChoice, used: set[int]
) -> list[int]:
    names = [column.name for column in columns]
    excluded = matching_names(what, names, "--exclude", choice.exclude, range(len(columns)))
    numeric = [
        index
        for index, column in enumerate(columns)
        if column.content != "text" and index not in used and index not in excluded
    ]
    if choice.features:
        return sorted(matching_names(what, names, "--features", choice.features, numeric))
    lists = [index for index in numeric if columns[index].content == "list"]
    if len(lists) > 1:
        got = f"several columns of lists: {shown_names([names[index] for index in lists])}"
        raise InputError(what, got=got, expected="--features to select one or more")
    if not numeric:
        expected = f"numbers in columns other than {shown_names([names[index] for index in used])}"
        raise InputError(what, got="no feature columns", expected=expected)
    for name in () if lists else (names[index] for index in numeric):
        if not name.strip() or name.startswith("Unnamed:") or name.casefold() in IDENTIFYING:
            got = f"the column {name!r} among the features"
            expected = "only features: --exclude it, or name its role, as in --clip-column"
            raise InputError(what, got=got, expected=expected)
    return lists or numeric


def matching_names(
    what: str, names: Sequence[str], option: str, patterns: Sequence[str], among: Sequence[int]
) -> set[int]:
    """Return the indices of names that match patterns; each pattern must match one."""
    found = set[int]()
    for pattern in patterns:
        own = {index for index in among if fnmatchcase(names[index], pattern)}
        if not own:
            kind = "a column" if option == "--exclude" else "a column of numbers"
            expected = f"{kind}, such as {shown_names([names[index] for index in among])}"
            raise InputError(f"{what}, {option}", got=repr(pattern), expected=expected)
        found |= own
    return found


def shown_names(names: Sequence[str]) -> str:
    """Return the names of columns, shortened."""
    return listed((name if name.isprintable() and name else repr(name) for name in names), SHOWN)
