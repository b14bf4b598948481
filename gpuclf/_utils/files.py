"""Output files that are either whole or not there.

A file is written under a temporary name beside its place and renamed when it is complete, so that
an interrupted run leaves neither half a file nor a damaged old one.
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

from gpuclf.errors import OutputError, first_line

DRAFT = ".partial"


def check_output(
    path: str | os.PathLike[str], inputs: Iterable[str | os.PathLike[str] | None] = ()
) -> None:
    """Make sure that a file can be written, before any work is done for it.

    Parameters
    ----------
    path : path
        Where the file is to be written; an existing file will be replaced.
    inputs : paths
        Files that will be read, and must not be replaced.

    Raises
    ------
    OutputError
        If the place is a folder, a device, a pipe, write-protected or one of the inputs, or its
        folder is missing or not writable.

    Examples
    --------
    >>> check_output("no/such/folder/result.json")
    Traceback (most recent call last):
    gpuclf.errors.OutputError: no/such/folder/result.json: got a folder that does not exist, ...
    """
    place = _followed(path)
    try:
        if place.exists():
            _check_replaceable(place, str(path), inputs)
        elif not place.parent.is_dir():
            got, expected = "a folder that does not exist", f"{Path(path).parent} to be there"
            raise OutputError(str(path), got=got, expected=expected)
        _temporary(place).unlink()
    except OSError as error:
        raise OutputError(
            str(path), got=error.strerror, expected=f"to be able to write in {place.parent}"
        ) from error


def check_distinct(paths: Iterable[str | os.PathLike[str]]) -> None:
    """Make sure that no two files that will be written are the same.

    Raises
    ------
    OutputError
        Naming the second of them.

    Examples
    --------
    >>> check_distinct(["a.json", "b.html", "./a.json"])
    Traceback (most recent call last):
    gpuclf.errors.OutputError: ./a.json: got a file that is written as well, expected another file
    """
    seen: set[Path] = set()
    for path in paths:
        place = _followed(path)
        if place in seen:
            got = "a file that is written as well"
            raise OutputError(str(path), got=got, expected="another file")
        seen.add(place)


def make_folder(path: str | os.PathLike[str]) -> Path:
    """Make a folder for output, and those above it; one that is there is fine.

    Raises
    ------
    OutputError
        If something else stands there, or it cannot be made.
    """
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(str(path), got=error.strerror, expected="a folder to write in") from error
    return Path(path)


@contextmanager
def replacing(
    path: str | os.PathLike[str], room: int = 0, *, durable: bool = True
) -> Iterator[Path]:
    """Give a temporary path beside ``path``, and move it there once the block has ended well.

    Parameters
    ----------
    path : path
        Where the finished file is to stand.
    room : int
        Bytes that must be free on the disk, for a library that does not bear that it fills up.
    durable : bool
        Whether to wait until the file is safe from a power cut.

    Yields
    ------
    Path
        An empty file in the same folder, to be written in its stead.

    Examples
    --------
    >>> folder = tempfile.TemporaryDirectory()
    >>> with replacing(Path(folder.name, "note.txt")) as draft:
    ...     _ = draft.write_text("whole")
    >>> [file.name for file in Path(folder.name).iterdir()]
    ['note.txt']
    >>> folder.cleanup()
    """
    check_output(path)
    place = _followed(path)
    free = shutil.disk_usage(place.parent).free
    if room > free:
        got, expected = f"{free:,} bytes of free disk", f"room for {room:,}"
        raise OutputError(str(path), got=got, expected=expected)
    draft = _temporary(place)
    try:
        yield draft
        if durable:
            with draft.open("rb") as whole:
                os.fsync(whole.fileno())
        draft.chmod(0o666 & ~_umask())
        draft.replace(place)
    except OSError as error:
        got = os.strerror(error.errno) if error.errno else first_line(error)
        raise OutputError(str(path), got=got, expected="a place to write to") from error
    finally:
        draft.unlink(missing_ok=True)


def remove_drafts(path: str | os.PathLike[str]) -> None:
    """Take away what a killed process left half-written beside a file; no other may be writing it.

    Parameters
    ----------
    path : path
        The file that was to be written.

    Examples
    --------
    >>> folder = tempfile.TemporaryDirectory()
    >>> Path(folder.name, ".note.txt.x1y2z3.partial").touch()
    >>> remove_drafts(Path(folder.name, "note.txt"))
    >>> list(Path(folder.name).iterdir())
    []
    >>> folder.cleanup()
    """
    place = _followed(path)
    begin = f".{place.name}."
    for draft in place.parent.iterdir():
        middle = draft.name.removeprefix(begin).removesuffix(DRAFT)
        if draft.name == f"{begin}{middle}{DRAFT}" and "." not in middle:
            draft.unlink(missing_ok=True)


def write_json(path: str | os.PathLike[str], content: dict[str, Any]) -> None:
    """Write one JSON object, whole or not at all.

    Parameters
    ----------
    path : path
        Where to.
    content : dict
        What; NaN and infinity, which JSON does not know, are refused.
    """
    with replacing(path) as draft:
        draft.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def _followed(path: str | os.PathLike[str]) -> Path:
    """Follow links to the file that will be replaced; what stands for a stream is none."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 (which would follow the link already)
    if absolute.parts[1:2] in (("dev",), ("proc",)):
        raise OutputError(str(path), got="a device or a stream", expected="the path of a file")
    if os.fspath(path) == "-":
        raise OutputError("-", got="no name", expected="the path of a file; ./- for one called so")
    return Path(os.path.realpath(path))


def _check_replaceable(
    place: Path, name: str, inputs: Iterable[str | os.PathLike[str] | None]
) -> None:
    if place.is_dir():
        raise OutputError(name, got="a folder", expected="the path of a file to write")
    if not place.is_file():
        raise OutputError(name, got="a device or a stream", expected="the path of a file")
    # The mode bits stop nobody who is root, but they say "do not touch".
    if not place.stat().st_mode & 0o222:
        raise OutputError(name, got="a read-only file", expected="one that may be replaced")
    if any(place.samefile(file) for file in inputs if file is not None and Path(file).exists()):
        raise OutputError(name, got="a file that is read as well", expected="another file")


def _temporary(path: Path) -> Path:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=DRAFT, dir=path.parent)
    os.close(handle)
    return Path(name)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
