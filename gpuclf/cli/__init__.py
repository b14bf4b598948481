"""The command line.

Results go to standard output, progress and warnings to standard error. A user error is one line on
standard error and exit status 2; an interrupted run exits with status 130, and a run whose output
is no longer read (``| head``) silently with status 141, as shells report these signals.
"""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
import threading
import warnings
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import TextIO

import rich_click as click
from click.exceptions import NoArgsIsHelpError

from gpuclf._utils.system_errors import system_reason
from gpuclf.cli.command_help import see_help
from gpuclf.cli.command_table import gpuclf
from gpuclf.errors import GpuclfError, OutputError, first_line

EXIT_ERROR, EXIT_INTERRUPTED, EXIT_CLOSED_PIPE, EXIT_TERMINATED = 2, 130, 141, 143
EXIT_OF_LIBRARIES = 1  # of click and rich, if the reader of the output has ended
MIN_COLUMNS = 20  # fewer columns show nothing
INTERRUPTED = "gpuclf: interrupted"
CLEAN_UP_SECONDS = 10.0  # after which an interrupted run exits at once

_ended_by: list[int] = []  # exit statuses of the signals received


def run_process() -> None:
    """Run the command line as the process ``gpuclf`` (entry point)."""
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _terminate)
    sys.stdout = sys.stdout or _discarded()
    sys.stderr = sys.stderr or _discarded()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show ± prints ?
    try:
        main()
    except SystemExit as end:
        if end.code in (EXIT_INTERRUPTED, EXIT_CLOSED_PIPE, EXIT_TERMINATED):
            _exit(end.code)
        raise
    except RuntimeError:  # "release unlocked lock": the exception of a signal came within a lock
        if not _ended_by:
            raise
        _exit(_ended_by[0])


def _exit(status: int) -> None:
    """Exit without waiting for fits in threads, which cannot be interrupted."""
    gc.collect()  # releases the semaphores of process pools
    os._exit(status)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit.

    Parameters
    ----------
    arguments : list of str, optional
        Arguments after ``gpuclf``; by default those of the process.
    """
    warnings.showwarning = _show_warning
    _ignore_too_few_columns()
    try:
        sys.exit(_status(arguments))
    except BrokenPipeError:
        sys.exit(EXIT_CLOSED_PIPE)
    except SystemExit as end:
        sys.exit(EXIT_CLOSED_PIPE if end.code == EXIT_OF_LIBRARIES else end.code)


def _status(arguments: list[str] | None) -> int:
    """Run the command line and return the exit status, after a line on each kind of error."""
    try:
        status = gpuclf.main(arguments, prog_name="gpuclf", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except NoArgsIsHelpError as error:
        error.show()
        status = EXIT_ERROR
    except click.UsageError as error:
        status = _print_error(see_help(error.format_message(), error.ctx))
    except click.ClickException as error:
        status = _print_error(error.format_message())
    except GpuclfError as error:
        status = _print_error(str(error))
    except MemoryError as error:  # of the host or of a GPU
        status = _print_error(
            f"out of memory ({first_line(error)}); fewer vectors or features need less"
        )
    except (click.Abort, KeyboardInterrupt):
        click.echo(INTERRUPTED, err=True)
        status = EXIT_INTERRUPTED
    except OSError as error:  # of standard output itself: a full disk
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        what = error.filename or "standard output"
        message = OutputError(what, got=system_reason(error), expected="a writable file")
        status = _print_error(str(message))
    return status if isinstance(status, int) else 0


def _ignore_too_few_columns() -> None:
    """Unset a COLUMNS that is not a usable width, as `watch` and some batch systems set it."""
    columns = os.environ.get("COLUMNS", "")
    if not columns.isdecimal() or int(columns) < MIN_COLUMNS:
        os.environ.pop("COLUMNS", None)


def _discarded() -> TextIO:
    """Return a stream that discards output, for a standard stream that is closed (``>&-``)."""
    return Path(os.devnull).open("w", encoding="utf-8")


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt, and exit even if code that cannot be interrupted delays it."""
    deadline = threading.Timer(CLEAN_UP_SECONDS, _exit_interrupted)
    deadline.daemon = True
    deadline.start()
    _ended_by.append(EXIT_INTERRUPTED)
    raise KeyboardInterrupt


def _terminate(number: int, frame: FrameType | None) -> None:
    """Raise SystemExit."""
    _ended_by.append(EXIT_TERMINATED)
    sys.exit(EXIT_TERMINATED)


def _exit_interrupted() -> None:
    os.write(2, f"{INTERRUPTED}\n".encode())
    os._exit(EXIT_INTERRUPTED)


def _print_error(message: str) -> int:
    with suppress(OSError):  # standard error itself is closed or on a full disk
        click.echo(f"gpuclf: error: {' '.join(message.split())}", err=True)
    return EXIT_ERROR


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    click.echo(f"gpuclf: warning: {message}", err=True)
