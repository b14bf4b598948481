"""The command line.

Results go to standard output, progress and warnings to standard error. A mistake is one line on
standard error and exit status 2; an interrupted run ends with 130.
"""

from __future__ import annotations

import sys
import warnings
from typing import TextIO

import rich_click as click
from click.exceptions import NoArgsIsHelpError

from gpuclf.cli.commands import gpuclf
from gpuclf.errors import GpuclfError

EXIT_MISTAKE, EXIT_INTERRUPTED = 2, 130


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
    except NoArgsIsHelpError as error:
        error.show()
        status = EXIT_MISTAKE
    except (GpuclfError, click.ClickException) as error:
        message = error.format_message() if isinstance(error, click.ClickException) else str(error)
        click.echo(f"gpuclf: error: {' '.join(message.split())}", err=True)
        status = EXIT_MISTAKE
    except (click.Abort, KeyboardInterrupt):
        click.echo("gpuclf: interrupted", err=True)
        status = EXIT_INTERRUPTED
    sys.exit(status if isinstance(status, int) else 0)


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    click.echo(f"gpuclf: warning: {message}", err=True)
