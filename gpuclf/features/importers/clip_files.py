r"""Find the clips of a collection of files: one sub-folder per class, or a list in a CSV file.

Clips of a folder are sorted by label, then by path; clips of a list keep the order of its rows.

A list is a comma-separated file in UTF-8 with one row per clip and the column names in its first
line: ``path`` (relative to the folder) and ``label``; optionally ``id`` (unique), ``group``,
``fold`` (integer), and ``start`` and ``end`` in seconds, if a clip is a part of a file. Other names
are in `gpuclf.features.importers.column_names`, or given.

Names are in Unicode's normal form, so that two folders whose names look the same are one class.
Bytes of a name that are not UTF-8 are escaped (``caf\xe9``).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gpuclf.errors import InputError, one_of
from gpuclf.features.importers.column_roles import columns_by_role
from gpuclf.features.importers.csv_table import read_table
from gpuclf.features.importers.tree import visible_files
from gpuclf.features.names import (
    first_duplicate,
    name_of_file,
    normalized,
    numbered_duplicates,
)

LIST_ROLES = ("path", "id", "label", "group", "fold", "start", "end")


@dataclass(frozen=True)
class ClipFile:
    """A clip that is a file or a part of a file.

    Parameters
    ----------
    path : Path
        The file.
    id : str
        Unique name of the clip.
    label : str or None
        Class name; None if unknown.
    group : str or None
        Group; clips of one group are never split between training and test.
    fold : int or None
        Predefined fold.
    start, end : float or None
        Part of the file, in seconds; None for the start and the end of the file.
    """

    path: Path
    id: str
    label: str | None = None
    group: str | None = None
    fold: int | None = None
    start: float | None = None
    end: float | None = None


def find_clip_files(
    folder: str | os.PathLike[str],
    suffixes: Collection[str],
    *,
    is_clip: Callable[[Path], bool] | None = None,
    described: str | None = None,
) -> list[ClipFile]:
    """Return the clips of a folder with one sub-folder per class.

    Parameters
    ----------
    folder : path
        The folder. Hidden files and folders, and files in no sub-folder, are ignored; links to
        folders are followed.
    suffixes : collection of str
        File name extensions of clips, in lower case, such as ``.wav``.
    is_clip : callable, optional
        Function of the path of a file with another extension; returns True if it is a clip.
    described : str, optional
        Description of clips for messages; a list of the extensions by default.

    Returns
    -------
    list of ClipFile
        Sorted by label, then by path. The id is the path relative to the folder, with ``/``, and
        with a number if another clip has the same id in normal form.

    Raises
    ------
    InputError
        If there is no such folder, or no clip in it.

    Examples
    --------
    >>> for name in ("rock/b.wav", "rock/a.WAV", "rock/notes.txt", "blues/c.wav"):
    ...     Path(name).parent.mkdir(exist_ok=True)
    ...     Path(name).touch()
    >>> [(clip.label, clip.id) for clip in find_clip_files(".", {".wav"})]
    [('blues', 'blues/c.wav'), ('rock', 'rock/a.WAV'), ('rock', 'rock/b.wav')]
    """
    root = Path(folder)
    if not root.is_dir():
        got = "a file" if root.exists() else "no such folder"
        raise InputError(str(root), got=got, expected="a folder with one sub-folder per class")
    folders = sorted(path for path in root.iterdir() if path.is_dir() and _is_visible(path, root))
    labels = _labels(folders)
    files = [
        (labels[normalized(folder.name)], path)
        for folder in sorted(folders, key=lambda folder: labels[normalized(folder.name)])
        for path in files_below(folder, suffixes, is_clip)
    ]
    ids = numbered_duplicates(name_of_file(path.relative_to(root).as_posix()) for _, path in files)
    clips = [ClipFile(path, name, label) for (label, path), name in zip(files, ids, strict=True)]
    if not clips:
        described = described or f"files ending in {one_of(sorted(suffixes))}"
        expected = f"{described} in one sub-folder per class"
        raise InputError(str(root), got="no clip", expected=expected)
    return clips


def _labels(folders: Sequence[Path]) -> dict[str, str]:
    """Return a label for each folder name in normal form."""
    names = dict.fromkeys(normalized(folder.name) for folder in folders)
    return dict(zip(names, numbered_duplicates(map(name_of_file, names)), strict=True))


def files_below(
    folder: Path, suffixes: Collection[str], is_clip: Callable[[Path], bool] | None = None
) -> list[Path]:
    """Return the sorted clips in a folder and its sub-folders; see `visible_files`."""
    return [path for path in visible_files(folder) if _matches(path, folder, suffixes, is_clip)]


def stray_files(
    folder: str | os.PathLike[str],
    suffixes: Collection[str],
    is_clip: Callable[[Path], bool] | None = None,
) -> int:
    """Return the number of clips of a folder that are in no sub-folder and so have no class."""
    root = Path(folder)
    return sum(_matches(path, root, suffixes, is_clip) for path in root.iterdir())


def folders_without_clips(
    folder: str | os.PathLike[str], clips: Collection[ClipFile]
) -> list[Path]:
    """Return the sub-folders of a folder that contain files, but none of its clips."""
    root = Path(folder)
    used = {clip.path.relative_to(root).parts[0] for clip in clips}
    return [
        path
        for path in sorted(root.iterdir())
        if path.name not in used
        and path.is_dir()
        and _is_visible(path, root)
        and files_below(path, (), Path.is_file)
    ]


def list_clip_files(
    index: str,
    folder: str | os.PathLike[str],
    columns: Mapping[str, str | None] | None = None,
) -> list[ClipFile]:
    r"""Return the clips that a CSV file lists.

    Parameters
    ----------
    index : str
        The CSV file, with the columns ``path`` and ``label``; optionally ``id``, ``group``,
        ``fold``, ``start`` and ``end`` (seconds).
    folder : path
        Folder to which the paths are relative.
    columns : mapping of str to str or None, optional
        Names of the columns, by the names above, if they are others; a named one must exist.

    Returns
    -------
    list of ClipFile
        In the order of the rows. Without a column ``id``, the id is the path as listed; for a file
        that is listed more than once, followed by a colon and ``start``.

    Raises
    ------
    InputError
        If a column or a file is missing, an id is not unique, or ``end`` is not after ``start``;
        the message names the line or the id.

    Examples
    --------
    >>> Path("a.wav").touch()
    >>> index = Path("clips.csv")
    >>> _ = index.write_text("path,label,start,end\na.wav,rock,0,5\na.wav,rock,5,10\n")
    >>> [(clip.id, clip.start, clip.end) for clip in list_clip_files(str(index), ".")]
    [('a.wav:0', 0.0, 5.0), ('a.wav:5', 5.0, 10.0)]
    """
    table = read_table(index)
    names = columns_by_role(table, LIST_ROLES, columns, required=("path", "label"))
    paths, labels = table.texts(names["path"]), table.stripped(names["label"])
    if not paths:
        raise InputError(index, got="no row", expected="one row per clip")
    missing: list[None] = [None] * len(paths)
    groups = table.stripped(names["group"]) if "group" in names else missing
    folds = table.numbers(names["fold"]) if "fold" in names else missing
    starts = table.decimals(names["start"]) if "start" in names else missing
    ends = table.decimals(names["end"]) if "end" in names else missing
    ids = table.stripped(names["id"]) if "id" in names else _ids(paths, starts)
    files = [_existing(Path(folder), name) for name in paths]
    for line, name, file in zip(table.lines, paths, files, strict=True):
        if file is None:
            got = f"no file {name!r} in {folder}"
            raise InputError(f"{index}, line {line}", got=got, expected="an existing file")
    for line, start, end in zip(table.lines, starts, ends, strict=True):
        if (start or 0) < 0 or (end is not None and end <= (start or 0)):
            got = f"start {start}, end {end}"
            raise InputError(f"{index}, line {line}", got=got, expected="0 <= start < end")
    duplicate = first_duplicate(ids)
    if duplicate is not None:
        raise InputError(index, got=f"clip {duplicate!r} twice", expected="unique ids")
    return [
        ClipFile(file, *rest)
        for file, *rest in zip(files, ids, labels, groups, folds, starts, ends, strict=True)
        if file is not None
    ]


def unlisted_files(
    clips: Sequence[ClipFile],
    folder: str | os.PathLike[str],
    suffixes: Collection[str],
    is_clip: Callable[[Path], bool] | None = None,
) -> int:
    """Return the number of files below a folder that could be clips, but are the file of none."""
    listed = {os.path.realpath(clip.path) for clip in clips}
    files = files_below(Path(folder), suffixes, is_clip)
    return sum(os.path.realpath(path) not in listed for path in files)


def _ids(paths: Sequence[str], starts: Sequence[float | None]) -> list[str]:
    counts = Counter(paths)
    return [
        path.strip() if counts[path] == 1 or start is None else f"{path.strip()}:{start:g}"
        for path, start in zip(paths, starts, strict=True)
    ]


def _existing(folder: Path, name: str) -> Path | None:
    """Return the file of a listed name, or None; its name on disk may have another form."""
    for listed in (Path(name), Path(name.strip())):
        file = folder / listed.anchor
        for part in listed.parts[bool(listed.anchor) :]:
            file = _entry(file, part)
        if file.is_file():
            return file
    return None


def _entry(folder: Path, name: str) -> Path:
    """Return the entry of a folder with exactly this name or, without one, in another form."""
    if not (folder / name).exists() and folder.is_dir():
        for path in folder.iterdir():
            if name_of_file(path.name) == normalized(name):
                return path
    return folder / name


def _matches(
    path: Path,
    below: Path,
    suffixes: Collection[str],
    is_clip: Callable[[Path], bool] | None,
) -> bool:
    lost = path.is_symlink() and not path.exists()  # a link to a missing clip is to be reported
    if not (lost or path.is_file()) or not _is_visible(path, below):
        return False
    return path.suffix.lower() in suffixes or (is_clip is not None and is_clip(path))


def _is_visible(path: Path, below: Path) -> bool:
    return not any(part.startswith(".") for part in path.relative_to(below).parts)
