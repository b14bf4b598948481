"""The command sweep."""

from __future__ import annotations

from typing import Any

import rich_click as click

from gpuclf.cli.command_help import OUTPUT, SEARCH, command
from gpuclf.cli.command_run import command_run, run_options
from gpuclf.cli.options import experiment_options, reading_options
from gpuclf.config.parts import Clips, Features, Svm
from gpuclf.validation.options import Validation


@command(
    "gpuclf sweep features.hdf5 --param C --values 0.01,0.1,1,10",
    "gpuclf sweep features.hdf5 --param n-vectors --values 3,6,12 --figure n.svg",
    common=(
        *("--param", "--values", "--baseline", "--dataset", "--groups", "--split"),
        *("--folds", "--repeats", "--figure", "--report", "--backend"),
    ),
)
@run_options
@click.option(
    "--param",
    required=True,
    metavar="NAME",
    help="Hyper-parameter of the features or the classifier, such as C or n-vectors.",
    panel=SEARCH,
)
@click.option(
    "--values",
    required=True,
    metavar="LIST",
    help="Comma-separated values; '+' joins the items of a list: sum,mean+std.",
    panel=SEARCH,
)
@click.option(
    "--baseline",
    metavar="SET",
    help="Second feature set of the file, evaluated with the same values for comparison.",
    panel=SEARCH,
)
@click.option(
    "--csv",
    type=click.Path(),
    metavar="OUT",
    help="Output file for a CSV table with one row per value.",
    panel=OUTPUT,
)
@click.option(
    "--figure",
    type=click.Path(),
    metavar="OUT",
    help="Output file for a figure (.svg, .pdf or .png).",
    panel=OUTPUT,
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
    """Cross-validate a classifier for each value of one hyper-parameter.

    All values are scored on the same splits. FILE is a feature file. The command prints the
    accuracy of each value, of the baseline and of chance; --csv, --figure, --json and --report
    write the result.
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
    with command_run("sweep", options, own, [csv, figure], space={name: axis}) as command:
        swept = sweep_run(command.context, name, axis, baseline)
        command.write(swept.to_dict(), lambda provenance: sweep_page(swept, provenance))
        if csv is not None:
            swept.write_csv(csv)
        if figure is not None:
            save_figure(swept.plot, figure)
    console = tables.stdout()
    console.print(tables.pairs(command.facts))
    console.print(sweep_tables(swept))
