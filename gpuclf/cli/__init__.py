"""The command line.

Results go to standard output, progress and warnings to standard error. A mistake is one line on
standard error and exit status 2; an interrupted run ends with 130.
"""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
import warnings
from typing import TextIO

import rich_click as click
from click.exceptions import NoArgsIsHelpError

from gpuclf.cli.command_table import gpuclf
from gpuclf.errors import GpuclfError, first_line

EXIT_MISTAKE, EXIT_INTERRUPTED, EXIT_TERMINATED = 2, 130, 143


def run() -> None:
    """Run the command line as a process of its own: what ``gpuclf`` in a shell starts."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(EXIT_TERMINATED))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without ± gets a question mark
    try:
        main()
    except SystemExit as end:
        if end.code in (EXIT_INTERRUPTED, EXIT_TERMINATED):
            gc.collect()  # what processes of a pool shared is cleaned up with it
            os._exit(end.code)  # a fit under way in a thread cannot be stopped, but left
        raise


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit.

    Parameters
    ----------
    arguments : list of str, optional
        What follows ``gpuclf``; the process's own arguments by default.
    """
    warnings.showwarning = _show_warning
    try:
        status = gpuclf.main(arguments, prog_name="gpuclf", standalone_mode=False)
        sys.stdout.flush()
    except NoArgsIsHelpError as error:
        error.show()
        status = EXIT_MISTAKE
    except (GpuclfError, click.ClickException) as error:
        message = error.format_message() if isinstance(error, click.ClickException) else str(error)
        status = _say(message)
    except (click.Abort, KeyboardInterrupt):
        click.echo("gpuclf: interrupted", err=True)
        status = EXIT_INTERRUPTED
    except OSError as error:  # of standard output itself: a full disk
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        status = _say(f"{error.filename or 'standard output'}: {first_line(error)}")
    sys.exit(status if isinstance(status, int) else 0)


def _say(message: str) -> int:
    click.echo(f"gpuclf: error: {' '.join(message.split())}", err=True)
    return EXIT_MISTAKE


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    click.echo(f"gpuclf: warning: {message}", err=True)
