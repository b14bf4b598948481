"""Files below a folder."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from pathlib import Path

from gpuclf._utils.system_errors import system_reason


def visible_files(folder: Path) -> list[Path]:
    """Return the sorted files in a folder and its sub-folders, except hidden ones.

    Links to folders are followed, except to a folder on the path to the link, which would lead back
    to it. Links to nothing are files. A warning names a folder that cannot be read.

    Examples
    --------
    >>> for name in ("b/c.wav", ".cache/d.wav", "a.wav"):
    ...     Path(name).parent.mkdir(exist_ok=True)
    ...     Path(name).touch()
    >>> Path("b/back").symlink_to("..")
    >>> [path.as_posix() for path in visible_files(Path())]
    ['a.wav', 'b/c.wav']
    """
    return sorted(_walk(folder, []))


def _walk(folder: Path, above: list[Path]) -> Iterator[Path]:
    """Yield the files of a folder; ``above`` are the real paths of the folders that led to it."""
    try:
        paths = [path for path in folder.iterdir() if not path.name.startswith(".")]
    except OSError as error:
        warnings.warn(f"{folder}: folder skipped, {system_reason(error)} to read it", stacklevel=2)
        return
    above = [*above, Path(os.path.realpath(folder))]
    for path in paths:
        if not path.is_dir():
            yield path
        elif not any(each.is_relative_to(os.path.realpath(path)) for each in above):
            yield from _walk(path, above)
