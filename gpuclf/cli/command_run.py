"""What evaluate, search, sweep and audit have in common: a run, its checkpoint and its outputs."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

from gpuclf.cli.options import common_options, opened_experiment, report_option
from gpuclf.errors import InputError, OutputError

if TYPE_CHECKING:  # --help loads no h5py
    from gpuclf.report.html_page import Page
    from gpuclf.report.provenance import Provenance
    from gpuclf.validation.checkpoint import Checkpoint
    from gpuclf.workflows.run_context import RunContext

Command = TypeVar("Command", bound=Callable[..., Any])


def run_options(command: Command) -> Command:
    """Add FILE, ``--json``, ``--report`` and ``--restart`` to a command, and the common options."""
    command = common_options(command)
    command = click.option(
        "--restart", is_flag=True, help="Throw away what a run that was stopped left finished."
    )(command)
    command = click.option(
        "--json",
        type=click.Path(),
        metavar="OUT",
        help="Write the whole result here. A run that is stopped leaves OUT.checkpoint, and goes "
        "on there when it is started again.",
    )(report_option(command))
    return click.argument("file", type=click.Path(), required=False)(command)


@dataclass(frozen=True)
class CommandRun:
    """A run over a feature file, and where its result goes.

    Parameters
    ----------
    context : RunContext
    facts : dict of str to str
        File, features and backend, for people to read.
    json, report : str or None
        Output files.
    """

    context: RunContext
    facts: dict[str, str]
    json: str | None
    report: str | None

    def write(self, content: Mapping[str, Any], page: Callable[[Provenance], Page]) -> None:
        """Write the result.

        Parameters
        ----------
        content : mapping
            The result, as plain values.
        page : callable
            Returns the page of ``--report``.
        """
        from gpuclf._utils.files import write_json
        from gpuclf.report.provenance import Provenance, record

        experiment = self.context.experiment
        written = record(experiment, self.context.backend, content)
        if self.json is not None:
            write_json(self.json, written)
        if self.report is not None:
            page(Provenance(experiment, written)).write(self.report)


@contextmanager
def command_run(
    command: str,
    options: Mapping[str, Any],
    own: Mapping[str, object] | None = None,
    outputs: Sequence[str | None] = (),
    *,
    mean: bool = False,
) -> Iterator[CommandRun]:
    """Open the feature file and the checkpoint of a command, and show its progress.

    Parameters
    ----------
    command : str
        Its name.
    options : mapping
        Of `run_options`, and of experiments and reading (`gpuclf.cli.options`), as click has them.
    own : mapping, optional
        The command's own options, as plain values: a run with others is another run.
    outputs : sequence of str or None
        Other files that the command writes; the checkpoint stands beside the first of all.
    mean : bool
        Whether scores of all folds are of one setting.

    Yields
    ------
    CommandRun
        The command computes, and writes its outputs, before it goes on.
    """
    from gpuclf.report.progress import RunProgress
    from gpuclf.workflows.run_context import run_over

    options = dict(options)
    json, report, restart = (options.pop(name) for name in ("json", "report", "restart"))
    backend, config = options.pop("backend"), options.pop("config")
    memory, cache = options.pop("memory"), options.pop("cache")
    preset = options.get("preset")
    files = [output for output in (json, report, *outputs) if output is not None]
    with opened_experiment(options.pop("file"), config, options) as (store, experiment):
        check_outputs(files, [*experiment.inputs, config], restart=restart)
        if experiment.permutations and "permutations" not in options:
            warnings.warn("permutations are evaluate's alone: left out here", stacklevel=3)
        with RunProgress(mean=mean) as progress:
            run = run_over(
                store, experiment, backend=backend, progress=progress, memory=memory, cache=cache
            )
            with _checkpoint(command, run, files, own or {}, restart=restart) as checkpoint:
                if checkpoint:
                    progress.tell(
                        f"{checkpoint.path}: goes on after {len(checkpoint)} finished pieces"
                    )
                run.checkpoint = checkpoint
                yield CommandRun(run, _facts(run, preset), json, report)
                if checkpoint is not None:
                    checkpoint.remove()


def check_outputs(files: Sequence[str], inputs: Sequence[str | None], *, restart: bool) -> None:
    """Check that outputs can be written, and are neither inputs nor one another."""
    from gpuclf._utils.files import check_distinct, check_output
    from gpuclf.validation.checkpoint import SUFFIX, checkpoint_path

    checkpoints = [str(checkpoint_path(file)) for file in files[:1]]
    for output in [*files, *checkpoints]:
        check_output(output, inputs=inputs)
    check_distinct(files)
    for output in files:
        if output.endswith(SUFFIX):
            raise InputError(output, got="the name of a checkpoint", expected="another one")
    if restart and not files:
        raise InputError("restart", got="no output", expected="that of the stopped run")


def _facts(run: RunContext, preset: str | None) -> dict[str, str]:
    from gpuclf.config.presets import preset_of
    from gpuclf.report.tables import describe_features

    preset = preset or preset_of(run.store.attributes)
    return {
        "file": str(run.store.path),
        "features": describe_features(run.features({})),
        **({} if preset == "thesis" else {"defaults": f"of the preset {preset}"}),
        "backend": f"{run.backend.name}, {run.backend.device}",
    }


@contextmanager
def _checkpoint(
    command: str, run: RunContext, files: list[str], own: Mapping[str, object], *, restart: bool
) -> Iterator[Checkpoint | None]:
    """Open the checkpoint beside the output; say what is kept in it if the run is stopped."""
    from gpuclf._utils.files import remove_drafts
    from gpuclf.report.provenance import identity
    from gpuclf.validation.checkpoint import Checkpoint, checkpoint_path

    if not files:
        yield None
        return
    about = identity(command, run.experiment, run.backend, own)
    with Checkpoint(checkpoint_path(files[0]), about, restart=restart) as checkpoint:
        for output in files:  # which nobody else is writing, as the checkpoint is ours
            remove_drafts(output)
        try:
            yield checkpoint
        except (OutputError, KeyboardInterrupt, SystemExit) as error:
            if not len(checkpoint):
                raise
            kept = f"what is finished is kept in {checkpoint.path}: the same command goes on there"
            if isinstance(error, OutputError):
                raise OutputError(f"{error}; {kept}") from error
            click.echo(f"gpuclf: {kept}", err=True)
            raise
