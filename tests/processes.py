"""The command line in processes of its own, which can be stopped in every way there is.

They are forked off a server that has imported all that is heavy: most of a short run is that.
"""

import errno
import json
import multiprocessing
import os
import subprocess
import sys
import time
import zlib
from contextlib import suppress
from functools import partial
from pathlib import Path

import gpuclf
from gpuclf._utils import versions as environment
from gpuclf.cli import run
from gpuclf.svm import shared
from gpuclf.validation import fold_solvers as fitting
from gpuclf.validation.journal import Journal

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(
    [
        "gpuclf.cli.command_run",
        "gpuclf.workflows.evaluate",
        "gpuclf.report.evaluate",
        "gpuclf.report.search",
    ]
)


class Bench:
    """A folder with a feature file, in which commands run and write ``r.json``."""

    def __init__(self, folder, features):
        (folder / "features.hdf5").hardlink_to(features)
        self.folder, self.output = folder, folder / "r.json"
        self.journal = folder / "r.json.journal"
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
            time.sleep(0.002)

    def lines(self):
        """Count the lines of the journal: one more than finished folds; 0 if there is none."""
        with suppress(FileNotFoundError):
            return self.journal.read_bytes().count(b"\n")
        return 0

    def touched(self):
        """When the journal was last written to, if it is there."""
        with suppress(FileNotFoundError):
            return self.journal.stat().st_mtime_ns
        return None

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


def intact(journal):
    """Whether all lines of a journal have their checksum, computed anew, and end."""
    *lines, torn = journal.split(b"\n")
    parts = [line.split(b" ", 1) for line in lines]
    return torn == b"" and all(int(crc, 16) == zlib.crc32(text) for crc, text in parts)


# What is done before a command runs. Here, where a process that was forked finds it.


def keep_journal():
    """Let a run that has finished keep its journal."""
    Journal.remove = lambda journal: None


def kill_instead_of_removing():
    """Kill the run when nothing but its journal has to go."""
    Journal.remove = lambda journal: os.kill(os.getpid(), 9)


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


def stop_in_line(count, number):
    """Send a signal when half of a line of the journal is written."""
    os.write = partial(_write_half, os.write, [], count, number)


def _write_half(write, lines, count, number, file, data):
    lines.append(data)
    if len(lines) == count:
        write(file, data[: len(data) // 2])
        os.kill(os.getpid(), number)
    return write(file, data)
