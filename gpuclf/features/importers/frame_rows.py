"""A CSV file with a row for each frame: its columns, its clips, and their frames.

Rows are pairs of the line on which a row ends and its cells.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from gpuclf._typing import AnyArray
from gpuclf.errors import InputError, did_you_mean
from gpuclf.features.importers.clip_files import ClipFile
from gpuclf.features.importers.csv_table import WHOLE_NUMBER, Row

# Columns that would give a clip away if they were features; and so does one without a name, or what
# pandas makes of it, which holds the numbers of the rows.
_TELLTALES = {"clip", "number", "id", "path", "label", "class"}


def find_columns(
    what: str, header: Sequence[str], clip: str, label: str | None
) -> tuple[dict[str, int], list[int]]:
    """Find the columns of what a row says of its clip, and of its features.

    Parameters
    ----------
    what : str
        The first line, for messages.
    header : sequence of str
        Names of the columns.
    clip : str
        The column of the clip's name.
    label : str or None
        The column of its class's name; None if the classes are not known.

    Returns
    -------
    about : dict of str to int
        Places of the columns ``clip`` and, if they are there, ``label``, ``group`` and ``fold``.
    places : list of int
        Places of the features, all other columns.

    Raises
    ------
    InputError
        If a column is missing or stands twice, there is no feature, or one that tells a clip.

    Examples
    --------
    >>> find_columns("line 1", ["low", "clip", "genre", "high"], "clip", "genre")
    ({'clip': 1, 'label': 2}, [0, 3])
    """
    doubled = [name for name, times in Counter(header).items() if times > 1]
    if doubled:
        raise InputError(what, got=f"the column {doubled[0]!r} twice", expected="it once")
    for name in (clip, label):
        if name is not None and name not in header:
            raise InputError(f"{what}, column", got=repr(name), expected=did_you_mean(name, header))
    names = {"clip": clip, "label": label, "group": "group", "fold": "fold"}
    about = {role: header.index(name) for role, name in names.items() if name in header}
    places = [place for place in range(len(header)) if place not in about.values()]
    if not places:
        raise InputError(what, got="no other columns", expected="features, a column for each")
    for name in (header[place] for place in places):
        if not name.strip() or name.startswith("Unnamed:") or name.lower() in _TELLTALES:
            got = f"the column {name!r} among the features"
            raise InputError(what, got=got, expected="it left out: it tells a clip")
    return about, places


def find_clips(
    source: Path, rows: Iterable[Row], about: Mapping[str, int]
) -> tuple[list[ClipFile], list[int]]:
    """Find the clips of rows, and the number of rows that each has.

    Parameters
    ----------
    source : Path
        The file.
    rows : iterable of Row
        Those after the header.
    about : mapping of str to int
        As `find_columns` gives it.

    Returns
    -------
    clips : list of ClipFile
    lengths : list of int

    Raises
    ------
    InputError
        If there is no row, or the rows of a clip are parted or do not agree; the message names the
        line.
    """
    clips: dict[str, ClipFile] = {}
    lengths: list[int] = []
    last: dict[str, str] = {}
    for line, cells in rows:
        own = {role: cells[place].strip() for role, place in about.items()}
        if own != last:
            for role, cell in own.items():
                what = f"{source}, line {line}, {role}"
                if not cell:
                    raise InputError(what, got="an empty cell", expected="a value in each row")
                if role == "clip" and cell in clips and cell != last["clip"]:
                    expected = "its rows to follow one another"
                    raise InputError(what, got=f"{cell!r} again", expected=expected)
                if last and own["clip"] == last["clip"] and cell != last[role]:
                    expected = f"{last[role]!r}, as in the clip's row before"
                    raise InputError(what, got=repr(cell), expected=expected)
                if role == "fold" and not WHOLE_NUMBER.fullmatch(cell):
                    raise InputError(what, got=repr(cell), expected="a whole number")
            fold = int(own["fold"]) if "fold" in own else None
            clips[own["clip"]] = ClipFile(
                source, own["clip"], own.get("label"), own.get("group"), fold
            )
            lengths.append(0)
            last = own
        lengths[-1] += 1
    if not clips:
        raise InputError(str(source), got="no row", expected="one for each frame")
    return list(clips.values()), lengths


def read_frames(
    source: Path,
    rows: Iterable[Row],
    header: Sequence[str],
    places: Sequence[int],
) -> AnyArray:
    """Read the frames of a clip.

    Parameters
    ----------
    source : Path
        The file.
    rows : iterable of Row
        The clip's.
    header : sequence of str
        Names of the columns.
    places : sequence of int
        Which are features.

    Returns
    -------
    float32 array, shape (T, n)

    Raises
    ------
    InputError
        If a cell is no number that is finite; the message names its line and column.
    """
    frames = []
    for line, cells in rows:
        numbers = _float32([cells[place] for place in places])
        if numbers is None:
            bad = next(place for place in places if _float32([cells[place]]) is None)
            what, got = f"{source}, line {line}, column {header[bad]!r}", repr(cells[bad])
            raise InputError(what, got=got, expected="a number that is finite as float32")
        frames.append(numbers)
    return np.array(frames, np.float32).reshape(-1, len(places))


def _float32(cells: list[str]) -> AnyArray | None:
    """Read numbers; None if one of them is none, or not finite."""
    try:
        with np.errstate(over="ignore"):
            numbers = np.array(list(map(float, cells))).astype(np.float32)
    except ValueError:
        return None
    return numbers if np.isfinite(numbers).all() else None
