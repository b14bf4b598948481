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
import textwrap
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


class Journal:
    """Finished work of a run, by name; a context manager.

    Parameters
    ----------
    path : path
        The journal; one without any work is taken away in the end.
    run : mapping
        All that tells this run from others, as plain values.
    restart : bool
        Whether finished work that is there is thrown away.

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
        self.path = Path(path)
        self._run = json.loads(json.dumps(run))
        self._work: dict[str, Any] = {}
        with self._in_words():
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
        try:
            self._lock()
            self._end = 0 if restart else self._load(self.path.read_bytes())
            os.ftruncate(self._file, self._end)
            self._synced = time.monotonic()
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
        self._append({"name": name, "work": work})
        self._work[name] = work

    def __len__(self) -> int:
        return len(self._work)

    def remove(self) -> None:
        """Take the journal away, now that the output is written."""
        self.path.unlink(missing_ok=True)
        self._work.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._work:
            self.path.unlink(missing_ok=True)
        os.close(self._file)

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise OutputError(
                str(self.path), got="the journal of a run under way", expected="its end first"
            ) from error

    def _load(self, content: bytes) -> int:
        """Take over what was finished; give where the last whole line ends."""
        end = content.rfind(b"\n") + 1
        if not end:  # not even the first line was written
            return 0
        first, *lines = content[:end].splitlines()
        about = _parsed(first)
        if not isinstance(about, dict) or about.get("journal") != FORMAT:
            raise OutputError(
                str(self.path), got="a file that is no journal, or damaged", expected="--restart"
            )
        there = {"journal version": about["version"], **about["run"]}
        different = _difference(there, {"journal version": VERSION, **self._run})
        if different:
            raise OutputError(f"{self.path}: {different}, or --restart")
        damaged = 0
        for line in lines:
            entry = _parsed(line)
            if entry is None:
                damaged += 1
            else:
                self._work[entry["name"]] = entry["work"]
        if damaged:
            log.warning("%s: %d damaged lines are done again", self.path, damaged)
        return end

    def _begin(self) -> None:
        try:
            self._append({"journal": FORMAT, "version": VERSION, "run": self._run})
        except OutputError:
            self.path.unlink()
            raise

    def _append(self, entry: Mapping[str, Any]) -> None:
        text = json.dumps(entry, allow_nan=False, separators=(",", ":")).encode()
        line = b"%08x %b\n" % (zlib.crc32(text), text)
        with self._in_words():
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
            kept = f"; what is finished is kept ({len(self)})" if self._work else ""
            got, expected = error.strerror, f"to be able to write there{kept}"
            raise OutputError(str(self.path), got=got, expected=expected) from error


def _parsed(line: bytes) -> Any:
    """Read a line; None if it is damaged."""
    checksum, _, text = line.partition(b" ")
    return json.loads(text) if checksum == b"%08x" % zlib.crc32(text) else None


def _difference(there: Mapping[str, Any], here: Mapping[str, Any]) -> str:
    """Name the first thing in which two runs differ, or nothing."""
    for name in {**here, **there}:
        old, new = there.get(name), here.get(name)
        if old != new:
            got, expected = (textwrap.shorten(str(value), 60) for value in (old, new))
            return f"got the work of a run with {name} {got}, expected {expected}"
    return ""
