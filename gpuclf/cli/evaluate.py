"""The main command: evaluate."""

from __future__ import annotations

from typing import Any

import rich_click as click

from gpuclf.cli.command_run import command_run, run_options
from gpuclf.cli.options import experiment_options, reading_options
from gpuclf.config.parts import Clips, Features, Svm
from gpuclf.validation.options import Validation


@click.command(
    epilog="Example: gpuclf evaluate features.hdf5 --dataset Xs --kernel rbf --report result.html"
)
@run_options
@experiment_options(Features, Svm, Clips, Validation, permutations=True)
@reading_options
def evaluate(**options: Any) -> None:
    """Cross-validate a classifier of clips: the main job."""
    from gpuclf.report import tables
    from gpuclf.report.evaluate import evaluate_page
    from gpuclf.report.result import result_tables
    from gpuclf.workflows.evaluate import evaluate_run

    with command_run("evaluate", options, mean=True) as command:
        run = command.context
        result = evaluate_run(run)
        command.write(result.to_dict(), lambda about: evaluate_page(result, about, run))
    console = tables.stdout()
    console.print(tables.pairs(command.facts))
    console.print(result_tables(result, console))
