"""Options that say which clips a collection of files has, the same in extract and run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import rich_click as click

from gpuclf.cli.column_options import column_options
from gpuclf.cli.command_help import CLIPS
from gpuclf.features.importers.clip_files import LIST_ROLES
from gpuclf.features.importers.collection import Listing

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def listing_options(command: Decorated) -> Decorated:
    """Add ``--index``, ``--annotations``, ``--root`` and the column options to a command."""
    command = column_options(*LIST_ROLES)(command)
    command = root_option(command)
    command = click.option(
        "--annotations",
        type=click.Path(),
        multiple=True,
        metavar="PATH",
        help="Annotation file, or folder of them (several times if needed): Raven, Audacity, JAMS "
        "or Sonic Visualiser. Each labelled part of a recording is a clip, the recording its "
        "group. --label-column names the column, or the namespace in JAMS.",
        panel=CLIPS,
    )(command)
    return click.option(
        "--index",
        type=click.Path(),
        metavar="CSV",
        help="CSV list of the clips: columns path, label; optional: id, group, fold, start, end "
        "(in seconds). [default: each sub-folder is a class]",
        panel=CLIPS,
    )(command)


def root_option(command: Decorated) -> Decorated:
    """Add ``--root`` to a command."""
    return click.option(
        "--root",
        type=click.Path(),
        metavar="DIR",
        help="Folder that the paths of the index are relative to. [default: the folder of the "
        "recordings, else that of the index]",
        panel=CLIPS,
    )(command)


def listing_of(options: dict[str, Any]) -> Listing:
    """Remove the values of `listing_options` from the options and return them as a listing."""
    return Listing(
        index=options.pop("index"),
        root=options.pop("root"),
        annotations=options.pop("annotations"),
        columns={role: options.pop(f"{role}_column") for role in LIST_ROLES},
    )
