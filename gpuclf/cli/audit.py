"""The command audit."""

from __future__ import annotations

from functools import partial
from typing import Any

import rich_click as click

from gpuclf.cli.options import experiment_options, reading_options
from gpuclf.cli.run_options import Job, job_options
from gpuclf.config.experiment import CLIPS, FEATURES, SVM, VALIDATION

AUDIT = "Audit"
USUAL = {"C": "C=0.01,0.1,1,10,100", "nu": "nu=0.05,0.1,0.2,0.3,0.5"}


@click.command(
    epilog="Example: gpuclf audit features.hdf5 --groups clips.csv:artist --split stratified-kfold "
    "--folds 5 --repeats 4"
)
@job_options
@click.option(
    "--grid",
    multiple=True,
    metavar="NAME=VALUES",
    help="Settings of which the best is chosen; repeatable. "
    "[default: n_vectors=3,6 with C=0.01,0.1,1,10,100, or values of nu]",
    panel=AUDIT,
)
@click.option(
    "--inner",
    type=click.IntRange(min=2),
    default=5,
    help="Inner folds of the honest choice. [default: 5]",
    panel=AUDIT,
)
@experiment_options(FEATURES, SVM, CLIPS, VALIDATION)
@reading_options
def audit(grid: tuple[str, ...], inner: int, **options: Any) -> None:
    """Measure how many points each leak would add to the accuracy.

    The same model is evaluated with and without: scaled over all clips first; with a clip's vectors
    on both sides; with groups parted; with hyper-parameters chosen on the test clips.
    """
    from gpuclf.config.search_grid import parse_space
    from gpuclf.report import tables
    from gpuclf.report.audit import audit_tables
    from gpuclf.report.pages import audit_page
    from gpuclf.workflows.audit import Audit
    from gpuclf.workflows.audit import audit as run

    space = parse_space(grid) if grid else None
    job = Job("audit", options)
    if space is None:
        value = USUAL["nu" if job.experiment.svm_type == "nu" else "C"]
        space = parse_space(["n_vectors=3,6", value])
    found = job.run(
        partial(run, space=space, inner=inner),
        Audit.to_dict,
        audit_page,
        grid=list(grid),
        inner=inner,
    )
    console = tables.stdout()
    console.print(tables.pairs(job.about))
    console.print(audit_tables(found))
