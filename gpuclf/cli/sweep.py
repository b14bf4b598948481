"""The command sweep."""

from __future__ import annotations

from functools import partial
from typing import Any

import rich_click as click

from gpuclf.cli.options import experiment_options, reading_options
from gpuclf.cli.run_options import Job, job_options
from gpuclf.config.experiment import CLIPS, FEATURES, SVM, VALIDATION

SWEEP = "Sweep"


@click.command(
    epilog="Example: gpuclf sweep features.hdf5 --param C --values 0.01,0.1,1,10 --baseline Xs "
    "--csv sweep.csv --figure sweep.svg"
)
@job_options
@click.option(
    "--param",
    required=True,
    metavar="NAME",
    help="Which hyper-parameter, of the features or of the SVM.",
    panel=SWEEP,
)
@click.option(
    "--values",
    required=True,
    metavar="LIST",
    help="Its values, with commas between; in a list of lists + stands for the inner comma.",
    panel=SWEEP,
)
@click.option(
    "--baseline",
    metavar="SET",
    help="Another feature set of the file, evaluated with the same values.",
    panel=SWEEP,
)
@click.option(
    "--csv", type=click.Path(), metavar="OUT", help="Write a row a value here.", panel=SWEEP
)
@click.option(
    "--figure",
    type=click.Path(),
    metavar="OUT",
    help="Draw it into a file: .svg, .pdf or .png.",
    panel=SWEEP,
)
@experiment_options(FEATURES, SVM, CLIPS, VALIDATION)
@reading_options
def sweep(
    param: str,
    values: str,
    baseline: str | None,
    csv: str | None,
    figure: str | None,
    **options: Any,
) -> None:
    """Cross-validate one hyper-parameter's values, against a baseline and chance.

    All values are scored on the same splits.
    """
    from gpuclf.config.search_grid import parse_axis
    from gpuclf.plot.saving import check_figure, save_figure
    from gpuclf.report import tables
    from gpuclf.report.pages import sweep_page
    from gpuclf.report.sweep import sweep_tables
    from gpuclf.workflows.sweep import Sweep
    from gpuclf.workflows.sweep import sweep as run

    name = param.replace("-", "_")
    axis = parse_axis(name, values)
    if options["dataset"] is None and name == "dataset":
        options["dataset"] = axis.ends[0]
    if figure is not None:
        check_figure(figure)
    job = Job("sweep", options, csv, figure)

    def save(swept: Sweep) -> None:
        if csv is not None:
            swept.write_csv(csv)
        if figure is not None:
            save_figure(swept.plot, figure)

    swept = job.run(
        partial(run, name=name, values=axis, baseline=baseline),
        Sweep.to_dict,
        sweep_page,
        save,
        param=name,
        values=values,
        baseline=baseline,
    )
    console = tables.stdout()
    console.print(tables.pairs(job.about))
    console.print(sweep_tables(swept))
