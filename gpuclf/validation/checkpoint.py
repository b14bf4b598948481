"""The checkpoint of a run: every finished fold, on disk as soon as it is finished.

A run that was killed resumes when it is started again, and ends with the same result. The
checkpoint is an SQLite file beside the run's output, and is deleted when that is written. Its
write-ahead log survives a killed process. One row tells what the run is, so that other settings or
another file never mix; each further row holds finished work under a name that all it depends on
went into. Every row has a CRC-32: a damaged one does not count. An exclusive lock keeps a second
run away.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from gpuclf.errors import OutputError

log = logging.getLogger("gpuclf")

SUFFIX = ".checkpoint"
VERSION = 1
APPLICATION = int.from_bytes(b"gclf", "big")  # in SQLite's header, as the kind of the file
SQLITE, KIND = b"SQLite format 3\0", slice(68, 72)  # of the header
SHOWN = 60  # characters of a value, in a message
TABLES = (
    "run (about TEXT, crc INTEGER)",
    "work (name TEXT PRIMARY KEY, work TEXT, crc INTEGER)",
)
DAMAGE = ("CORRUPT", "NOTADB", "ERROR", "SCHEMA", "")
ERRORS = (  # SQLite's names of errors, and what is said
    (("BUSY", "LOCKED"), "the checkpoint of a run under way", "its end first"),
    (DAMAGE, "a damaged checkpoint", "--restart"),
    (("FULL",), "No space left on device", "to be able to write there"),
    (("IOERR",), "Input/output error", "to be able to write there"),
)


class Checkpoint:
    """Finished work of a run, by name; a context manager.

    Parameters
    ----------
    path : path
        The checkpoint; without any work it is deleted in the end.
    run : mapping
        All that tells this run from others, as plain values.
    restart : bool
        Whether finished work is discarded; a file that is no checkpoint never is.

    Raises
    ------
    OutputError
        If the file belongs to another run, is no checkpoint or damaged, or another process writes
        it.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name, "result.json.checkpoint")
    >>> with Checkpoint(path, {"C": 1.0}) as checkpoint:
    ...     checkpoint.put("fold 1", 0.75)
    >>> with Checkpoint(path, {"C": 1.0}) as checkpoint:
    ...     checkpoint.get("fold 1"), checkpoint.get("fold 2")
    (0.75, None)
    >>> Checkpoint(path, {"C": 10.0})
    Traceback (most recent call last):
    gpuclf.errors.OutputError: ...result.json.checkpoint: got the work of a run with C 1.0, expected
    10.0, or --restart
    >>> folder.cleanup()
    """

    def __init__(
        self, path: str | os.PathLike[str], run: Mapping[str, Any], *, restart: bool = False
    ) -> None:
        self.path = _followed(path)
        self._database: sqlite3.Connection | None = None
        self._work: dict[str, Any] = {}
        about = json.dumps({"checkpoint version": VERSION, **run}, allow_nan=False)
        with self._in_words():
            created = self._check_kind()
            try:
                self._begin(about, restart)
            except BaseException as error:
                if created and not _is(error, "BUSY"):
                    self._delete()
                self._close()
                raise

    def get(self, name: str) -> Any:
        """Return the work that was finished under a name, or None."""
        return self._work.get(name)

    def put(self, name: str, work: Any) -> None:
        """Keep finished work, durable against a killed process when it returns.

        Parameters
        ----------
        name : str
            What determines all that the work depends on.
        work : plain values
            What JSON can hold.

        Raises
        ------
        OutputError
            If it cannot be written, on a full disk for instance.
        """
        text = json.dumps(work, allow_nan=False, separators=(",", ":"))
        with self._in_words():
            row = name, text, _crc(name, text)
            self._connection.execute("INSERT OR REPLACE INTO work VALUES (?, ?, ?)", row)
        self._work[name] = work

    def __len__(self) -> int:
        return len(self._work)

    def remove(self) -> None:
        """Delete the checkpoint, when the output is written."""
        with self._in_words():
            self._delete()
        self._work.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        with self._in_words():
            if self._database is not None and not self._work:
                self._delete()
            self._close()

    @property
    def _connection(self) -> sqlite3.Connection:
        assert self._database is not None, "the checkpoint is closed"
        return self._database

    def _check_kind(self) -> bool:
        """Check that the file can be written and is a checkpoint; return whether it is created."""
        try:
            descriptor, created = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL), True
        except FileExistsError:
            descriptor, created = os.open(self.path, os.O_RDWR), False
        header = os.read(descriptor, KIND.stop)
        os.close(descriptor)
        kind = header[: len(SQLITE)], int.from_bytes(header[KIND], "big")
        if header and kind != (SQLITE, APPLICATION):
            got, expected = "a file that is no checkpoint", "another output"
            raise OutputError(str(self.path), got=got, expected=expected)
        return created

    def _begin(self, about: str, restart: bool) -> None:
        try:
            self._open()
            self._load(about, restart)
        except sqlite3.DatabaseError as error:
            if not restart or not _is(error, *DAMAGE):
                raise
            self._delete()
            self._open()
            self._load(about, restart)

    def _open(self) -> None:
        """Open and lock the file; once more, if the run that had it deleted it meanwhile."""
        while self._database is None or not self.path.exists():
            self._close()
            self._database = sqlite3.connect(self.path, timeout=0, isolation_level=None)
            self._database.text_factory = lambda text: text.decode(errors="replace")
            # The lock is held until the file is closed, or the process ends.
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            if self._database.execute("PRAGMA application_id").fetchone() != (APPLICATION,):
                self._database.execute(f"PRAGMA application_id = {APPLICATION}")
            for pragma in (
                "journal_mode = WAL",
                "synchronous = NORMAL",  # a power cut may cost the last work, a kill none
                "wal_autocheckpoint = 100",  # pages: the log stays small
            ):
                self._database.execute(f"PRAGMA {pragma}")

    def _load(self, about: str, restart: bool) -> None:
        """Load the finished work of this run, or begin the run."""
        with self._connection as database:
            database.execute("BEGIN IMMEDIATE")
            for table in TABLES:
                if restart:
                    database.execute(f"DROP TABLE IF EXISTS {table.partition(' ')[0]}")
                database.execute(f"CREATE TABLE IF NOT EXISTS {table}")
            known = database.execute("SELECT about, crc FROM run").fetchall()
            if not known:
                database.execute("INSERT INTO run VALUES (?, ?)", (about, _crc("", about)))
            elif len(known) > 1 or known[0][1] != _crc("", known[0][0]):
                raise sqlite3.DatabaseError("what run it is of is damaged")
            elif different := _difference(json.loads(known[0][0]), json.loads(about)):
                raise OutputError(f"{self.path}: {different}, or --restart")
            rows = database.execute("SELECT name, work, crc FROM work").fetchall()
        intact = [row for row in rows if row[2] == _crc(row[0], row[1])]
        self._work = {name: json.loads(work) for name, work, _ in intact}
        if damaged := len(rows) - len(intact):
            log.warning("%s: got damaged rows (%d): their work is done again", self.path, damaged)

    def _close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def _delete(self) -> None:
        """Delete the file while its lock is held; Windows deletes no file that is open."""
        if self._database is not None:
            with suppress(sqlite3.Error):
                self._database.execute("PRAGMA journal_mode = DELETE")
        if os.name != "posix":
            self._close()
        for part in ("-wal", ""):
            Path(f"{self.path}{part}").unlink(missing_ok=True)
        self._close()

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            got, expected = error.strerror, "to be able to write there"
            raise OutputError(str(self.path), got=got, expected=expected) from error
        except sqlite3.Error as error:
            for kinds, got, expected in ERRORS:
                if _is(error, *kinds):
                    raise OutputError(str(self.path), got=got, expected=expected) from error
            expected = "to be able to write there"
            raise OutputError(str(self.path), got=str(error), expected=expected) from error


def checkpoint_path(output: str | os.PathLike[str]) -> Path:
    """Return the path of an output's checkpoint: beside the file itself, if the output is a link.

    Parameters
    ----------
    output : path

    Returns
    -------
    Path

    Examples
    --------
    >>> print(checkpoint_path("result.json"))
    result.json.checkpoint
    """
    return Path(f"{_followed(output)}{SUFFIX}")


def _is(error: BaseException, *kinds: str) -> bool:
    """Return whether an error is of one of SQLite's kinds; the kind of our own is empty."""
    if not isinstance(error, sqlite3.Error):
        return False
    name = getattr(error, "sqlite_errorname", "SQLITE_").removeprefix("SQLITE_")
    return name.partition("_")[0] in kinds


def _crc(name: object, text: object) -> int:
    return zlib.crc32(f"{name}\0{text}".encode(errors="surrogateescape"))


def _followed(path: str | os.PathLike[str]) -> Path:
    return Path(os.path.realpath(path)) if Path(path).is_symlink() else Path(path)


def _difference(there: Mapping[str, Any], here: Mapping[str, Any]) -> str:
    """Describe the first difference of two runs; empty if there is none."""
    for name in {**here, **there}:
        old, new = there.get(name), here.get(name)
        if old != new:
            got, expected = _shown(str(old), str(new))
            return f"got the work of a run with {name} {got}, expected {expected}"
    return ""


def _shown(*texts: str) -> Iterator[str]:
    """Shorten texts to the part in which they differ."""
    same = len(os.path.commonprefix(texts))  # noqa: RUF071 (of characters, as they are)
    begin = max(0, same - SHOWN // 2) if max(map(len, texts)) > SHOWN else 0
    for text in texts:
        part = text[begin : begin + SHOWN]
        yield "..." * (begin > 0) + part + "..." * (begin + SHOWN < len(text))
