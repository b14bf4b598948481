"""The command report."""

from __future__ import annotations

import rich_click as click

from gpuclf.cli.command_help import command
from gpuclf.cli.options import report_option


@command(
    "gpuclf report results/*.json --report leaderboard.html",
    "gpuclf report mfcc.json mel.json embeddings.json --metric macro_f1",
)
@click.argument("results", nargs=-1, required=True, type=click.Path(), metavar="RESULT.json...")
@click.option(
    "--metric",
    metavar="NAME",
    help="Metric to sort by: accuracy or another metric in all files. [default: "
    "balanced_accuracy if classes are imbalanced, else accuracy]",
)
@click.option(
    "--json", type=click.Path(), metavar="OUT", help="Output file for the leaderboard (JSON)."
)
@report_option
def report(
    results: tuple[str, ...], metric: str | None, json: str | None, report: str | None
) -> None:
    """Rank several results and test each against the best.

    RESULT.json are at least two results of `evaluate` or `search` (their option --json). Those
    over the same clips and folds are ranked and compared with the best as `compare` does, with
    p-values adjusted for the number of tests (Holm). The others are listed apart with the reason;
    if the numbers of training clips differ, the report shows the learning curve.
    """
    from gpuclf._utils.files import check_distinct, check_output, write_json
    from gpuclf.report import tables
    from gpuclf.report.command_line import current_command
    from gpuclf.report.leaderboard import leaderboard_page, leaderboard_tables
    from gpuclf.workflows.leaderboard import leaderboard

    outputs = [output for output in (json, report) if output is not None]
    for output in outputs:
        check_output(output, inputs=results)
    check_distinct(outputs)
    board = leaderboard(results, metric)
    for caution in board.cautions:
        click.echo(f"gpuclf: warning: {caution}", err=True)
    if json is not None:
        write_json(json, board.to_dict())
    if report is not None:
        leaderboard_page(board, current_command()).write(report)
    tables.stdout().print(leaderboard_tables(board))
