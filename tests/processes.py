"""The command line in processes of its own, which can be stopped in every way there is.

They are forked off a server that has imported all that is heavy: most of a short run is that.
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
from gpuclf._utils import versions as environment
from gpuclf.cli import run
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
        self.said = folder.with_name(f"{folder.name}.err")
        self.environment = {"GPUCLF_CACHE": str(features.parent / "cache")}

    def start(self, command, before=None):
        """Start a command whose shared solver finishes fold by fold, not many at once."""
        process = SERVER.Process(target=self._run, args=(command, before))
        process.start()
        return process

    def end(self, process):
        """Wait for its end; give the exit status and standard error."""
        process.join(120)
        assert process.exitcode is not None, "it does not end"
        return process.exitcode, self.said.read_text()

    def finish(self, command, before=None):
        """Run a command; give the exit status and standard error."""
        return self.end(self.start(command, before))

    def _run(self, command, before):
        os.chdir(self.folder)
        os.environ.update(self.environment)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(os.open(self.said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
        sys.argv = [str(Path(gpuclf.__file__).with_name("__main__.py")), *command]
        shared.BATCH = 1e-9
        if before:
            before()
        run()

    def wait(self, process, condition):
        """Wait until something is so, or the process has ended."""
        while not condition() and process.is_alive():
            time.sleep(0.01)

    def finished(self):
        """Count the finished folds in the checkpoint; -1 if there is no checkpoint yet."""
        return rows_of(self.checkpoint)

    def touched(self):
        """When the checkpoint was last written to, if it is there."""
        times = []
        for part in ("", "-wal"):
            with suppress(FileNotFoundError):
                times.append(Path(f"{self.checkpoint}{part}").stat().st_mtime_ns)
        return times

    def result(self):
        """Take the result away; give it without the times, and without the program's place."""
        result = json.loads(self.output.read_text())
        self.output.unlink()
        del result["seconds"]
        about = result["environment"]
        about["command"] = about["command"].partition(" ")[2]
        return result

    def in_a_shell(self, *command, **more):
        """Run a command of a shell; give the exit status and standard error."""
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
    """Count the rows of a checkpoint that another process may be writing, in a copy of it."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy")
        try:
            shutil.copyfile(checkpoint, copy)
            with suppress(FileNotFoundError):
                shutil.copyfile(f"{checkpoint}-wal", f"{copy}-wal")
            database = sqlite3.connect(copy)
            try:
                [(begun,)] = database.execute("SELECT count(*) FROM run")
                [(count,)] = database.execute("SELECT count(*) FROM work")
            finally:
                database.close()
        except (FileNotFoundError, sqlite3.Error):
            return -1
        return count if begun else -1


def intact(checkpoint):
    """Whether SQLite finds no fault in a checkpoint that nobody is writing."""
    database = sqlite3.connect(checkpoint)
    [(verdict,)] = database.execute("PRAGMA integrity_check")
    database.close()
    return verdict == "ok"


# What is done before a command runs. Here, where a process that was forked finds it.


def keep_checkpoint():
    """Let a run that has finished keep its checkpoint, and write down how much room it takes."""

    def keep(checkpoint):
        parts = [checkpoint.path, Path(f"{checkpoint.path}-wal")]
        Path("room").write_text(str(sum(part.stat().st_size for part in parts)))

    Checkpoint.remove = keep


def kill_instead_of_removing():
    """Kill the run when nothing but its checkpoint has to go."""
    Checkpoint.remove = lambda checkpoint: os.kill(os.getpid(), 9)


def let_nothing_be_moved():
    """Let no finished file be moved to its place."""
    Path.replace = _fail


def _fail(*_):
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def pretend_version(version):
    """Let gpuclf be of another version."""
    environment.versions = lambda *_: {"gpuclf": version}


def never_finish_a_fold():
    """Let the solver work for a minute."""
    fitting.solve_folds = lambda *_: time.sleep(60)


def stop_at(count, number):
    """Send a signal when so many folds are kept, before the next one is."""
    put = Checkpoint.put
    Checkpoint.put = lambda *args: _put(put, count, number, *args)


def _put(put, count, number, checkpoint, name, work):
    if len(checkpoint) == count:
        os.kill(os.getpid(), number)
    put(checkpoint, name, work)


def kill_in_a_statement(count):
    """Kill the run while SQLite writes a fold, when so many are kept."""
    put = Checkpoint.put
    Checkpoint.put = lambda *args: _put_and_kill(put, count, *args)


def _put_and_kill(put, count, checkpoint, name, work):
    if len(checkpoint) == count:
        checkpoint._connection.set_progress_handler(lambda: os.kill(os.getpid(), 9), 5)
    put(checkpoint, name, work)
