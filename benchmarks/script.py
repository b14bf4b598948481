"""Command-line entry point of the benchmarks: errors in one line, exit status 2, as in gpuclf."""

from __future__ import annotations

import sys
from pathlib import Path

import rich_click as click
from gpuclf.errors import GpuclfError


def run(command: click.Command) -> None:
    """Run a command with the arguments of the process; exit on errors."""
    name = Path(sys.argv[0]).name
    try:
        command.main(prog_name=f"python {sys.argv[0]}", standalone_mode=False)
    except (GpuclfError, click.ClickException) as error:
        message = error.format_message() if isinstance(error, click.ClickException) else error
        click.echo(f"{name}: error: {message}", err=True)
        sys.exit(2)
    except click.Abort:
        click.echo(f"{name}: interrupted", err=True)
        sys.exit(130)
