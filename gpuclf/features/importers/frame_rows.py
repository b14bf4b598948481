"""Read clips and frames from a CSV file with one row per frame.

The format of the file is described in `gpuclf.features.importers.pack`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from gpuclf._typing import AnyArray
from gpuclf.errors import InputError, did_you_mean
from gpuclf.features.importers.clip_files import ClipFile
from gpuclf.features.importers.csv_table import INTEGER, Row, find_column
from gpuclf.features.names import first_duplicate, normalized

# Column names that identify a clip, and so are no features. A column without a name, or pandas'
# ``Unnamed: 0``, contains row numbers, which identify it as well.
_IDENTIFYING = {"clip", "number", "id", "path", "label", "class"}


def find_columns(
    what: str, header: Sequence[str], clip: str, label: str | None
) -> tuple[dict[str, int], list[int]]:
    """Return the columns that describe a clip and the columns of the features.

    Parameters
    ----------
    what : str
        Description of the first line, for error messages.
    header : sequence of str
        Column names, as `gpuclf.features.importers.csv_table.read_rows` returns them.
    clip : str
        Column of the clip name.
    label : str or None
        Column of the class name; None if the classes are unknown.

    Returns
    -------
    roles : dict of str to int
        Index of the columns ``clip`` and, if present, ``label``, ``group`` and ``fold``.
    features : list of int
        Indices of all other columns.

    Raises
    ------
    InputError
        If a column is missing or occurs twice, there is no feature column, or a feature column
        identifies the clip.

    Examples
    --------
    >>> find_columns("line 1", ["low", "clip", "genre", "high"], "clip", "genre")
    ({'clip': 1, 'label': 2}, [0, 3])
    """
    duplicate = first_duplicate(header)
    if duplicate is not None:
        raise InputError(
            what, got=f"the column {duplicate!r} twice", expected="unique column names"
        )
    names = {"clip": clip, "label": label, "group": "group", "fold": "fold"}
    places = {
        role: find_column(what, header, name) for role, name in names.items() if name is not None
    }
    roles = {role: place for role, place in places.items() if place is not None}
    for role in ("clip", "label"):
        if role in places and role not in roles:
            got, expected = repr(names[role]), did_you_mean(str(names[role]), header)
            raise InputError(f"{what}, column", got=got, expected=expected)
    features = [index for index in range(len(header)) if index not in roles.values()]
    if not features:
        raise InputError(what, got="no feature columns", expected="one column per feature")
    for name in (header[index] for index in features):
        if not name.strip() or name.startswith("Unnamed:") or name.lower() in _IDENTIFYING:
            got = f"the column {name!r} among the features"
            expected = "only features: remove it, or pass it as --clip-column or --label-column"
            raise InputError(what, got=got, expected=expected)
    return roles, features


def find_clips(
    source: Path, rows: Iterable[Row], roles: Mapping[str, int]
) -> tuple[list[ClipFile], list[int]]:
    """Return the clips of the rows and the number of rows of each clip.

    Parameters
    ----------
    source : Path
        Path of the file.
    rows : iterable of Row
        Rows after the header.
    roles : mapping of str to int
        See `find_columns`.

    Raises
    ------
    InputError
        If there is no row, a cell is empty, or the rows of a clip are not consecutive or have
        different labels, groups or folds; the message names the line.
    """
    clips: dict[str, ClipFile] = {}
    lengths: list[int] = []
    last: dict[str, str] = {}
    for line, cells in rows:
        own = {role: normalized(cells[index]).strip() for role, index in roles.items()}
        if own != last:
            for role, cell in own.items():
                what = f"{source}, line {line}, {role}"
                if not cell:
                    raise InputError(what, got="an empty cell", expected="a value in every row")
                if role == "clip" and cell in clips and cell != last["clip"]:
                    expected = "the rows of a clip to be consecutive"
                    raise InputError(what, got=f"{cell!r} again", expected=expected)
                if last and own["clip"] == last["clip"] and cell != last[role]:
                    expected = f"{last[role]!r}, as in the previous row of the clip"
                    raise InputError(what, got=repr(cell), expected=expected)
                if role == "fold" and not INTEGER.fullmatch(cell):
                    raise InputError(what, got=repr(cell), expected="an integer")
            fold = int(own["fold"]) if "fold" in own else None
            name = own["clip"]
            clips[name] = ClipFile(source, name, own.get("label"), own.get("group"), fold)
            lengths.append(0)
            last = own
        lengths[-1] += 1
    if not clips:
        raise InputError(str(source), got="no row", expected="one row per frame")
    return list(clips.values()), lengths


def read_frames(
    source: Path, rows: Iterable[Row], header: Sequence[str], features: Sequence[int]
) -> AnyArray:
    """Return the frames of the rows of a clip.

    Parameters
    ----------
    source : Path
        Path of the file.
    rows : iterable of Row
        Rows of the clip.
    header : sequence of str
        Column names.
    features : sequence of int
        Indices of the feature columns.

    Returns
    -------
    float32 array, shape (T, n)

    Raises
    ------
    InputError
        If a cell is not a finite number; the message names the line and the column.
    """
    frames = []
    for line, cells in rows:
        numbers = _float32([cells[index] for index in features])
        if numbers is None:
            bad = next(index for index in features if _float32([cells[index]]) is None)
            what, got = f"{source}, line {line}, column {header[bad]!r}", repr(cells[bad])
            expected = (
                "a finite number in the range of float32: columns other than clip, label, "
                "group and fold are features"
            )
            raise InputError(what, got=got, expected=expected)
        frames.append(numbers)
    return np.array(frames, np.float32).reshape(-1, len(features))


def _float32(cells: list[str]) -> AnyArray | None:
    """Return cells as float32, or None if one is not a finite number."""
    try:
        with np.errstate(over="ignore"):
            numbers = np.array(list(map(float, cells))).astype(np.float32)
    except ValueError:
        return None
    return numbers if np.isfinite(numbers).all() else None
