"""Atomic output files.

A file is written under a temporary name in its folder and renamed when it is complete, so that an
interrupted run leaves neither a partial file nor a damaged old one.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gpuclf._utils.system_errors import system_reason
from gpuclf.errors import OutputError

DRAFT = ".partial"


def check_output(
    path: str | os.PathLike[str], inputs: Iterable[str | os.PathLike[str] | None] = ()
) -> None:
    """Check that a file can be written, before the computation starts.

    Parameters
    ----------
    path : path
        Output file; an existing file will be replaced.
    inputs : iterable of paths
        Input files, which must not be replaced.

    Raises
    ------
    OutputError
        If the path is a folder, a device, a pipe, write-protected or one of the inputs, or if its
        folder is missing or not writable.

    Examples
    --------
    >>> check_output("no/such/folder/result.json")
    Traceback (most recent call last):
    gpuclf.errors.OutputError: no/such/folder/result.json: got a folder that does not exist, ...
    """
    target = _resolved(path)
    try:
        if target.exists():
            _check_replaceable(target, str(path), inputs)
        elif not target.parent.is_dir():
            got = "a folder that does not exist"
            raise OutputError(str(path), got=got, expected="an existing folder")
        _make_draft(target).unlink()
    except OSError as error:
        expected = f"write permission in {target.parent}"
        raise OutputError(str(path), got=system_reason(error), expected=expected) from error


def check_distinct(paths: Iterable[str | os.PathLike[str]]) -> None:
    """Check that no two output files are the same.

    Raises
    ------
    OutputError
        If two paths are the same file; the message names the second.

    Examples
    --------
    >>> check_distinct(["a.json", "b.html", "./a.json"])
    Traceback (most recent call last):
    gpuclf.errors.OutputError: ./a.json: got the path of another output, expected a different path
    """
    seen: set[Path] = set()
    for path in paths:
        target = _resolved(path)
        if target in seen:
            got = "the path of another output"
            raise OutputError(str(path), got=got, expected="a different path")
        seen.add(target)


def make_folder(path: str | os.PathLike[str]) -> Path:
    """Create a folder and its parents if they do not exist.

    Raises
    ------
    OutputError
        If the folder cannot be created.
    """
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            str(path), got=system_reason(error), expected="a writable folder"
        ) from error
    return Path(path)


@contextmanager
def replacing(
    path: str | os.PathLike[str], nbytes: int = 0, *, durable: bool = True
) -> Iterator[Path]:
    """Yield a temporary file that replaces ``path`` if the block ends without an error.

    Parameters
    ----------
    path : path
        Output file.
    nbytes : int
        Required free disk space in bytes, for libraries that do not report a full disk.
    durable : bool
        Whether to flush the file to the disk (fsync).

    Yields
    ------
    Path
        Empty file in the same folder, to be written instead of ``path``.

    Examples
    --------
    >>> with replacing(Path("note.txt")) as draft:
    ...     _ = draft.write_text("complete")
    >>> [file.name for file in Path().iterdir()]
    ['note.txt']
    """
    check_output(path)
    target = _resolved(path)
    free = shutil.disk_usage(target.parent).free
    if nbytes > free:
        got, expected = f"{free:,} bytes of free disk space", f"{nbytes:,} bytes"
        raise OutputError(str(path), got=got, expected=expected)
    draft = _make_draft(target)
    try:
        yield draft
        if durable:
            with draft.open("r+b") as complete:  # Windows does not flush a file open for reading
                os.fsync(complete.fileno())
        draft.chmod(0o666 & ~_umask())
        draft.replace(target)
    except OSError as error:
        expected = "a writable file"
        raise OutputError(str(path), got=system_reason(error), expected=expected) from error
    finally:
        draft.unlink(missing_ok=True)


def remove_drafts(path: str | os.PathLike[str]) -> None:
    """Delete the temporary files of killed processes; no other process may be writing the file.

    Parameters
    ----------
    path : path
        Output file.

    Examples
    --------
    >>> Path(".note.txt.x1y2z3.partial").touch()
    >>> remove_drafts(Path("note.txt"))
    >>> list(Path().iterdir())
    []
    """
    target = _resolved(path)
    prefix = f".{target.name}."
    for draft in target.parent.iterdir():
        middle = draft.name.removeprefix(prefix).removesuffix(DRAFT)
        if draft.name == f"{prefix}{middle}{DRAFT}" and "." not in middle:
            draft.unlink(missing_ok=True)


def write_json(path: str | os.PathLike[str], content: dict[str, Any]) -> None:
    """Write a JSON object atomically; NaN and infinity raise ValueError."""
    with replacing(path) as draft:
        draft.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def _resolved(path: str | os.PathLike[str]) -> Path:
    """Return the file that a path links to; raise if it is a device or a stream."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 (resolve() would follow /dev/stdout)
    if absolute.parts[1:2] in (("dev",), ("proc",)):
        raise OutputError(str(path), got="a device or a stream", expected="the path of a file")
    if os.fspath(path) == "-":
        raise OutputError(
            "-", got="standard output", expected="the path of a file; ./- for a file named -"
        )
    return Path(os.path.realpath(path))


def _check_replaceable(
    target: Path, name: str, inputs: Iterable[str | os.PathLike[str] | None]
) -> None:
    if target.is_dir():
        raise OutputError(name, got="a folder", expected="the path of a file to write")
    if not target.is_file():
        raise OutputError(name, got="a device or a stream", expected="the path of a file")
    if not target.stat().st_mode & 0o222:  # respected even where root could write
        raise OutputError(name, got="a read-only file", expected="a writable file")
    if any(target.samefile(file) for file in inputs if file is not None and Path(file).exists()):
        raise OutputError(name, got="the path of an input", expected="a different path")


def _make_draft(path: Path) -> Path:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=DRAFT, dir=path.parent)
    os.close(handle)
    return Path(name)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
