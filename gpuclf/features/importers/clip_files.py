"""Files of which each is a clip: in a folder with a sub-folder a class, or listed in a CSV file.

Clips are in the order of their labels, then of their paths; those of a list in the order of its
rows.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from gpuclf.errors import InputError, one_of
from gpuclf.features.importers.csv_table import read_table


@dataclass(frozen=True)
class ClipFile:
    """A file, or a part of one, that is a clip.

    Parameters
    ----------
    path : Path
        The file.
    id : str
        The clip's name, another one for each.
    label : str or None
        Its class's name, if it is known.
    group : str or None
        What must never stand on both sides of a split.
    fold : int or None
        Predefined fold.
    start, end : float or None
        The part of the file that the clip is, in seconds; None for its first and last moment.
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
        What is hidden is passed over, files and folders, and so are files beside the sub-folders.
    suffixes : collection of str
        Endings of the files that are looked for, in lower case, such as ``.wav``.

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
    found = [
        ClipFile(path, _text(path.relative_to(root).as_posix()), _text(label.name))
        for label in sorted(path for path in root.iterdir() if path.is_dir() and _shown(path, root))
        for path in files_below(label, suffixes)
    ]
    if not found:
        expected = f"files ending in {one_of(sorted(suffixes))} in a sub-folder for each class"
        raise InputError(str(root), got="no clip", expected=expected)
    return found


def files_below(folder: Path, suffixes: Collection[str]) -> list[Path]:
    """Find the files in a folder and in those within it; what is hidden is passed over.

    Parameters
    ----------
    folder : Path
    suffixes : collection of str
        As of `find_clip_files`.

    Returns
    -------
    list of Path
        Sorted.
    """
    return [path for path in sorted(folder.rglob("*")) if _wanted(path, folder, suffixes)]


def stray_files(folder: str | os.PathLike[str], suffixes: Collection[str]) -> int:
    """Count the files that stand beside the sub-folders of the classes, and so are in none.

    Parameters
    ----------
    folder, suffixes
        As of `find_clip_files`.

    Returns
    -------
    int
    """
    root = Path(folder)
    return sum(_wanted(path, root, suffixes) for path in root.iterdir())


def list_clip_files(index: str, folder: str | os.PathLike[str]) -> list[ClipFile]:
    r"""Read the clips that a CSV file lists.

    Parameters
    ----------
    index : str
        The CSV file, with the columns ``path`` and ``label``; and, if it has them, ``id``,
        ``group``, ``fold``, ``start`` and ``end``, in seconds.
    folder : path
        Where its paths begin.

    Returns
    -------
    list of ClipFile
        An id is the path as it is listed, unless there is a column for it; with ``start`` after a
        colon where a file is listed more than once.

    Raises
    ------
    InputError
        If a column is missing, a file is not there, an id stands twice, or a part ends before it
        starts; the message names it.

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
    has = set(table.header)
    paths, labels = table.texts("path"), [text.strip() for text in table.texts("label")]
    count = len(paths)
    if not count:
        raise InputError(index, got="no row", expected="one for each clip")
    nothing: list[None] = [None] * count
    groups = [text.strip() for text in table.texts("group")] if "group" in has else nothing
    folds = table.numbers("fold") if "fold" in has else nothing
    starts = table.decimals("start") if "start" in has else nothing
    ends = table.decimals("end") if "end" in has else nothing
    ids = table.texts("id") if "id" in has else _ids(paths, starts)
    for line, name in zip(table.lines, paths, strict=True):
        if not Path(folder, name).is_file():
            what = f"{index}, line {line}"
            raise InputError(
                what, got=f"no file {name!r} in {folder}", expected="one that is there"
            )
    for line, start, end in zip(table.lines, starts, ends, strict=True):
        if (start or 0) < 0 or (end is not None and end <= (start or 0)):
            got = f"start {start}, end {end}"
            raise InputError(f"{index}, line {line}", got=got, expected="0 <= start < end")
    doubled = [name for name, times in Counter(ids).items() if times > 1]
    if doubled:
        raise InputError(index, got=f"clip {doubled[0]!r} twice", expected="each once")
    return [
        ClipFile(Path(folder, path), *rest)
        for path, *rest in zip(paths, ids, labels, groups, folds, starts, ends, strict=True)
    ]


def _ids(paths: list[str], starts: list[float] | list[None]) -> list[str]:
    times = Counter(paths)
    return [
        path if times[path] == 1 or start is None else f"{path}:{start:g}"
        for path, start in zip(paths, starts, strict=True)
    ]


def _text(name: str) -> str:
    """Make a file's name text: bytes that are no UTF-8, as of old collections, become a sign."""
    return os.fsencode(name).decode("utf-8", "replace")


def _wanted(path: Path, below: Path, suffixes: Collection[str]) -> bool:
    return path.suffix.lower() in suffixes and path.is_file() and _shown(path, below)


def _shown(path: Path, below: Path) -> bool:
    """Say whether neither a file nor a folder on the way to it is hidden."""
    return not any(part.startswith(".") for part in path.relative_to(below).parts)
