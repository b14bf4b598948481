"""Options of the commands, read off the fields of parameters."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import Field, fields
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import rich_click as click

from gpuclf._utils.docstrings import parameter_descriptions
from gpuclf._utils.memory import memory_limit
from gpuclf.config.experiment import Experiment
from gpuclf.config.parts import Clips, Features, Svm
from gpuclf.config.presets import PRESETS
from gpuclf.errors import InputError
from gpuclf.validation.options import Validation

if TYPE_CHECKING:  # --help loads no h5py
    from gpuclf.features.feature_file import FeatureStore

READING = "Reading"
PANELS = {
    Features: "Features",
    Svm: "Scaling and SVM",
    Clips: "Groups and folds",
    Validation: "Cross-validation",
}
MANY = 3  # choices that are listed beside the option, and not in its help

Command = TypeVar("Command", bound=Callable[..., Any])


def parameter_options(
    kind: type, panel: str, panels: Mapping[str, str] | None = None
) -> Callable[[Command], Command]:
    """Add the options of a dataclass of parameters to a command.

    Parameters
    ----------
    kind : type
        Its docstring describes its fields.
    panel : str
        Title under which ``--help`` lists them.
    panels : mapping of str to str, optional
        Titles for single fields; those of an empty title have no option.
    """
    titles = panels or {}

    def decorate(command: Command) -> Command:
        hints, descriptions = get_type_hints(kind), parameter_descriptions(kind)
        for parameter in reversed(fields(kind)):
            name = parameter.name
            if title := titles.get(name, panel):
                command = _option(parameter, hints[name], descriptions.get(name, ""), title)(
                    command
                )
        return command

    return decorate


def experiment_options(*parts: type, permutations: bool = False) -> Callable[[Command], Command]:
    """Add the options of parts of an experiment to a command, and ``--config``.

    Parameters
    ----------
    *parts : {Features, Svm, Clips, Validation}
    permutations : bool
        Whether the command can run a permutation test.
    """
    panels = {"permutations": "Permutation test" if permutations else ""}

    def decorate(command: Command) -> Command:
        for part in reversed(parts):
            command = parameter_options(part, PANELS[part], panels)(command)
        if Features in parts:
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


@contextmanager
def opened_experiment(
    file: str | None, config: str | None, options: dict[str, Any]
) -> Iterator[tuple[FeatureStore, Experiment]]:
    """Open a feature file, and put its experiment together.

    Parameters
    ----------
    file : str or None
        By default the one that the TOML file names.
    config : str or None
        The TOML file.
    options : dict
        Hyper-parameters as click has them, None if they were not given; and ``preset``.

    Yields
    ------
    FeatureStore, Experiment
        With the defaults of the preset, the values of the TOML file, then the options.
    """
    from gpuclf.features.feature_file import open_features

    given = {name: value for name, value in options.items() if value is not None}
    preset = given.pop("preset", None)
    values = {**(Experiment.read_toml(config) if config else {}), **given}
    file = file or values.get("file")
    if file is None:
        raise InputError("FILE", got="none", expected="a feature file, here or in --config")
    values.pop("file", None)
    with open_features(file) as store:
        yield store, Experiment.for_store(store, preset, **values)


def _option(
    parameter: Field[Any], hint: Any, description: str, panel: str
) -> Callable[[Command], Command]:
    """Return the option of one hyper-parameter; without it, the value is None."""
    name, default = parameter.name, parameter.default
    flag = "--" + name.replace("_", "-")
    known = ",".join(default) if isinstance(default, tuple) else default
    if hint is bool:  # what is on by default can be turned off
        known = flag if default else None
        flag += f"/--no-{flag[2:]}" if default else ""
    kind = _option_type(hint)
    text = description
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
        panel=panel,
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
