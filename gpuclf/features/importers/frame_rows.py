"""Find the clips of a table with one row per frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from gpuclf.errors import InputError
from gpuclf.features.importers.clip_files import ClipFile
from gpuclf.features.importers.csv_table import INTEGER
from gpuclf.features.importers.frame_table import FrameTable
from gpuclf.features.importers.table_columns import TableColumns
from gpuclf.features.names import normalized


def find_clips(table: FrameTable, columns: TableColumns) -> tuple[list[ClipFile], list[int]]:
    """Return the clips of a table and the number of rows of each clip.

    Parameters
    ----------
    table : FrameTable
        Its rows of a clip are consecutive and in temporal order.
    columns : TableColumns
        Without a column of the clip, each row is a clip, named by its number from 0.

    Raises
    ------
    InputError
        If there is no row, a cell is empty, or the rows of a clip are not consecutive, not in the
        order of the first time column, or have different labels, groups or folds; the message names
        the row.
    """
    parts = columns.cells
    read = [*(part.column for part in parts.values()), *columns.times[:1]]
    clips: dict[str, ClipFile] = {}
    lengths: list[int] = []
    last: dict[str, str] = {}
    last_time: float | None = None
    for number, texts in table.cells(read):

        def place(role: str, number: int = number) -> str:
            return f"{table.place(number)}, {role}"

        own = {
            role: part.of(normalized(text or "").strip(), place(role))
            for (role, part), text in zip(parts.items(), texts, strict=False)
        }
        own.setdefault("clip", str(len(lengths)))
        time = _seconds(texts[-1]) if columns.times else None
        if own != last:
            _check(own, last, clips, place)
            fold = int(own["fold"]) if "fold" in own else None
            name = own["clip"]
            clips[name] = ClipFile(Path(table.path), name, own.get("label"), own.get("group"), fold)
            lengths.append(0)
            last = own
        elif time is not None and last_time is not None and time < last_time:
            got, expected = f"{time:g} after {last_time:g}", "the rows of a clip in temporal order"
            raise InputError(place("time"), got=got, expected=expected)
        last_time = time
        lengths[-1] += 1
    if not clips:
        raise InputError(table.path, got="no row", expected="one row per frame")
    return list(clips.values()), lengths


def _check(
    own: Mapping[str, str],
    last: Mapping[str, str],
    clips: Mapping[str, ClipFile],
    place: Callable[[str], str],
) -> None:
    """Check the cells of a row that differ from those of the previous row."""
    for role, cell in own.items():
        if not cell:
            raise InputError(place(role), got="an empty cell", expected="a value in every row")
        if role == "fold" and not INTEGER.fullmatch(cell):
            raise InputError(place(role), got=repr(cell), expected="an integer")
        if last and own["clip"] == last["clip"] and cell != last[role]:
            expected = f"{last[role]!r}, as in the previous row of the clip"
            raise InputError(place(role), got=repr(cell), expected=expected)
    if own["clip"] in clips:
        got, expected = f"{own['clip']!r} again", "the rows of a clip to be consecutive"
        raise InputError(place("clip"), got=got, expected=expected)


def _seconds(text: str | None) -> float | None:
    """Return a time as a number, or None if it has another form."""
    try:
        return float(text or "")
    except ValueError:
        return None
