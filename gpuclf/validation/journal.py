"""The journal of a run: every finished fold, on disk as soon as it is finished.

A run that was killed goes on where it was when it is started again, and ends with the same result.
The journal stands beside the run's output and goes when that is written. It is a text file of
lines: a checksum (CRC-32), a space, and JSON. The first line tells what the run is, so that other
settings or another file never mix; each further one holds finished work under a name that all it
depends on went into. A line that was not written to its end, or was damaged, does not count.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from gpuclf.errors import OutputError

log = logging.getLogger("gpuclf")

FORMAT, VERSION = "gpuclf-journal", 1
SUFFIX = ".journal"
SYNC_EVERY = 1.0  # seconds: what a power cut may cost; a killed process loses nothing
CHECKSUM = 9  # bytes, with the space behind it
SHOWN = 60  # characters of a value, in a message


class Journal:
    """Finished work of a run, by name; a context manager.

    Parameters
    ----------
    path : path
        The journal; one without any work is taken away in the end.
    run : mapping
        All that tells this run from others, as plain values.
    restart : bool
        Whether finished work that is there is thrown away; what is no journal never is.

    Raises
    ------
    OutputError
        If what is there belongs to another run, or another process is writing it.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name, "result.json.journal")
    >>> with Journal(path, {"C": 1.0}) as journal:
    ...     journal.put("fold 1", 0.75)
    >>> with Journal(path, {"C": 1.0}) as journal:
    ...     journal.get("fold 1"), journal.get("fold 2")
    (0.75, None)
    >>> Journal(path, {"C": 10.0})
    Traceback (most recent call last):
    gpuclf.errors.OutputError: ...result.json.journal: got the work of a run with C 1.0, expected
    10.0, or --restart
    >>> folder.cleanup()
    """

    def __init__(
        self, path: str | os.PathLike[str], run: Mapping[str, Any], *, restart: bool = False
    ) -> None:
        self.path = _followed(path)
        self._run = json.loads(json.dumps(run, allow_nan=False))
        self._work: dict[str, Any] = {}
        self._synced = -SYNC_EVERY  # the first line is on disk before any work is done
        with self._in_words():
            self._file = self._open()
            try:
                self._end = self._load(self._content(), restart)
                os.ftruncate(self._file, self._end)
                if self._end == 0:
                    self._begin()
            except BaseException:
                os.close(self._file)
                raise

    def get(self, name: str) -> Any:
        """Give the work that was finished under a name, or None."""
        return self._work.get(name)

    def put(self, name: str, work: Any) -> None:
        """Keep finished work: its line is on disk, whole, or the journal is as it was.

        Parameters
        ----------
        name : str
            What settles all that the work depends on.
        work : plain values
            What JSON can hold.

        Raises
        ------
        OutputError
            If it cannot be written, on a full disk say.
        """
        with self._in_words():
            self._append(_line({"name": name, "work": work}))
        self._work[name] = work

    def __len__(self) -> int:
        return len(self._work)

    def remove(self) -> None:
        """Take the journal away, now that the output is written."""
        with self._in_words():
            if self._is_there(self._file):
                self.path.unlink()
        self._work.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if not self._work:
                self.remove()
        finally:
            os.close(self._file)

    def _open(self) -> int:
        """Open and lock it; once more, if the run that had it took it away meanwhile."""
        while True:
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
            try:
                self._lock(file)
                if self._is_there(file):
                    return file
            except BaseException:
                os.close(file)
                raise
            os.close(file)

    def _lock(self, file: int) -> None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            got, expected = "the journal of a run under way", "its end first"
            raise OutputError(str(self.path), got=got, expected=expected) from error
        except OSError as error:  # some network disks know no locks
            log.warning("%s: no second run is kept away (%s)", self.path, error.strerror)

    def _is_there(self, file: int) -> bool:
        """Whether an open file is the one that stands at the path."""
        try:
            return os.path.samestat(os.fstat(file), self.path.stat())
        except FileNotFoundError:
            return False

    def _content(self) -> bytes:
        with open(self._file, "rb", closefd=False) as file:
            return file.read()

    def _load(self, content: bytes, restart: bool) -> int:
        """Take over what was finished; give where the last whole line ends."""
        begin = self._first_line()
        if begin.startswith(content):  # nothing, or not even the first line to its end
            return 0
        name = slice(CHECKSUM, begin.index(b","))
        if content[name] != begin[name]:
            got, expected = "a file that is no journal", "another output"
            raise OutputError(str(self.path), got=got, expected=expected)
        if restart:
            return 0
        *lines, torn = content.split(b"\n")
        about = _parsed(lines[0]) if lines else None
        if about is None:
            raise OutputError(str(self.path), got="a damaged journal", expected="--restart")
        there = {"journal version": about.get("version"), **about.get("run", {})}
        different = _difference(there, {"journal version": VERSION, **self._run})
        if different:
            raise OutputError(f"{self.path}: {different}, or --restart")
        entries = [_parsed(line) for line in lines[1:]]
        self._work = {entry["name"]: entry["work"] for entry in entries if entry is not None}
        damaged = entries.count(None)
        if damaged:
            log.warning("%s: got damaged lines (%d): their work is done again", self.path, damaged)
        return len(content) - len(torn)

    def _first_line(self) -> bytes:
        return _line({"journal": FORMAT, "version": VERSION, "run": self._run})

    def _begin(self) -> None:
        try:
            self._append(self._first_line())
        except BaseException:
            self.path.unlink(missing_ok=True)
            raise

    def _append(self, line: bytes) -> None:
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(self._file, rest) :]
            if time.monotonic() - self._synced > SYNC_EVERY:
                os.fsync(self._file)
                self._synced = time.monotonic()
        except BaseException:
            os.ftruncate(self._file, self._end)
            raise
        self._end += len(line)

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            got, expected = error.strerror, "to be able to write there"
            raise OutputError(str(self.path), got=got, expected=expected) from error


def beside(output: str | os.PathLike[str]) -> Path:
    """Give the place of an output's journal: beside the file itself, if the output is a link.

    Parameters
    ----------
    output : path

    Returns
    -------
    Path

    Examples
    --------
    >>> print(beside("result.json"))
    result.json.journal
    """
    return Path(f"{_followed(output)}{SUFFIX}")


def _followed(path: str | os.PathLike[str]) -> Path:
    """Follow a link, so that whatever way a file is named by, it is the same one."""
    return Path(os.path.realpath(path)) if Path(path).is_symlink() else Path(path)


def _line(entry: Mapping[str, Any]) -> bytes:
    """Write an entry as a line."""
    text = json.dumps(entry, allow_nan=False, separators=(",", ":")).encode()
    return b"%08x %b\n" % (zlib.crc32(text), text)


def _parsed(line: bytes) -> Any:
    """Read a line; None if it is damaged."""
    checksum, _, text = line.partition(b" ")
    return json.loads(text) if text and checksum == b"%08x" % zlib.crc32(text) else None


def _difference(there: Mapping[str, Any], here: Mapping[str, Any]) -> str:
    """Name the first thing in which two runs differ, or nothing."""
    for name in {**here, **there}:
        old, new = there.get(name), here.get(name)
        if old != new:
            got, expected = _shown(str(old), str(new))
            return f"got the work of a run with {name} {got}, expected {expected}"
    return ""


def _shown(*texts: str) -> Iterator[str]:
    """Shorten texts to where they differ."""
    same = len(os.path.commonprefix(texts))  # noqa: RUF071 (of characters, as they are)
    begin = max(0, same - SHOWN // 2) if max(map(len, texts)) > SHOWN else 0
    for text in texts:
        part = text[begin : begin + SHOWN]
        yield "..." * (begin > 0) + part + "..." * (begin + SHOWN < len(text))
