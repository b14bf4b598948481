"""Log messages of the commands."""

from __future__ import annotations

import logging
import sys

import rich_click as click


class _EchoHandler(logging.Handler):
    """Prints to the current standard error: above a progress bar while one is shown."""

    def emit(self, record: logging.LogRecord) -> None:
        click.echo(self.format(record), err=True)


def configure_logging(context: click.Context, parameter: click.Parameter, verbose: bool) -> None:
    """Print log messages to standard error (callback of ``--verbose``)."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="gpuclf: %(message)s",
        handlers=[_EchoHandler()],
    )
    if sys.stderr.isatty():
        logging.getLogger("gpuclf.compiler").setLevel(logging.INFO)
