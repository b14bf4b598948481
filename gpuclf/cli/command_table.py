"""The table of commands; each is a function that parses, calls and prints.

A command's module, and the libraries it needs, are imported when it is invoked: ``--help`` stays
fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import rich_click as click
from rich_click import rich_click

# Two columns, names and help: a third one for types does not fit into 80 characters.
rich_click.OPTIONS_TABLE_COLUMN_TYPES = ["required", "opt_all_metavar", "help"]
rich_click.DELIMITER_SLASH = " / "  # a long pair --x / --no-x wraps between its two names

COMMANDS = {
    "doctor": "Show the installed versions, and which backend is selected and why.",
    "demo": "Create a small feature file and cross-validate a classifier on it.",
    "run": "Evaluate recordings or embeddings: from a folder or file to a report.",
    "info": "Show the feature sets, classes and clips of a feature file.",
    "extract": "Extract features from recordings to a feature file.",
    "pack": "Convert existing features to a feature file.",
    "evaluate": "Cross-validate a classifier: the main command.",
    "search": "Select hyper-parameters by nested cross-validation.",
    "compare": "Compare two results fold by fold with a paired test.",
    "report": "Rank several results and test each against the best.",
    "sweep": "Cross-validate a classifier for each value of one hyper-parameter.",
    "audit": "Measure how much each type of data leakage inflates the accuracy.",
    "train": "Fit a classifier on all clips and save it as a model.",
    "predict": "Predict the classes of clips or recordings with a saved model.",
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


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="\n\n".join(
        ["Examples:", "gpuclf demo", "gpuclf run recordings/", "gpuclf evaluate --help"]
    ),
)
@click.version_option(package_name="gpuclf", help="Show the version and exit.")
def gpuclf() -> None:
    """Classify recordings with a support vector machine on frame-level features.

    The frames of a recording (clip) are aggregated to feature vectors; each vector is classified,
    and a clip gets the class that most of its vectors vote for.
    """


for name, summary in COMMANDS.items():
    gpuclf.add_command(LazyCommand(name=name, help=summary))
