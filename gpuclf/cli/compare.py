"""The command compare."""

from __future__ import annotations

import rich_click as click

from gpuclf.cli.options import report_option


@click.command(epilog="Example: gpuclf compare rbf.json linear.json --metric balanced_accuracy")
@click.argument("first", type=click.Path(), metavar="A.json")
@click.argument("second", type=click.Path(), metavar="B.json")
@click.option(
    "--metric",
    default="accuracy",
    metavar="NAME",
    help="accuracy, or one of the metrics in the files. [default: accuracy]",
)
@click.option("--json", type=click.Path(), metavar="OUT", help="Write the comparison here.")
@report_option
def compare(first: str, second: str, metric: str, json: str | None, report: str | None) -> None:
    """Compare two results over the same splits by a paired test, corrected for overlap.

    Both are what --json of evaluate or search wrote. Other splits or files are refused.
    """
    from gpuclf._utils.files import check_distinct, check_output, write_json
    from gpuclf.report import tables
    from gpuclf.report.command_line import typed_command
    from gpuclf.report.compare import comparison_tables
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
        from gpuclf.report.pages import compare_page  # which imports scikit-learn

        compare_page(compared, typed_command()).write(report)
    tables.stdout().print(comparison_tables(compared))
