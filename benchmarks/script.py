"""Run a command of this folder as gpuclf runs its own: a mistake is one line and exit status 2."""

from __future__ import annotations

import sys
from pathlib import Path

import rich_click as click
from gpuclf.errors import GpuclfError


def run(command: click.Command) -> None:
    """Parse the process's arguments, run the command and exit."""
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
