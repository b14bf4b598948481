"""Files that are clips: in a folder with one sub-folder per class, or listed in a CSV file.

Clips of a folder are in the order of their labels, then of their paths; those of a list in the
order of its rows.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from gpuclf.errors import InputError, one_of
from gpuclf.features.importers.csv_table import read_table
from gpuclf.features.names import first_duplicate


@dataclass(frozen=True)
class ClipFile:
    """A file, or a part of one, that is a clip.

    Parameters
    ----------
    path : Path
        The file.
    id : str
        The clip's name, different for each.
    label : str or None
        Its class's name, if known.
    group : str or None
        Clips of one group are never split between training and test.
    fold : int or None
        Predefined fold.
    start, end : float or None
        The part of the file that is the clip, in seconds; None for the start and end of the file.
    """

    path: Path
    id: str
    label: str | None = None
    group: str | None = None
    fold: int | None = None
    start: float | None = None
    end: float | None = None


def find_clip_files(folder: str | os.PathLike[str], suffixes: Collection[str]) -> list[ClipFile]:
    """Find the clips of a folder whose sub-folders are the classes.

    Parameters
    ----------
    folder : path
        Hidden files and folders are skipped, and so are files in no sub-folder.
    suffixes : collection of str
        File name endings of clips, in lower case, such as ``.wav``.

    Returns
    -------
    list of ClipFile
        An id is the path below the folder, with ``/``.

    Raises
    ------
    InputError
        If there is no such folder, or nothing in it.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> for name in ("rock/b.wav", "rock/a.WAV", "rock/notes.txt", "blues/c.wav"):
    ...     Path(folder.name, name).parent.mkdir(exist_ok=True)
    ...     Path(folder.name, name).touch()
    >>> [(clip.label, clip.id) for clip in find_clip_files(folder.name, {".wav"})]
    [('blues', 'blues/c.wav'), ('rock', 'rock/a.WAV'), ('rock', 'rock/b.wav')]
    >>> folder.cleanup()
    """
    root = Path(folder)
    if not root.is_dir():
        got = "a file" if root.exists() else "no such folder"
        raise InputError(str(root), got=got, expected="a folder with a sub-folder for each class")
    labels = sorted(path for path in root.iterdir() if path.is_dir() and _is_visible(path, root))
    clips = [
        ClipFile(path, _utf8(path.relative_to(root).as_posix()), _utf8(label.name))
        for label in labels
        for path in files_below(label, suffixes)
    ]
    if not clips:
        expected = f"files ending in {one_of(sorted(suffixes))} in a sub-folder for each class"
        raise InputError(str(root), got="no clip", expected=expected)
    return clips


def files_below(folder: Path, suffixes: Collection[str]) -> list[Path]:
    """List the files in a folder and its sub-folders, sorted; hidden ones are skipped."""
    return [path for path in sorted(folder.rglob("*")) if _matches(path, folder, suffixes)]


def stray_files(folder: str | os.PathLike[str], suffixes: Collection[str]) -> int:
    """Count the files of a folder that are in no sub-folder, and so have no class."""
    root = Path(folder)
    return sum(_matches(path, root, suffixes) for path in root.iterdir())


def list_clip_files(index: str, folder: str | os.PathLike[str]) -> list[ClipFile]:
    r"""Read the clips that a CSV file lists.

    Parameters
    ----------
    index : str
        The CSV file, with the columns ``path`` and ``label``; optionally ``id``, ``group``,
        ``fold``, ``start`` and ``end``, in seconds.
    folder : path
        The folder to which its paths are relative.

    Returns
    -------
    list of ClipFile
        Without a column ``id``, an id is the path as listed, and a colon and ``start`` where a file
        is listed more than once.

    Raises
    ------
    InputError
        If a column or a file is missing, an id occurs twice, or a part ends before it starts; the
        message names it.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> Path(folder.name, "a.wav").touch()
    >>> index = Path(folder.name, "clips.csv")
    >>> _ = index.write_text("path,label,start,end\na.wav,rock,0,5\na.wav,rock,5,10\n")
    >>> [(clip.id, clip.start, clip.end) for clip in list_clip_files(str(index), folder.name)]
    [('a.wav:0', 0.0, 5.0), ('a.wav:5', 5.0, 10.0)]
    >>> folder.cleanup()
    """
    table = read_table(index)
    paths, labels = table.texts("path"), table.stripped("label")
    if not paths:
        raise InputError(index, got="no row", expected="one for each clip")
    nothing: list[None] = [None] * len(paths)
    groups = table.stripped("group") if "group" in table.header else nothing
    folds = table.numbers("fold") if "fold" in table.header else nothing
    starts = table.decimals("start") if "start" in table.header else nothing
    ends = table.decimals("end") if "end" in table.header else nothing
    ids = table.texts("id") if "id" in table.header else _ids(paths, starts)
    for line, name in zip(table.lines, paths, strict=True):
        if not Path(folder, name).is_file():
            got = f"no file {name!r} in {folder}"
            raise InputError(f"{index}, line {line}", got=got, expected="one that is there")
    for line, start, end in zip(table.lines, starts, ends, strict=True):
        if (start or 0) < 0 or (end is not None and end <= (start or 0)):
            got = f"start {start}, end {end}"
            raise InputError(f"{index}, line {line}", got=got, expected="0 <= start < end")
    duplicate = first_duplicate(ids)
    if duplicate is not None:
        raise InputError(index, got=f"clip {duplicate!r} twice", expected="each once")
    return [
        ClipFile(Path(folder, path), *rest)
        for path, *rest in zip(paths, ids, labels, groups, folds, starts, ends, strict=True)
    ]


def _ids(paths: Sequence[str], starts: Sequence[float | None]) -> list[str]:
    times = Counter(paths)
    return [
        path if times[path] == 1 or start is None else f"{path}:{start:g}"
        for path, start in zip(paths, starts, strict=True)
    ]


def _utf8(name: str) -> str:
    """Replace bytes of a file's name that are not UTF-8, as in old collections."""
    return os.fsencode(name).decode("utf-8", "replace")


def _matches(path: Path, below: Path, suffixes: Collection[str]) -> bool:
    return path.suffix.lower() in suffixes and path.is_file() and _is_visible(path, below)


def _is_visible(path: Path, below: Path) -> bool:
    return not any(part.startswith(".") for part in path.relative_to(below).parts)
