"""The main command: evaluate."""

from __future__ import annotations

from typing import Any

import rich_click as click

from gpuclf.cli.options import experiment_options, reading_options
from gpuclf.cli.run_options import Job, job_options
from gpuclf.config.experiment import CLIPS, FEATURES, PERMUTATION, SVM, VALIDATION


@click.command(
    epilog="Example: gpuclf evaluate features.hdf5 --dataset Xs --kernel rbf --report result.html"
)
@job_options
@experiment_options(FEATURES, SVM, CLIPS, VALIDATION, PERMUTATION)
@reading_options
def evaluate(**options: Any) -> None:
    """Cross-validate a classifier of clips: the main job."""
    from gpuclf.report import tables
    from gpuclf.report.evaluate import result_tables
    from gpuclf.report.pages import evaluate_page
    from gpuclf.validation.cv_result import CrossValidation
    from gpuclf.workflows.evaluate import evaluate as run

    job = Job("evaluate", options)
    result = job.run(run, CrossValidation.to_dict, evaluate_page, mean=True)
    console = tables.stdout()
    console.print(tables.pairs(job.about))
    console.print(result_tables(result, console))
