"""Hint on how to resume a run that is interrupted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import rich_click as click

from gpuclf.errors import OutputError

if TYPE_CHECKING:  # --help loads no NumPy
    from pathlib import Path

    from gpuclf.report.progress import RunProgress


@contextmanager
def resumable(progress: RunProgress, saved: Callable[[], Path | None]) -> Iterator[None]:
    """If a run is interrupted or the disk is full, state what is saved and how to resume it.

    Parameters
    ----------
    progress : RunProgress
        Bars to remove before the hint.
    saved : callable
        ``() -> path``: file or folder of what is finished; None if nothing is.
    """
    from gpuclf.report.command_line import resuming_command

    try:
        yield
    except (OutputError, KeyboardInterrupt, SystemExit) as error:
        path = saved()
        if path is None:
            raise
        hint = f"progress saved to {path}; rerun the same command to resume"
        if isinstance(error, OutputError):
            raise OutputError(f"{error}; {hint}") from error
        progress.stop()
        click.echo(f"gpuclf: {hint}:\n{resuming_command()}", err=True)
        raise
