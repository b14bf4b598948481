"""Options of the commands, generated from the fields of the parameter dataclasses."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

import rich_click as click

from gpuclf._utils.docstrings import parameter_descriptions
from gpuclf._utils.memory import memory_limit
from gpuclf.cli.command_help import (
    CLASSIFIER,
    CLIPS,
    COMPUTATION,
    CONFIGURATION,
    OUTPUT,
    VALIDATION,
    VECTORS,
    see_help,
)
from gpuclf.cli.field_option import field_option
from gpuclf.cli.given_options import given_options
from gpuclf.cli.logs import configure_logging
from gpuclf.cli.other_inputs import check_feature_file
from gpuclf.config.experiment import PART_OF, Experiment
from gpuclf.config.parts import Clips, Features, Probabilities, Svm
from gpuclf.config.presets import PRESETS
from gpuclf.errors import InputError
from gpuclf.validation.options import Validation

if TYPE_CHECKING:  # --help loads no h5py
    from gpuclf.features.feature_file import FeatureStore
    from gpuclf.tuning.space import Space

PANEL_OF_PART = {
    **{Features: VECTORS, Svm: CLASSIFIER, Probabilities: CLASSIFIER},
    **{Clips: CLIPS, Validation: VALIDATION},
}
PANEL_OF_FIELD = {
    "n_classes": CLIPS,
    "n_clips": CLIPS,
    "n_frames": CLIPS,
    "solver": COMPUTATION,
}

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def parameter_options(
    kind: type, panel: str, exclude: Collection[str] = ()
) -> Callable[[Decorated], Decorated]:
    """Return a decorator that adds the options of a dataclass of parameters to a command.

    Parameters
    ----------
    kind : type
        Its docstring describes its fields.
    panel : str
        Panel of the help for fields that `PANEL_OF_FIELD` does not list.
    exclude : collection of str
        Fields without an option.
    """

    def decorate(command: Decorated) -> Decorated:
        hints, descriptions = get_type_hints(kind), parameter_descriptions(kind)
        for parameter in reversed(fields(kind)):
            name = parameter.name
            if name not in exclude:
                title = PANEL_OF_FIELD.get(name, panel)
                description = descriptions.get(name, "")
                command = field_option(parameter, hints[name], description, title)(command)
        return command

    return decorate


def experiment_options(
    *parts: type, permutations: bool = False
) -> Callable[[Decorated], Decorated]:
    """Return a decorator that adds the options of parts of an experiment, and ``--config``.

    Parameters
    ----------
    *parts : {Features, Svm, Clips, Validation}
    permutations : bool
        Whether the command can run a permutation test.
    """
    exclude = () if permutations else ("permutations",)

    def decorate(command: Decorated) -> Decorated:
        for part in reversed(parts):
            command = parameter_options(part, PANEL_OF_PART[part], exclude)(command)
        if Features in parts:
            command = preset_option(
                "Set of defaults. [default: the one stored in FILE, else embeddings (clips layout) "
                "or thesis (grid)]"
            )(command)
        return click.option(
            "--config",
            type=click.Path(),
            metavar="FILE.toml",
            help="TOML file with values of these options; the command line takes precedence.",
            panel=CONFIGURATION,
        )(command)

    return decorate


def preset_option(help: str) -> Callable[[Decorated], Decorated]:
    """Return a decorator that adds ``--preset``."""
    return click.option(
        "--preset", type=click.Choice(list(PRESETS)), help=help, panel=CONFIGURATION
    )


def common_options(command: Decorated) -> Decorated:
    """Add ``--backend``, ``--device`` and ``--verbose`` to a command.

    The command has the parameter ``backend``, as `gpuclf.backend.resolve` accepts it.
    """
    command = click.option(
        "-v",
        "--verbose",
        is_flag=True,
        callback=configure_logging,
        expose_value=False,
        help="Enable verbose logging.",
        panel=OUTPUT,
    )(command)
    command = click.option(
        "--device",
        type=click.IntRange(min=0),
        metavar="N",
        callback=_select_gpu,
        expose_value=False,
        help="Number of the GPU, from 0, among the visible ones (CUDA_VISIBLE_DEVICES); implies "
        "--backend gpu.",
        panel=COMPUTATION,
    )(command)
    return click.option(
        "--backend",
        type=click.Choice(["auto", "cpu", "gpu"]),
        default="auto",
        is_eager=True,  # before --device
        help="Computing device; 'auto': the GPU if it is usable, else the CPU. [default: auto]",
        panel=COMPUTATION,
    )(command)


def report_option(command: Decorated) -> Decorated:
    """Add ``--report`` to a command."""
    return click.option(
        "--report",
        type=click.Path(),
        metavar="OUT.html",
        help="Output file for an HTML report; figures require matplotlib.",
        panel=OUTPUT,
    )(command)


def reading_options(command: Decorated) -> Decorated:
    """Add ``--memory`` and ``--cache/--no-cache`` to a command."""
    command = click.option(
        "--cache/--no-cache",
        default=True,
        help="Store the feature vectors on disk for later runs. [default: --cache]",
        panel=COMPUTATION,
    )(command)
    return memory_option(command)


def memory_option(command: Decorated) -> Decorated:
    """Add ``--memory`` to a command."""
    return click.option(
        "--memory",
        metavar="SIZE",
        callback=_parse_memory,
        help="Maximum memory for reading frames, such as 512M. "
        "[default: a quarter of the free memory, at most 1G]",
        panel=COMPUTATION,
    )(command)


@contextmanager
def opened_experiment(
    file: str | None,
    config: str | None,
    options: dict[str, Any],
    space: Space | None = None,
    *,
    with_base: bool = False,
) -> Iterator[tuple[FeatureStore, Experiment]]:
    """Open a feature file and create its experiment.

    Parameters
    ----------
    file : str or None
        Feature file; by default the one that the TOML file names.
    config : str or None
        TOML file.
    options : dict
        Hyper-parameters as click returns them, None for those not given; and ``preset``.
    space : mapping of str to Choice or Range, optional
        Values of hyper-parameters that the run compares.
    with_base : bool
        Whether the run also evaluates the hyper-parameters of the experiment itself.

    Yields
    ------
    FeatureStore, Experiment
        Options take precedence over the TOML file, and both over the defaults of the preset.
    """
    from gpuclf.config.effects import check_effects
    from gpuclf.features.feature_file import open_features

    given = {name: value for name, value in options.items() if value is not None}
    preset = given.pop("preset", None)
    values = {**(Experiment.read_toml(config) if config else {}), **given}
    file = file or values.get("file")
    if file is None:
        raise InputError("FILE", got="none", expected="a feature file, here or in --config")
    values.pop("file", None)
    check_feature_file(file)
    with open_features(file) as store:
        experiment = Experiment.for_store(store, preset, **values)
        varied = {name: axis.ends for name, axis in (space or {}).items()}
        values = {**{name: [getattr(experiment, name)] for name in PART_OF}, **varied}
        check_effects(given_options(), values, () if with_base else varied)
        yield store, experiment


def _select_gpu(context: click.Context, parameter: click.Parameter, number: int | None) -> None:
    """Select a GPU by number: the backend ``gpu:N``."""
    if number is None:
        return
    if context.params["backend"] == "cpu":
        message = f"device: got {number} with --backend cpu, expected --backend gpu"
        raise InputError(see_help(message, context))
    context.params["backend"] = f"gpu:{number}"


def _parse_memory(
    context: click.Context, parameter: click.Parameter, limit: str | None
) -> int | None:
    try:
        return None if limit is None else memory_limit(limit)
    except InputError as error:
        raise InputError(see_help(str(error), context)) from error
