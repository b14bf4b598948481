"""Region and box layers of Sonic Visualiser: layer files (.svl), and their export as CSV.

A layer file is XML: a model with its sample rate, and a dataset of points with frame, duration (in
samples) and label. The export has the columns TIME, VALUE, DURATION and LABEL (regions), or START,
END, ... and LABEL (boxes) if it was written with a header; without one, it is read as regions.
"""

from __future__ import annotations

import csv
from pathlib import Path
from xml.etree import ElementTree

from gpuclf.errors import InputError, first_line
from gpuclf.features.importers.annotations.event import Event, lines_of, read_text, seconds
from gpuclf.features.importers.column_roles import columns_by_role
from gpuclf.features.importers.csv_table import Table

REGION = ["TIME", "VALUE", "DURATION", "LABEL"]
STARTS = ("TIME", "START")


def read_layer(path: Path, label: str | None = None) -> list[Event]:
    """Return the points of the layers of a file.

    Parameters
    ----------
    path : Path
        The layer file.
    label : None
        The format has no column names; a name is refused.

    Raises
    ------
    InputError
        If the file is not XML, or contains no dataset of points.

    Examples
    --------
    >>> path = Path("a.svl")
    >>> model = '<model sampleRate="8000" dataset="0" subtype="region"/>'
    >>> point = '<point frame="4000" duration="8000" value="1" label="wren"/>'
    >>> data = f'<data>{model}<dataset id="0">{point}</dataset></data>'
    >>> _ = path.write_text(f"<!DOCTYPE sonic-visualiser><sv>{data}</sv>")
    >>> read_layer(path)
    [Event(start=0.5, end=1.5, label='wren', recording=None)]
    """
    if label is not None:
        expected = "no name: points of a layer have one label"
        raise InputError(f"{path}, column", got=repr(label), expected=expected)
    try:
        root = ElementTree.fromstring(read_text(path))
        models = {model.get("dataset"): model for model in root.iter("model")}
        events = []
        for dataset in root.iter("dataset"):
            rate = float(models[dataset.get("id")].attrib["sampleRate"])
            for point in dataset.iter("point"):
                start = int(point.attrib["frame"])
                end = start + int(point.get("duration", "0"))
                events.append(Event(start / rate, end / rate, point.get("label", "")))
    except (ElementTree.ParseError, KeyError, ValueError, ZeroDivisionError) as error:
        got = f"no layer ({type(error).__name__}: {first_line(error)})"
        expected = "a layer file of Sonic Visualiser"
        raise InputError(str(path), got=got, expected=expected) from error
    return events


def read_export(path: Path, label: str | None = None) -> list[Event]:
    r"""Return the regions or boxes of a layer that was exported as CSV.

    Parameters
    ----------
    path : Path
        The CSV file, with times in seconds.
    label : str, optional
        Column of the class; by default ``LABEL`` or another usual name of a label.

    Raises
    ------
    InputError
        If a column is missing or a time is no number; the message names the line.

    Examples
    --------
    >>> path = Path("a.csv")
    >>> _ = path.write_text("0.500000000,0,1.000000000,wren\n2.000000000,0,0.250000000\n")
    >>> read_export(path)  # doctest: +NORMALIZE_WHITESPACE
    [Event(start=0.5, end=1.5, label='wren', recording=None),
     Event(start=2.0, end=2.25, label='', recording=None)]
    """
    table = _table(path)
    start = next((name for name in STARTS if name in table), None)
    end = next((name for name in ("END", "DURATION") if name in table), None)
    if start is None or end is None:
        got = f"the columns {', '.join(table.names)}"
        expected = "TIME or START, and DURATION or END, in seconds"
        raise InputError(f"{path}, line 1", got=got, expected=expected)
    names = columns_by_role(table, ["label"], {"label": label}, required=["label"])
    places = [table.place(name) or 0 for name in (start, end, names["label"])]
    events = []
    for line, row in zip(table.lines, table.rows, strict=True):
        first, second, text = (row[place] for place in places)
        what = f"{path}, line {line}"
        begin, last = seconds(what, first), seconds(what, second)
        events.append(Event(begin, begin + last if end == "DURATION" else last, text))
    return events


def _table(path: Path) -> Table:
    """Return the rows with their names; the last cell, the label, is missing if it is empty."""
    lines = lines_of(path)
    try:
        cells = list(csv.reader((text for _, text in lines), skipinitialspace=True))
    except csv.Error as error:
        expected = "comma-separated cells"
        raise InputError(str(path), got=first_line(error), expected=expected) from error
    if not cells or any(cell.strip().upper() in STARTS for cell in cells[0]):
        header, start = ([name.strip() for name in cells[0]] if cells else REGION), 1
    else:
        header, start = REGION, 0
    rows = []
    for (line, _), row in list(zip(lines, cells, strict=True))[start:]:
        if not len(header) - 1 <= len(row) <= len(header):
            what, got = f"{path}, line {line}", f"cells: {len(row)}"
            expected = f"{len(header)} ({', '.join(header)}); export the layer with a header"
            raise InputError(what, got=got, expected=expected)
        rows.append(row + [""] * (len(header) - len(row)))
    return Table(str(path), header, rows, [line for line, _ in lines[start:]])
