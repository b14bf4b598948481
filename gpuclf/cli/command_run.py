"""Shared code of evaluate, search, sweep and audit: the run, its checkpoint and its outputs."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

from gpuclf.cli.command_help import OUTPUT
from gpuclf.cli.options import common_options, opened_experiment, report_option
from gpuclf.cli.resumable import resumable
from gpuclf.errors import InputError

if TYPE_CHECKING:  # --help loads no h5py
    from gpuclf.report.html_page import Page
    from gpuclf.report.progress import RunProgress
    from gpuclf.report.provenance import Provenance
    from gpuclf.tuning.space import Space
    from gpuclf.validation.checkpoint import Checkpoint
    from gpuclf.workflows.run_context import RunContext

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def run_options(command: Decorated) -> Decorated:
    """Add FILE and `output_options` to a command."""
    command = output_options(command)
    return click.argument("file", type=click.Path(), required=False)(command)


def output_options(command: Decorated) -> Decorated:
    """Add ``--json``, ``--report``, ``--restart`` and the common options to a command."""
    command = common_options(command)
    command = click.option(
        "--restart",
        is_flag=True,
        help="Discard the checkpoint of an interrupted run and start over.",
        panel=OUTPUT,
    )(command)
    return click.option(
        "--json",
        type=click.Path(),
        metavar="OUT",
        help="Output file for the full result (JSON). An interrupted run leaves OUT.checkpoint; "
        "rerun the same command to resume.",
        panel=OUTPUT,
    )(report_option(command))


@dataclass(frozen=True)
class CommandRun:
    """A run on a feature file, and its output files.

    Parameters
    ----------
    context : RunContext
    facts : dict of str to str
        File, features and backend, to be printed.
    json, report : str or None
        Output files.
    """

    context: RunContext
    facts: dict[str, str]
    json: str | None
    report: str | None

    def write(self, content: Mapping[str, Any], page: Callable[[Provenance], Page]) -> None:
        """Write the output files.

        Parameters
        ----------
        content : mapping
            The result as JSON-compatible values.
        page : callable
            Returns the page of ``--report``.
        """
        from gpuclf._utils.files import write_json
        from gpuclf.report.provenance import Provenance, record

        experiment = self.context.experiment
        split = self.context.folds_text
        written = record(experiment, self.context.backend, {"split": split, **content})
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
    space: Space | None = None,
    with_base: bool = False,
) -> Iterator[CommandRun]:
    """Open the feature file and the checkpoint of a command, and show its progress.

    Parameters
    ----------
    command : str
        Name of the command.
    options : mapping
        Values, as click returns them, of `run_options`, `experiment_options` and
        `reading_options`.
    own : mapping, optional
        Further options of the command as JSON-compatible values; a checkpoint with other values
        belongs to another run.
    outputs : sequence of str or None
        Further output files; the checkpoint is named after the first output file.
    mean : bool
        Whether the progress shows the mean score: all folds are of one setting.
    space, with_base
        See `gpuclf.cli.options.opened_experiment`.

    Yields
    ------
    CommandRun
        To compute and to write with; the checkpoint is deleted if the block ends without an error.
    """
    from gpuclf.report.progress import RunProgress
    from gpuclf.workflows.run_context import run_over

    options = dict(options)
    json, report, restart = (options.pop(name) for name in ("json", "report", "restart"))
    backend, config = options.pop("backend"), options.pop("config")
    memory, cache = options.pop("memory"), options.pop("cache")
    preset = options.get("preset")
    files = [output for output in (json, report, *outputs) if output is not None]
    opened = opened_experiment(options.pop("file"), config, options, space, with_base=with_base)
    with opened as (store, experiment):
        check_outputs(files, [*experiment.inputs, config], restart=restart)
        if experiment.permutations and "permutations" not in options:
            warnings.warn(f"permutations: not used by {command}, ignored", stacklevel=3)
        with RunProgress(mean=mean) as progress:
            run = run_over(
                store, experiment, backend=backend, progress=progress, memory=memory, cache=cache
            )
            with _checkpoint(
                command, run, files, own or {}, progress, restart=restart
            ) as checkpoint:
                if checkpoint:
                    progress.report(f"resuming: {len(checkpoint)} folds already done")
                run.checkpoint = checkpoint
                progress.split = run.folds_text
                yield CommandRun(run, _facts(run, preset), json, report)
                if checkpoint is not None:
                    checkpoint.remove()


def check_outputs(files: Sequence[str], inputs: Sequence[str | None], *, restart: bool) -> None:
    """Check that the outputs are writable, distinct, and not among the inputs."""
    from gpuclf._utils.files import check_distinct, check_output
    from gpuclf.validation.checkpoint import SUFFIX, checkpoint_path

    checkpoints = [str(checkpoint_path(file)) for file in files[:1]]
    for output in [*files, *checkpoints]:
        check_output(output, inputs=inputs)
    check_distinct(files)
    for output in files:
        if output.endswith(SUFFIX):
            raise InputError(output, got="the name of a checkpoint", expected="another name")
    if restart and not files:
        expected = "--json, --report or another output of the interrupted run"
        raise InputError("restart", got="no output file", expected=expected)


def _facts(run: RunContext, preset: str | None) -> dict[str, str]:
    from gpuclf.config.presets import preset_of
    from gpuclf.report.tables import describe_features

    preset = preset or preset_of(run.store)
    return {
        "file": str(run.store.path),
        "features": describe_features(run.features({})),
        **({} if preset == "thesis" else {"defaults": f"preset {preset}"}),
        "split": run.folds_text,
        "backend": f"{run.backend.name}, {run.backend.device}",
    }


@contextmanager
def _checkpoint(
    command: str,
    run: RunContext,
    files: list[str],
    own: Mapping[str, object],
    progress: RunProgress,
    *,
    restart: bool,
) -> Iterator[Checkpoint | None]:
    """Open the checkpoint of the outputs, from which an interrupted run resumes."""
    from gpuclf._utils.files import remove_drafts
    from gpuclf.report.provenance import identity
    from gpuclf.validation.checkpoint import Checkpoint, checkpoint_path

    if not files:
        yield None
        return
    run_identity = identity(command, run.experiment, run.backend, own)
    with Checkpoint(checkpoint_path(files[0]), run_identity, restart=restart) as checkpoint:
        for output in files:  # safe: the checkpoint is locked, so no other run writes them
            remove_drafts(output)
        with resumable(progress, lambda: checkpoint.path if len(checkpoint) else None):
            yield checkpoint
