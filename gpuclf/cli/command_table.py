"""The table of commands; each is a function that parses, calls and prints.

A command's module, and the libraries it needs, are imported when it is invoked, so that ``--help``
answers at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import rich_click as click
from rich_click import rich_click

# One column for the options and one for what they mean: narrow terminals have no room for three.
rich_click.OPTIONS_TABLE_COLUMN_TYPES = ["required", "opt_all_metavar", "help"]

COMMANDS = {
    "doctor": "Say what is installed, which backend would be used, and why.",
    "demo": "Make a small feature file and run the main job on it.",
    "info": "Describe a feature file: attributes, feature sets, shapes, sizes, clips.",
    "extract": "Extract the features of recordings into a feature file.",
    "pack": "Pack features made elsewhere into a feature file.",
    "evaluate": "Cross-validate a classifier of clips: the main job.",
    "search": "Choose hyper-parameters by nested cross-validation.",
    "compare": "Compare two results over the same splits by a paired test, corrected for overlap.",
    "sweep": "Cross-validate one hyper-parameter's values, against a baseline and chance.",
    "audit": "Measure how many points each leak would add to the accuracy.",
    "train": "Fit a classifier on all clips and save it.",
    "predict": "Label the clips of a feature file, or recordings, with their votes and margin.",
}


class LazyCommand(click.RichCommand):
    """A command of the table, whose module is imported when it is invoked."""

    def make_context(
        self, info_name: str | None, args: list[str], *more: Any, **options: Any
    ) -> Any:
        """Return the context of the command itself."""
        return command_named(str(self.name)).make_context(info_name, args, *more, **options)


def command_named(name: str) -> click.Command:
    """Import a command of the table."""
    command: click.Command = getattr(import_module(f"gpuclf.cli.{name}"), name)
    return command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="gpuclf")
def gpuclf() -> None:
    """Classify recordings from frame-level features: aggregate, scale, SVM, vote, cross-validate.

    Start with `gpuclf demo`, then `gpuclf evaluate FILE`.
    """


for name, summary in COMMANDS.items():
    gpuclf.add_command(LazyCommand(name=name, help=summary))
