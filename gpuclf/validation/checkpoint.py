"""Checkpoint of a run: completed folds are stored on disk, so an interrupted run can resume.

A checkpoint is an SQLite file next to the output of the run; it is deleted when the output is
written. Its write-ahead log survives a killed process. One row describes the run, so that
results of other settings or other files are never mixed. Each further row is the result of one
piece of work, under a name that depends on all its inputs. Rows have a CRC-32; damaged rows are
ignored, and a damaged checkpoint is replaced. An exclusive lock prevents concurrent use.
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

from gpuclf._utils.system_errors import system_reason
from gpuclf.errors import OutputError
from gpuclf.validation.run_difference import run_difference

log = logging.getLogger("gpuclf")

SUFFIX = ".checkpoint"
VERSION = 2
APPLICATION = int.from_bytes(b"gclf", "big")  # application_id in the header of SQLite
SQLITE, KIND = b"SQLite format 3\0", slice(68, 72)  # parts of the header
DISCARD = "--restart to discard it and start over"
WRITABLE = "a writable file"
TABLES = (
    "run (about TEXT, crc INTEGER)",
    "work (name TEXT PRIMARY KEY, work TEXT, crc INTEGER)",
)
DAMAGE = ("CORRUPT", "NOTADB", "ERROR", "SCHEMA", "")
ERRORS = (  # SQLite's error names; got and expected of the message
    (("BUSY", "LOCKED"), "a checkpoint in use by another process", "that process to end first"),
    (DAMAGE, "a damaged checkpoint", f"an intact one, or {DISCARD}"),
    (("FULL",), "a full disk", WRITABLE),
    (("READONLY", "CANTOPEN", "PERM"), "no permission", WRITABLE),
    (("IOERR",), "a disk that cannot be read or written", WRITABLE),
)


class Checkpoint:
    """Checkpoint file of a run, a context manager.

    An empty checkpoint is deleted when the context ends.

    Parameters
    ----------
    path : str or path
        Checkpoint file, created if it does not exist.
    run : mapping
        JSON-serialisable settings that identify the run.
    restart : bool, default False
        Whether to discard stored results. A file that is not a checkpoint is never changed.

    Raises
    ------
    OutputError
        If the file is not a checkpoint, belongs to another run, or is in use by another process.

    Examples
    --------
    >>> path = Path("result.json.checkpoint")
    >>> with Checkpoint(path, {"C": 1.0}) as checkpoint:
    ...     checkpoint.put("fold 1", 0.75)
    >>> with Checkpoint(path, {"C": 1.0}) as checkpoint:
    ...     checkpoint.get("fold 1"), checkpoint.get("fold 2")
    (0.75, None)
    >>> Checkpoint(path, {"C": 10.0})
    Traceback (most recent call last):
    gpuclf.errors.OutputError: ...result.json.checkpoint: got a checkpoint of a run with C 1.0,
    expected 10.0, or --restart to discard it and start over
    """

    def __init__(
        self, path: str | os.PathLike[str], run: Mapping[str, Any], *, restart: bool = False
    ) -> None:
        self.path = _link_target(path)
        self._database: sqlite3.Connection | None = None
        self._work: dict[str, Any] = {}
        description = json.dumps({"checkpoint version": VERSION, **run}, allow_nan=False)
        with self._output_errors():
            created = self._check_kind()
            try:
                self._start(description, restart)
            except BaseException as error:
                if created and not _is_kind(error, "BUSY"):
                    self._delete()
                self._close()
                raise

    def get(self, name: str) -> Any:
        """Return the result stored under a name, or None."""
        return self._work.get(name)

    def put(self, name: str, work: Any) -> None:
        """Store a result; it survives a killed process once the call returns.

        Parameters
        ----------
        name : str
            Name that depends on all inputs of the result.
        work : dict, list, str, float, int, bool or None
            JSON-serialisable result.

        Raises
        ------
        OutputError
            If the file cannot be written, for instance because the disk is full.
        """
        text = json.dumps(work, allow_nan=False, separators=(",", ":"))
        with self._output_errors():
            row = name, text, _crc(name, text)
            self._connection.execute("INSERT OR REPLACE INTO work VALUES (?, ?, ?)", row)
        self._work[name] = work

    def __len__(self) -> int:
        return len(self._work)

    def remove(self) -> None:
        """Delete the checkpoint; to be called when the output is written."""
        with self._output_errors():
            self._delete()
        self._work.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        with self._output_errors():
            if self._database is not None and not self._work:
                self._delete()
            self._close()

    @property
    def _connection(self) -> sqlite3.Connection:
        assert self._database is not None, "the checkpoint is closed"
        return self._database

    def _check_kind(self) -> bool:
        """Check that the file is writable and a checkpoint; return whether it is new."""
        try:
            descriptor, created = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL), True
        except FileExistsError:
            descriptor, created = os.open(self.path, os.O_RDWR), False
        header = os.read(descriptor, KIND.stop)
        os.close(descriptor)
        if not _is_checkpoint(header) and not self._make_empty(header):
            got, expected = "a file that is not a checkpoint", "another output path"
            raise OutputError(str(self.path), got=got, expected=expected)
        return created

    def _make_empty(self, header: bytes) -> bool:
        """Truncate a file without content, as a power cut leaves it; return whether it is empty."""
        half_written = header.startswith(SQLITE) and len(header) < KIND.stop
        if not half_written and self.path.read_bytes().strip(b"\0"):
            return False
        os.truncate(self.path, 0)
        return True

    def _start(self, description: str, restart: bool) -> None:
        """Open and load the file; replace a damaged one."""
        try:
            self._open()
            self._load(description, restart)
        except sqlite3.DatabaseError as error:
            if not _is_kind(error, *DAMAGE):
                raise
            if not restart:
                log.warning("%s: the checkpoint is damaged, starting over", self.path)
            self._delete()
            self._open()
            self._load(description, restart)

    def _open(self) -> None:
        """Open and lock the file; retry if another run deleted it in the meantime."""
        while self._database is None or not self.path.exists():
            self._close()
            self._database = sqlite3.connect(self.path, timeout=0, isolation_level=None)
            self._database.text_factory = lambda text: text.decode(errors="replace")
            # The lock is held until the file is closed or the process ends.
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            if self._database.execute("PRAGMA application_id").fetchone() != (APPLICATION,):
                self._database.execute(f"PRAGMA application_id = {APPLICATION}")
            for pragma in (
                "journal_mode = WAL",
                "synchronous = NORMAL",  # a power cut may lose the last result, a kill none
                "wal_autocheckpoint = 100",  # pages; keeps the log small
            ):
                self._database.execute(f"PRAGMA {pragma}")

    def _load(self, description: str, restart: bool) -> None:
        """Load stored results of this run, or store its description in a new file."""
        with self._connection as database:
            database.execute("BEGIN IMMEDIATE")
            for table in TABLES:
                if restart:
                    database.execute(f"DROP TABLE IF EXISTS {table.partition(' ')[0]}")
                database.execute(f"CREATE TABLE IF NOT EXISTS {table}")
            stored = database.execute("SELECT about, crc FROM run").fetchall()
            if not stored:
                row = description, _crc("", description)
                database.execute("INSERT INTO run VALUES (?, ?)", row)
            elif len(stored) > 1 or stored[0][1] != _crc("", stored[0][0]):
                raise sqlite3.DatabaseError("the description of the run is damaged")
            elif difference := run_difference(json.loads(stored[0][0]), json.loads(description)):
                raise OutputError(f"{self.path}: {difference}, or {DISCARD}")
            rows = database.execute("SELECT name, work, crc FROM work").fetchall()
        intact = [row for row in rows if row[2] == _crc(row[0], row[1])]
        self._work = {name: json.loads(work) for name, work, _ in intact}
        if damaged := len(rows) - len(intact):
            log.warning("%s: damaged results ignored and recomputed: %d", self.path, damaged)

    def _close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def _delete(self) -> None:
        """Delete the file while its lock is held; Windows cannot delete an open file."""
        if self._database is not None:
            with suppress(sqlite3.Error):
                self._database.execute("PRAGMA journal_mode = DELETE")
        if os.name != "posix":
            self._close()
        for part in ("-wal", ""):
            Path(f"{self.path}{part}").unlink(missing_ok=True)
        self._close()

    @contextmanager
    def _output_errors(self) -> Iterator[None]:
        """Convert errors of SQLite and the operating system to `OutputError`."""
        try:
            yield
        except OSError as error:
            raise OutputError(
                str(self.path), got=system_reason(error), expected=WRITABLE
            ) from error
        except sqlite3.Error as error:
            for kinds, got, expected in ERRORS:
                if _is_kind(error, *kinds):
                    raise OutputError(str(self.path), got=got, expected=expected) from error
            raise OutputError(str(self.path), got=str(error), expected=WRITABLE) from error


def checkpoint_path(output: str | os.PathLike[str]) -> Path:
    """Return the path of the checkpoint of an output file.

    Parameters
    ----------
    output : str or path
        Output file; a symbolic link is resolved.

    Returns
    -------
    Path
        Path of the output with the suffix ``.checkpoint``.

    Examples
    --------
    >>> print(checkpoint_path("result.json"))
    result.json.checkpoint
    """
    return Path(f"{_link_target(output)}{SUFFIX}")


def _is_checkpoint(header: bytes) -> bool:
    """Return whether a file with this header is an SQLite file of a checkpoint."""
    return header.startswith(SQLITE) and header[KIND] == APPLICATION.to_bytes(4, "big")


def _is_kind(error: BaseException, *kinds: str) -> bool:
    """Return whether an SQLite error is of one of the kinds; errors raised here have kind ""."""
    if not isinstance(error, sqlite3.Error):
        return False
    name = getattr(error, "sqlite_errorname", "SQLITE_").removeprefix("SQLITE_")
    return name.partition("_")[0] in kinds


def _crc(name: object, text: object) -> int:
    return zlib.crc32(f"{name}\0{text}".encode(errors="surrogateescape"))


def _link_target(path: str | os.PathLike[str]) -> Path:
    """Resolve a symbolic link; other paths are unchanged."""
    return Path(os.path.realpath(path)) if Path(path).is_symlink() else Path(path)
