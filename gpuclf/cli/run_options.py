"""What evaluate, search, sweep and audit have in common: an experiment, a run, a record."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

from gpuclf.cli.options import common_options, report_option, typed_experiment
from gpuclf.errors import InputError, OutputError

if TYPE_CHECKING:  # --help loads no h5py
    from gpuclf.report.html_page import Page
    from gpuclf.report.sections import Run
    from gpuclf.validation.journal import Journal

Command = TypeVar("Command", bound=Callable[..., Any])
Found = TypeVar("Found")


def job_options(command: Command) -> Command:
    """Give a command FILE, ``--json`` and ``--restart``, and what all commands have."""
    command = common_options(command)
    command = click.option(
        "--restart", is_flag=True, help="Throw away what a run that was stopped left finished."
    )(command)
    command = click.option(
        "--json",
        type=click.Path(),
        metavar="OUT",
        help="Write the whole result here. A run that is stopped leaves OUT.journal, and goes on "
        "there when it is started again.",
    )(report_option(command))
    return click.argument("file", type=click.Path(), required=False)(command)


class Job:
    """One run over a feature file.

    Parameters
    ----------
    command : str
        What it is called.
    options : dict
        Of `job_options`, and of experiments and reading (`gpuclf.cli.options`), as click has them.
    *outputs : str or None
        Other files that will be written; the journal stands beside the first of all.
    """

    def __init__(self, command: str, options: dict[str, Any], *outputs: str | None) -> None:
        from gpuclf._utils.files import check_distinct, check_output
        from gpuclf.backend import resolve
        from gpuclf.config.presets import ATTRIBUTE
        from gpuclf.features.feature_file import open_features
        from gpuclf.report import tables
        from gpuclf.validation.journal import SUFFIX, beside
        from gpuclf.workflows.run_context import Reading

        options = dict(options)
        self.command = command
        self.json, self.report = options.pop("json"), options.pop("report")
        self.restart = options.pop("restart")
        backend, config = options.pop("backend"), options.pop("config")
        self.reading = Reading(options.pop("memory"), options.pop("cache"))
        preset = options.get("preset")
        experiment = typed_experiment(options.pop("file"), config, options)
        self.outputs = [
            output for output in (self.json, self.report, *outputs) if output is not None
        ]
        self.journal = beside(self.outputs[0]) if self.outputs else None
        for output in [*self.outputs, self.journal] if self.journal else []:
            check_output(output, inputs=[*experiment.inputs, config])
        check_distinct(self.outputs)
        for output in self.outputs:
            if output.endswith(SUFFIX):
                raise InputError(output, got="the name of a journal", expected="another one")
        if self.restart and self.journal is None:
            raise InputError("restart", got="no output", expected="that of the stopped run")
        if experiment.permutations and "permutations" not in options:
            warnings.warn("permutations are evaluate's alone: left out here", stacklevel=2)
        self.backend = resolve(backend)
        with open_features(experiment.file or "") as store:
            features = experiment.select(store)
            self.experiment = replace(experiment, dataset=features.name)
            preset = preset or store.attributes.get(ATTRIBUTE, "thesis")
            self.about = {
                "file": str(store.path),
                "features": tables.describe_features(features),
                **({} if preset == "thesis" else {"defaults": f"of the preset {preset}"}),
                "backend": f"{self.backend.name}, {self.backend.device}",
            }

    def run(
        self,
        call: Callable[..., Found],
        content: Callable[[Found], Mapping[str, Any]],
        page: Callable[[Found, Run], Page],
        save: Callable[[Found], None] = lambda found: None,
        *,
        mean: bool = False,
        **more: Any,
    ) -> Found:
        """Call, tell how far it has come, and write the record.

        Parameters
        ----------
        call : callable
            Takes the experiment, and the keywords of `gpuclf.evaluate`.
        content : callable
            Gives what the record says of the result.
        page : callable
            Makes the page of ``--report``.
        save : callable
            Writes other files.
        mean : bool
            Whether scores of all folds are of one setting.
        **more
            The command's own options, as plain values: another run has others.
        """
        from gpuclf._utils.files import write_json
        from gpuclf.report.progress import RunProgress
        from gpuclf.report.provenance import record
        from gpuclf.report.sections import Run

        with RunProgress(mean=mean) as progress, self._journal(more) as journal:
            if journal:
                progress.tell(f"{journal.path}: goes on after {len(journal)} finished pieces")
            found = call(
                self.experiment,
                backend=self.backend,
                reading=self.reading,
                on_clips=progress.on_clips,
                on_fold=progress.on_fold,
                on_problems=progress.on_problems,
                finished=journal,
            )
            written = record(self.experiment, self.backend, content(found))
            if self.json is not None:
                write_json(self.json, written)
            if self.report is not None:
                page(found, Run(self.experiment, written, self.backend)).write(self.report)
            save(found)
            if journal is not None:
                journal.remove()
        return found

    @contextmanager
    def _journal(self, more: Mapping[str, Any]) -> Iterator[Journal | None]:
        """Give the journal beside the output; say what is kept in it if the run is stopped."""
        from gpuclf._utils.files import remove_drafts
        from gpuclf.report.provenance import identity
        from gpuclf.validation.journal import Journal

        if self.journal is None:
            yield None
            return
        run = identity(self.command, self.experiment, self.backend, more)
        with Journal(self.journal, run, restart=self.restart) as journal:
            for output in self.outputs:  # which nobody else is writing, as the journal is ours
                remove_drafts(output)
            try:
                yield journal
            except (OutputError, KeyboardInterrupt, SystemExit) as error:
                if not len(journal):
                    raise
                kept = f"what is finished is kept in {journal.path}: the same command goes on there"
                if isinstance(error, OutputError):
                    raise OutputError(f"{error}; {kept}") from error
                click.echo(f"gpuclf: {kept}", err=True)
                raise
