"""Inputs that are no feature file, passed to a command that needs one."""

from __future__ import annotations

import shlex
from pathlib import Path

import rich_click as click


def check_feature_file(file: str) -> None:
    """Check that a path can be a feature file; other inputs are to be converted first.

    Raises
    ------
    InputError
        If it is a folder or a CSV table; the message contains the commands that evaluate it.
    """
    from gpuclf.errors import InputError
    from gpuclf.features.importers.collection import Listing
    from gpuclf.workflows.run_kind import input_kind

    path = Path(file)
    if not path.is_dir() and path.suffix.lower() != ".csv":
        return
    if not path.exists():
        return
    got = "a folder" if path.is_dir() else "a CSV file"
    convert = "extract" if input_kind(path, Listing()) == "recordings" else "pack"
    context = click.get_current_context(silent=True)
    name = (context.info_name if context else None) or "evaluate"
    commands = [["gpuclf", convert, file, "features.hdf5"], ["gpuclf", name, "features.hdf5"]]
    both = " && ".join(map(shlex.join, commands))
    alternative = f"{shlex.join(['gpuclf', 'run', file])}, or " if name == "evaluate" else ""
    expected = f"a feature file: {alternative}{both}"
    raise InputError(file, got=got, expected=expected)
