"""Options that the user gives, as opposed to defaults."""

from __future__ import annotations

import rich_click as click
from click.core import ParameterSource


def given_options() -> list[str]:
    """Return the names of the options of the current command that are on the command line."""
    context = click.get_current_context(silent=True)
    if context is None:
        return []
    options = [each.name for each in context.command.params if isinstance(each, click.Option)]
    return [
        name
        for name in filter(None, options)
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    ]
