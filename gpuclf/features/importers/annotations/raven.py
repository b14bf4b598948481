"""Selection tables of Raven: tab-separated, with the column names in the first line.

A selection has a row for each view (``Waveform 1``, ``Spectrogram 1``); it is one event. Tables of
several recordings, which programs such as BirdNET write, name the recording of each row
(``Begin File`` or ``Begin Path``) and the start in it (``File Offset (s)``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PureWindowsPath

from gpuclf.errors import InputError
from gpuclf.features.importers.annotations.event import Event, lines_of, seconds
from gpuclf.features.importers.column_roles import columns_by_role
from gpuclf.features.importers.csv_table import Table

START, END, OFFSET = "Begin Time (s)", "End Time (s)", "File Offset (s)"
FILES = ("Begin File", "Begin Path")
LABEL = "Annotation"  # Raven's own name of the column
VIEW, SELECTION = "View", "Selection"


def is_raven(path: Path) -> bool:
    """Return whether the first line of a file is that of a selection table."""
    return START in _header(path)


def names_recordings(path: Path) -> bool:
    """Return whether a selection table annotates recordings that its rows name."""
    header = _header(path)
    return START in header and OFFSET in header and any(name in header for name in FILES)


def _header(path: Path) -> list[str]:
    lines = lines_of(path)
    return [name.strip() for name in lines[0][1].split("\t")] if lines else []


def read_raven(path: Path, label: str | None = None) -> list[Event]:
    r"""Return the selections of a table.

    Parameters
    ----------
    path : Path
        The table.
    label : str, optional
        Column of the class; by default ``Annotation``, or one of the usual names of a label.

    Raises
    ------
    InputError
        If a column is missing or a time is no number; the message names the line.

    Examples
    --------
    >>> path = Path("a.Table.1.selections.txt")
    >>> header = "Selection\tView\tBegin Time (s)\tEnd Time (s)\tSpecies\n"
    >>> rows = "1\tWaveform 1\t0,5\t2\twren\n1\tSpectrogram 1\t0,5\t2\twren\n"
    >>> _ = path.write_text(header + rows)
    >>> read_raven(path)
    [Event(start=0.5, end=2.0, label='wren', recording=None)]
    """
    table = _table(path)
    if label is None and LABEL in table:
        label = LABEL
    name = columns_by_role(table, ["label"], {"label": label}, required=["label"])["label"]
    for column in (START, END):
        table.texts(column)  # raises if it is missing or a cell is empty
    column = table.header[table.place(name) or 0]
    file = next((own for own in FILES if own in table), None) if OFFSET in table else None
    rows = [dict(zip(table.header, row, strict=True)) for row in table.rows]
    return list(_events(path, list(zip(table.lines, rows, strict=True)), column, file))


def _table(path: Path) -> Table:
    header, rest = _header(path), [(line, text.split("\t")) for line, text in lines_of(path)[1:]]
    width = len(header)
    for line, row in rest:
        if len(row) > width:
            what = f"{path}, line {line}"
            raise InputError(what, got=f"cells: {len(row)}", expected=f"{width}, one per column")
    rows = [row + [""] * (width - len(row)) for _, row in rest]
    return Table(str(path), header, rows, [line for line, _ in rest])


def _events(
    path: Path, rows: Sequence[tuple[int, Mapping[str, str]]], label: str, file: str | None
) -> Iterator[Event]:
    """Yield one event for each selection."""
    seen: set[tuple[str, Event]] = set()
    for line, row in rows:
        start, end = (
            seconds(f"{path}, line {line}, column {name!r}", row[name]) for name in (START, END)
        )
        recording = None
        if file is not None:
            what = f"{path}, line {line}, column {OFFSET!r}"
            offset = seconds(what, row[OFFSET])
            start, end = offset, offset + end - start
            recording = PureWindowsPath(row[file].strip()).name  # accepts / and \
        event = Event(start, end, row[label], recording)
        selection = row.get(SELECTION, str(line)) if VIEW in row else str(line)
        if (selection, event) not in seen:
            seen.add((selection, event))
            yield event
