"""The command compare."""

from __future__ import annotations

import rich_click as click

from gpuclf.cli.command_help import command
from gpuclf.cli.options import report_option


@command(
    "gpuclf compare rbf.json linear.json",
    "gpuclf compare rbf.json linear.json --metric balanced_accuracy --report c.html",
)
@click.argument("first", type=click.Path(), metavar="A.json")
@click.argument("second", type=click.Path(), metavar="B.json")
@click.option(
    "--metric",
    metavar="NAME",
    help="Metric to compare: accuracy or another metric in both files. [default: "
    "balanced_accuracy if classes are imbalanced, else accuracy]",
)
@click.option(
    "--json", type=click.Path(), metavar="OUT", help="Output file for the comparison (JSON)."
)
@report_option
def compare(
    first: str, second: str, metric: str | None, json: str | None, report: str | None
) -> None:
    """Compare two results fold by fold with a paired test.

    A.json and B.json are results of `evaluate` or `search` (their option --json) on the same
    feature file and the same splits. The t-test is corrected for overlapping training sets. It
    prints whether a difference is detected, the difference of the means, its confidence interval
    and its p-value.
    """
    from gpuclf._utils.files import check_distinct, check_output, write_json
    from gpuclf.report import tables
    from gpuclf.report.command_line import current_command
    from gpuclf.report.compare import compare_page, comparison_tables
    from gpuclf.workflows.compare import compare as run

    outputs = [output for output in (json, report) if output is not None]
    for output in outputs:
        check_output(output, inputs=[first, second])
    check_distinct(outputs)
    compared = run(first, second, metric)
    for caution in compared.cautions:
        click.echo(f"gpuclf: warning: {caution}", err=True)
    if json is not None:
        write_json(json, compared.to_dict())
    if report is not None:
        compare_page(compared, current_command()).write(report)
    tables.stdout().print(comparison_tables(compared))
