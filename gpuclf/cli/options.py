"""Options of the commands, read off the fields of parameters."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import Field, fields
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import rich_click as click
from rich_click import rich_click

from gpuclf._utils.memory import memory_limit
from gpuclf.config.experiment import FEATURES, Experiment
from gpuclf.config.presets import PRESETS
from gpuclf.errors import InputError

# One column for the options and one for what they mean: narrow terminals have no room for three.
rich_click.OPTIONS_TABLE_COLUMN_TYPES = ["required", "opt_all_metavar", "help"]

READING = "Reading"
MANY = 3  # choices that are listed beside the option, and not in its help

Command = TypeVar("Command", bound=Callable[..., Any])


def parameter_options(kind: type, *panels: str) -> Callable[[Command], Command]:
    """Give a command the options of a dataclass of parameters that belong to some panels."""

    def decorate(command: Command) -> Command:
        hints = get_type_hints(kind)
        for parameter in reversed(fields(kind)):
            if parameter.name != "file" and parameter.metadata["panel"] in panels:
                command = _option(parameter, hints[parameter.name])(command)
        return command

    return decorate


def experiment_options(*panels: str) -> Callable[[Command], Command]:
    """Give a command the options of an experiment that belong to some panels, and ``--config``."""

    def decorate(command: Command) -> Command:
        command = parameter_options(Experiment, *panels)(command)
        if FEATURES in panels:
            command = preset_option("Defaults to begin with. [default: those the file names]")(
                command
            )
        return click.option(
            "--config",
            type=click.Path(),
            metavar="FILE.toml",
            help="Read the experiment from a TOML file; options go before it.",
        )(command)

    return decorate


def preset_option(help: str) -> Callable[[Command], Command]:
    """Give a command ``--preset``."""
    return click.option("--preset", type=click.Choice(list(PRESETS)), help=help)


def common_options(command: Command) -> Command:
    """Give a command ``--backend`` and ``--verbose``."""
    command = click.option(
        "-v", "--verbose", is_flag=True, callback=_log, expose_value=False, help="Tell more."
    )(command)
    return click.option(
        "--backend",
        type=click.Choice(["auto", "cpu", "gpu"]),
        default="auto",
        show_default=True,
        help="Where to compute; auto takes the GPU if it works.",
    )(command)


def report_option(command: Command) -> Command:
    """Give a command ``--report``."""
    return click.option(
        "--report",
        type=click.Path(),
        metavar="OUT.html",
        help="Write a page of the result here; figures want matplotlib.",
    )(command)


def reading_options(command: Command) -> Command:
    """Give a command ``--memory`` and ``--no-cache``: how frames are read."""
    command = click.option(
        "--cache/--no-cache",
        default=True,
        help="Keep the feature vectors, so that the next run starts at once. [default: --cache]",
        panel=READING,
    )(command)
    return memory_option(command)


def memory_option(command: Command) -> Command:
    """Give a command ``--memory``."""
    return click.option(
        "--memory",
        metavar="LIMIT",
        callback=_bytes,
        help="Memory for reading, such as 512M. [default: a quarter of what is free, at most 1G]",
        panel=READING,
    )(command)


def typed_experiment(file: str | None, config: str | None, options: dict[str, Any]) -> Experiment:
    """Put an experiment together: the preset's defaults, the TOML file, then what was typed."""
    preset = options.pop("preset", None)
    typed = {name: value for name, value in options.items() if value is not None}
    values = {**(Experiment.read_toml(config) if config else {}), **typed}
    file = file or values.pop("file", None)
    if file is None:
        raise InputError("FILE", got="none", expected="a feature file, here or in --config")
    return Experiment.for_file(file, preset, **{k: v for k, v in values.items() if k != "file"})


def _option(parameter: Field[Any], hint: Any) -> Callable[[Command], Command]:
    """Make the option of one hyper-parameter; left out, it says nothing."""
    name, default = parameter.name, parameter.default
    flag = "--" + name.replace("_", "-")
    known = ",".join(default) if isinstance(default, tuple) else default
    if hint is bool:  # what is on by default can be turned off
        known = flag if default else None
        flag += f"/--no-{flag[2:]}" if default else ""
    kind = _option_type(hint)
    text = parameter.metadata["help"]
    long = isinstance(kind, click.Choice) and len(kind.choices) > MANY
    if long:
        text = f"{text.rstrip('.')}: {', '.join(kind.choices)}."
    return click.option(
        flag,
        name,
        default=None,
        is_flag=hint is bool,
        type=kind,
        metavar="KIND" if long else None,
        help=text + ("" if known is None else f" [default: {known}]"),
        panel=parameter.metadata["panel"],
    )


def _option_type(hint: Any) -> Any:
    """Give click's type for a field's; what click cannot tell, the field's own check does."""
    if get_origin(hint) is Literal:
        return click.Choice(get_args(hint))
    if get_origin(hint) is tuple:
        return click.STRING  # a list with commas
    alternatives = [kind for kind in get_args(hint) if kind is not type(None)] or [hint]
    return alternatives[0] if len(alternatives) == 1 else _NumberOrWord()


class _NumberOrWord(click.ParamType):  # type: ignore[type-arg]
    name = "number or word"

    def convert(self, value: Any, param: Any, ctx: Any) -> float | str:
        try:
            return float(value)
        except ValueError:
            return str(value)


def _log(context: click.Context, parameter: click.Parameter, verbose: bool) -> None:
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING, format="gpuclf: %(message)s"
    )


def _bytes(context: click.Context, parameter: click.Parameter, limit: str | None) -> int | None:
    return None if limit is None else memory_limit(limit)
