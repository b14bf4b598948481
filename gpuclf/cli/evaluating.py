"""The main command: evaluate."""

from __future__ import annotations

from typing import Any

import rich_click as click

from gpuclf.cli.job import Job, job_options
from gpuclf.cli.options import experiment_options, reading_options
from gpuclf.experiment import CLIPS, FEATURES, PERMUTATION, SVM, VALIDATION


@click.command(
    epilog="Example: gpuclf evaluate features.hdf5 --dataset Xs --kernel rbf --report result.html"
)
@job_options
@experiment_options(FEATURES, SVM, CLIPS, VALIDATION, PERMUTATION)
@reading_options
def evaluate(**options: Any) -> None:
    """Cross-validate a classifier of clips: the main job."""
    from gpuclf.pipeline import evaluate as run
    from gpuclf.report import tables
    from gpuclf.report.pages import evaluate_page
    from gpuclf.report.results import result_tables
    from gpuclf.selection import CrossValidation

    job = Job("evaluate", options)
    result = job.run(run, CrossValidation.to_dict, evaluate_page, mean=True)
    console = tables.stdout()
    console.print(tables.pairs(job.about))
    console.print(result_tables(result, console))
