"""The record of a run: its result and all that it came from, as ``--json`` writes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gpuclf._utils import versions as environment
from gpuclf.backend import Backend
from gpuclf.config.experiment import Experiment
from gpuclf.report.command_line import typed_command


def record(experiment: Experiment, backend: Backend, content: Mapping[str, Any]) -> dict[str, Any]:
    """Put a result and all that it came from into one object, as ``--json`` writes it.

    Parameters
    ----------
    experiment : Experiment
        What was done.
    backend : Backend
        What it ran on.
    content : mapping
        What came out, as plain values.

    Returns
    -------
    dict
        Plain numbers, lists and strings.
    """
    about = Path(experiment.file or "").stat()
    modified = datetime.fromtimestamp(about.st_mtime, UTC).isoformat()
    return {
        "experiment": experiment.to_dict(),
        "environment": {
            **environment.describe(),
            "device": backend.device,
            "file": {"bytes": about.st_size, "modified": modified},
            "command": typed_command(),
        },
        **content,
    }


def identity(
    command: str, experiment: Experiment, backend: Backend, more: Mapping[str, Any]
) -> dict[str, Any]:
    """Tell a run from every other: what a journal belongs to.

    Parameters
    ----------
    command : str
    experiment : Experiment
    backend : Backend
    more : mapping
        The command's own options.

    Returns
    -------
    dict
        Plain values by name, for people to read; where the files lie is not among them.
    """
    settings = {k: v for k, v in experiment.to_dict().items() if k != "file"}
    files: dict[str, int | str] = {}
    for number, path in enumerate(experiment.inputs):
        about, name = Path(path).stat(), "file" if number == 0 else f"table {number}"
        files |= {f"{name} bytes": about.st_size, f"{name} time": _time(about.st_mtime_ns)}
    return {
        "command": command,
        **settings,
        **more,
        **files,
        "backend": backend.name,
        **environment.versions(),
    }


def _time(nanoseconds: int) -> str:
    """Write a time for people, and to the last digit that tells two apart."""
    seconds, rest = divmod(nanoseconds, 10**9)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}.{rest:09d}"
