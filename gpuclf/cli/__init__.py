"""The command line.

Results go to standard output, progress and warnings to standard error. A user error is one line on
standard error and exit status 2; an interrupted run exits with status 130.
"""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
import threading
import warnings
from types import FrameType
from typing import TextIO

import rich_click as click
from click.exceptions import NoArgsIsHelpError

from gpuclf.cli.command_help import see_help
from gpuclf.cli.command_table import gpuclf
from gpuclf.errors import GpuclfError, first_line

EXIT_ERROR, EXIT_INTERRUPTED, EXIT_TERMINATED = 2, 130, 143
INTERRUPTED = "gpuclf: interrupted"
CLEAN_UP_SECONDS = 10.0  # after which an interrupted run exits at once


def run() -> None:
    """Run the command line as the process ``gpuclf`` (entry point)."""
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(EXIT_TERMINATED))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show ± prints ?
    try:
        main()
    except SystemExit as end:
        if end.code in (EXIT_INTERRUPTED, EXIT_TERMINATED):
            gc.collect()  # releases the semaphores of process pools
            os._exit(end.code)  # does not wait for fits in threads, which cannot be interrupted
        raise


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit.

    Parameters
    ----------
    arguments : list of str, optional
        Arguments after ``gpuclf``; by default those of the process.
    """
    warnings.showwarning = _show_warning
    try:
        status = gpuclf.main(arguments, prog_name="gpuclf", standalone_mode=False)
        sys.stdout.flush()
    except NoArgsIsHelpError as error:
        error.show()
        status = EXIT_ERROR
    except click.UsageError as error:
        status = _print_error(see_help(error.format_message(), error.ctx))
    except click.ClickException as error:
        status = _print_error(error.format_message())
    except GpuclfError as error:
        status = _print_error(str(error))
    except (click.Abort, KeyboardInterrupt):
        click.echo(INTERRUPTED, err=True)
        status = EXIT_INTERRUPTED
    except OSError as error:  # of standard output itself: a full disk
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        status = _print_error(f"{error.filename or 'standard output'}: {first_line(error)}")
    sys.exit(status if isinstance(status, int) else 0)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt, and exit even if code that cannot be interrupted delays it."""
    deadline = threading.Timer(CLEAN_UP_SECONDS, _exit_interrupted)
    deadline.daemon = True
    deadline.start()
    raise KeyboardInterrupt


def _exit_interrupted() -> None:
    os.write(2, f"{INTERRUPTED}\n".encode())
    os._exit(EXIT_INTERRUPTED)


def _print_error(message: str) -> int:
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
