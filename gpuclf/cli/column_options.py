"""Options that name the columns of a table, the same in every command that reads one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import rich_click as click

from gpuclf.cli.command_help import CLIPS
from gpuclf.errors import one_of
from gpuclf.features.importers.column_names import USUAL_NAMES

DESCRIPTIONS = {
    "path": "Column of the path of the file.",
    "clip": "Column of the unique name of the clip.",
    "label": "Column of the class.",
    "group": "Column of the group; clips of one group are never split between training and test.",
    "fold": "Column of the predefined fold, an integer.",
    "id": "Column of the unique name of the clip.",
    "start": "Column of the start of the clip in its file, in seconds.",
    "end": "Column of the end of the clip in its file, in seconds.",
}

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def column_options(*roles: str) -> Callable[[Decorated], Decorated]:
    """Return a decorator that adds ``--ROLE-column`` for each role.

    Parameters
    ----------
    *roles : {'path', 'clip', 'label', 'group', 'fold', 'id', 'start', 'end'}
        The command has the parameters ``path_column`` and so on: a column name, or None.
    """

    def decorate(command: Decorated) -> Decorated:
        for role in reversed(roles):
            names = USUAL_NAMES[role]
            usual = one_of(names) if len(names) > 1 else names[0]
            command = click.option(
                f"--{role}-column",
                metavar="NAME",
                help=f"{DESCRIPTIONS[role]} [default: {usual}]",
                panel=CLIPS,
            )(command)
        return command

    return decorate
