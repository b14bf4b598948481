"""Layout of a command's help, and the pointer to it in usage errors.

``--help`` shows every option: there is one place to look, and pagers and grep search all of it.
The first panel holds the options that most runs need; the others follow, one panel per topic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import rich_click as click
from rich_click.rich_panel import RichOptionPanel

from gpuclf.errors import InputError

COMMON = "Common options"
SEARCH = "Search"
WINDOWS = "Windows of recordings"
VECTORS = "Feature vectors"
SPECTRA = "Spectral analysis"
EMBEDDINGS = "Embeddings by an ONNX model"
CLASSIFIER = "Classifier"
VALIDATION = "Cross-validation"
CLIPS = "Clips"
COMPUTATION = "Computation"
CONFIGURATION = "Configuration"
OUTPUT = "Output"
PANELS = (
    *(COMMON, SEARCH, WINDOWS, VECTORS, SPECTRA, EMBEDDINGS),
    *(CLASSIFIER, VALIDATION, CLIPS, COMPUTATION, CONFIGURATION, OUTPUT),
)


class Command(click.RichCommand):
    """A command whose errors about its options name the command that shows its help."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except InputError as error:
            names = {
                name for each in self.params for name in (each.human_readable_name, *each.opts)
            }
            if str(error).partition(":")[0] not in names:
                raise
            raise InputError(see_help(str(error), ctx)) from error


def see_help(message: str, context: click.Context | None) -> str:
    """Return an error message that ends with the command that shows the help."""
    if context is None:
        return message
    separator = " " if message.endswith("?") else "; "
    return f"{message.removesuffix('.')}{separator}see: {context.command_path} --help"


def command(
    *examples: str, common: Sequence[str] = ()
) -> Callable[[Callable[..., Any]], click.RichCommand]:
    """Return a decorator that makes a command of a function.

    Parameters
    ----------
    *examples : str
        Command lines at the end of its help.
    common : sequence of str
        Options of the first panel; by default all, in a single panel.
    """

    def decorate(function: Callable[..., Any]) -> click.RichCommand:
        made = click.command(cls=Command, epilog="\n\n".join(["Examples:", *examples]))(function)
        made.params.sort(key=lambda each: PANELS.index(getattr(each, "panel", None) or COMMON))
        options = [each.opts[-1] for each in made.params if isinstance(each, click.Option)]
        title, options = (COMMON, [*common]) if common else ("Options", options)
        made.add_panel(RichOptionPanel(title, options=[*options, "--help"]))
        return made

    return decorate
