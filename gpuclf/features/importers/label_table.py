"""Labels, groups and folds of clips from a CSV file with one row per clip.

If the file has a column of the clip and the source names its clips, rows are matched by name, or by
the last component of a path. Otherwise, rows are in the order of the clips.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from gpuclf.errors import InputError, listed
from gpuclf.features.importers.clip_files import ClipFile
from gpuclf.features.importers.column_names import USUAL_NAMES
from gpuclf.features.importers.csv_table import INTEGER, Table, read_table
from gpuclf.features.importers.pack_content import PackContent
from gpuclf.features.importers.table_columns import Column, ColumnChoice, assign_columns
from gpuclf.features.names import first_duplicate, normalized


def label_clips(content: PackContent, path: str, choice: ColumnChoice) -> PackContent:
    r"""Return the content with the labels, groups and folds of a CSV file.

    Parameters
    ----------
    content : PackContent
    path : str
        The CSV file.
    choice : ColumnChoice
        Columns of the file; groups and folds of the source are kept if the file has none.

    Raises
    ------
    InputError
        If a column is missing, the number of rows differs, or a clip has no row.

    Examples
    --------
    >>> from pathlib import Path
    >>> _ = Path("labels.csv").write_text("file,label\nb.wav,rock\na.wav,jazz\n")
    >>> clips = [ClipFile(Path("x.npz"), name) for name in ("in/a.wav", "in/b.wav")]
    >>> content = PackContent(clips, [], {}, 0)
    >>> content = label_clips(content, "labels.csv", ColumnChoice())
    >>> [clip.label for clip in content.clips]
    ['jazz', 'rock']
    """
    table, named = read_table(path), content.named
    first = Column("features", "number", 1)  # a list of labels has no features
    columns = [*(Column(name, "text") for name in table.header), first]
    cells = assign_columns(f"{path}, line 1", columns, _own_choice(choice, table, named)).cells
    rows = [
        {
            role: cell.of(normalized(row[cell.column]).strip(), f"{path}, line {line}, {role}")
            for role, cell in cells.items()
        }
        for line, row in zip(table.lines, table.rows, strict=True)
    ]
    for number, cells_of_row in zip(table.lines, rows, strict=True):
        _check_row(f"{path}, line {number}", cells_of_row)
    clips = content.clips
    if named and "clip" in cells:
        order = _match(path, [row["clip"] for row in rows], [clip.id for clip in clips])
        unused, how = len(rows) - len(order), f"by {table.header[cells['clip'].column]}"
        rows = [rows[number] for number in order]
    else:
        if len(rows) != len(clips):
            expected = f"{len(clips)}, one per clip"
            raise InputError(path, got=f"{len(rows)} rows", expected=expected)
        unused, how = 0, "in the order of the rows"
    labelled = [_labelled(clip, row, named) for clip, row in zip(clips, rows, strict=True)]
    roles = {role: table.header[cell.column] for role, cell in cells.items()}
    used = listed(f"{role}: {column}" for role, column in roles.items())
    lines = [f"labels: {path}, {how} ({used})", *content.summary]
    lines += [f"not used: {unused} rows of {path}"] * bool(unused)
    return replace(content, clips=labelled, summary=lines)


def _own_choice(choice: ColumnChoice, table: Table, named: bool) -> ColumnChoice:
    """Return the choice of columns for a table of labels.

    The column of the clip may be that of the source, and is optional.
    """
    elsewhere = choice.clip is not None and named and choice.clip.split(":")[0] not in table
    clip = None if elsewhere else choice.clip
    has_clip = clip is not None or any(name in table for name in USUAL_NAMES["clip"])
    return ColumnChoice(
        clip=clip,
        label=choice.label,
        group=choice.group,
        fold=choice.fold,
        row_per_clip=not has_clip,
    )


def _check_row(what: str, row: Mapping[str, str]) -> None:
    for role, cell in row.items():
        if not cell:
            raise InputError(f"{what}, {role}", got="an empty cell", expected="a value")
        if role == "fold" and not INTEGER.fullmatch(cell):
            raise InputError(f"{what}, fold", got=repr(cell), expected="an integer")


def _match(path: str, names: Sequence[str], ids: Sequence[str]) -> list[int]:
    """Return the row of each clip, by name or else by the last component of the path."""
    duplicate = first_duplicate(names)
    if duplicate is not None:
        raise InputError(path, got=f"clip {duplicate!r} twice", expected="one row per clip")
    rows = {name: number for number, name in enumerate(names)}
    if not rows.keys() >= set(ids):
        short, own = ([_last(name) for name in each] for each in (names, ids))
        if first_duplicate(short) is None and first_duplicate(own) is None:
            rows, ids = {name: number for number, name in enumerate(short)}, own
    missing = [name for name in ids if name not in rows]
    if missing:
        got = f"no row for clip {missing[0]!r}"
        got += f" and {len(missing) - 1} more" * (len(missing) > 1)
        raise InputError(path, got=got, expected=f"one for each clip, as for {names[0]!r}")
    return [rows[name] for name in ids]


def _last(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).name


def _labelled(clip: ClipFile, row: Mapping[str, str], named: bool) -> ClipFile:
    return replace(
        clip,
        id=clip.id if named else row.get("clip", clip.id),
        label=row["label"],
        group=row.get("group", clip.group),
        fold=int(row["fold"]) if "fold" in row else clip.fold,
    )
