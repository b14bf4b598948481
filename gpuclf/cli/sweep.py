"""The command sweep."""

from __future__ import annotations

from typing import Any

import rich_click as click

from gpuclf.cli.command_run import command_run, run_options
from gpuclf.cli.options import experiment_options, reading_options
from gpuclf.config.parts import Clips, Features, Svm
from gpuclf.validation.options import Validation

SWEEP = "Sweep"


@click.command(
    epilog="Example: gpuclf sweep features.hdf5 --param C --values 0.01,0.1,1,10 --baseline Xs "
    "--csv sweep.csv --figure sweep.svg"
)
@run_options
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
@experiment_options(Features, Svm, Clips, Validation)
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
    from gpuclf.report.sweep import sweep_page, sweep_tables
    from gpuclf.workflows.sweep import sweep_run

    name = param.replace("-", "_")
    axis = parse_axis(name, values)
    if options["dataset"] is None and name == "dataset":
        options["dataset"] = axis.ends[0]
    if figure is not None:
        check_figure(figure)
    own = {"param": name, "values": values, "baseline": baseline}
    with command_run("sweep", options, own, [csv, figure]) as command:
        swept = sweep_run(command.context, name, axis, baseline)
        command.write(swept.to_dict(), lambda about: sweep_page(swept, about))
        if csv is not None:
            swept.write_csv(csv)
        if figure is not None:
            save_figure(swept.plot, figure)
    console = tables.stdout()
    console.print(tables.pairs(command.facts))
    console.print(sweep_tables(swept))
