"""Commands in separate processes that can be interrupted, killed and modified.

The processes are forked from a server that has already imported the heavy libraries, because their
import takes most of the time of a short run.
"""

import errno
import json
import multiprocessing
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import gpuclf
from gpuclf._utils import versions
from gpuclf.cli import run_process
from gpuclf.svm import shared
from gpuclf.validation import fold_solvers as fitting
from gpuclf.validation.checkpoint import Checkpoint

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(
    [
        "gpuclf.cli.command_run",
        "gpuclf.workflows.evaluate",
        "gpuclf.report.evaluate",
        "gpuclf.report.search",
        "gpuclf.backend.windows",
        "gpuclf.backend.smo.batch",
        "librosa",
        "soxr",
    ]
)


class Bench:
    """A folder with a feature file, in which commands run and write ``r.json``."""

    def __init__(self, folder, features):
        (folder / "features.hdf5").hardlink_to(features)
        self.folder, self.output = folder, folder / "r.json"
        self.checkpoint = folder / "r.json.checkpoint"
        self.stderr = folder.with_name(f"{folder.name}.err")
        self.environment = {"GPUCLF_CACHE": str(features.parent / "cache")}

    def start(self, command, before=None):
        """Start a command whose shared solver finishes one fold at a time."""
        process = SERVER.Process(target=self._run, args=(command, before))
        process.start()
        return process

    def end(self, process):
        """Wait for the end; return the exit status and standard error."""
        process.join(120)
        assert process.exitcode is not None, "the process did not end"
        return process.exitcode, self.stderr.read_text()

    def finish(self, command, before=None):
        """Run a command; return the exit status and standard error."""
        return self.end(self.start(command, before))

    def _run(self, command, before):
        os.chdir(self.folder)
        os.environ.update(self.environment)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(os.open(self.stderr, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
        sys.argv = [str(Path(gpuclf.__file__).with_name("__main__.py")), *command]
        shared.BATCH = 1e-9
        if before:
            before()
        run_process()

    def wait(self, process, condition):
        """Wait until a condition is true or the process has ended."""
        while not condition() and process.is_alive():
            time.sleep(0.01)

    def finished(self):
        """Return the number of folds in the checkpoint; -1 if there is no checkpoint yet."""
        return rows_of(self.checkpoint)

    def touched(self):
        """Return the modification times of the checkpoint's files."""
        times = []
        for part in ("", "-wal"):
            with suppress(FileNotFoundError):
                times.append(Path(f"{self.checkpoint}{part}").stat().st_mtime_ns)
        return times

    def result(self):
        """Delete the result; return it without durations and without the path of the program."""
        result = json.loads(self.output.read_text())
        self.output.unlink()
        del result["seconds"]
        environment = result["environment"]
        environment["command"] = environment["command"].partition(" ")[2]
        return result

    def in_a_shell(self, *command, **more):
        """Run an external command; return the exit status and standard error."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=os.environ | self.environment | more,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return done.returncode, done.stderr


def rows_of(checkpoint):
    """Return the number of rows of a copy of a checkpoint that may be being written."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy")
        try:
            shutil.copyfile(checkpoint, copy)
            with suppress(FileNotFoundError):
                shutil.copyfile(f"{checkpoint}-wal", f"{copy}-wal")
            database = sqlite3.connect(copy)
            try:
                [(runs,)] = database.execute("SELECT count(*) FROM run")
                [(count,)] = database.execute("SELECT count(*) FROM work")
            finally:
                database.close()
        except (FileNotFoundError, sqlite3.Error):
            return -1
        return count if runs else -1


def intact(checkpoint):
    """Return True if SQLite finds no error in a checkpoint that is not being written."""
    database = sqlite3.connect(checkpoint)
    [(verdict,)] = database.execute("PRAGMA integrity_check")
    database.close()
    return verdict == "ok"


# Functions to run before a command; module-level, so that they can be pickled.


def keep_checkpoint():
    """Keep the checkpoint at the end of the run and write its size to a file."""

    def keep(checkpoint):
        parts = [checkpoint.path, Path(f"{checkpoint.path}-wal")]
        Path("room").write_text(str(sum(part.stat().st_size for part in parts)))

    Checkpoint.remove = keep


def kill_instead_of_removing():
    """Kill the run before it deletes its checkpoint."""
    Checkpoint.remove = lambda checkpoint: os.kill(os.getpid(), 9)


def fail_to_replace():
    """Make the replacement of output files fail."""
    Path.replace = _fail


def _fail(*_):
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def pretend_version(version):
    """Change the version of gpuclf."""
    versions.versions = lambda *_: {"gpuclf": version}


def never_finish_a_fold():
    """Make the solver take a minute."""
    fitting.solve_folds = lambda *_: time.sleep(60)


def stop_at(count, number):
    """Send a signal when ``count`` folds are saved, before the next one is."""
    put = Checkpoint.put
    Checkpoint.put = lambda *args: _put(put, count, number, *args)


def _put(put, count, number, checkpoint, name, work):
    if len(checkpoint) == count:
        os.kill(os.getpid(), number)
    put(checkpoint, name, work)


def kill_in_a_statement(count):
    """Kill the run while SQLite writes a fold, when ``count`` folds are saved."""
    put = Checkpoint.put
    Checkpoint.put = lambda *args: _put_and_kill(put, count, *args)


def _put_and_kill(put, count, checkpoint, name, work):
    if len(checkpoint) == count:
        checkpoint._connection.set_progress_handler(lambda: os.kill(os.getpid(), 9), 5)
    put(checkpoint, name, work)
