"""The command audit."""

from __future__ import annotations

from typing import Any

import rich_click as click

from gpuclf.cli.command_run import command_run, run_options
from gpuclf.cli.options import experiment_options, reading_options
from gpuclf.config.parts import Clips, Features, Svm
from gpuclf.validation.options import Validation

AUDIT = "Audit"
USUAL = {"C": "C=0.01,0.1,1,10,100", "nu": "nu=0.05,0.1,0.2,0.3,0.5"}


@click.command(
    epilog="Example: gpuclf audit features.hdf5 --groups clips.csv:artist --split stratified-kfold "
    "--folds 5 --repeats 4"
)
@run_options
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
@experiment_options(Features, Svm, Clips, Validation)
@reading_options
def audit(grid: tuple[str, ...], inner: int, **options: Any) -> None:
    """Measure how many points each leak would add to the accuracy.

    The same model is evaluated with and without: scaled over all clips first; with a clip's vectors
    on both sides; with groups parted; with hyper-parameters chosen on the test clips.
    """
    from gpuclf.config.search_grid import parse_space
    from gpuclf.report import tables
    from gpuclf.report.audit import audit_page, audit_tables
    from gpuclf.workflows.audit import audit_run

    space = parse_space(grid) if grid else None
    with command_run("audit", options, {"grid": list(grid), "inner": inner}) as command:
        if space is None:
            nu = command.context.experiment.svm_type == "nu"
            space = parse_space(["n_vectors=3,6", USUAL["nu" if nu else "C"]])
        audited = audit_run(command.context, space, inner)
        command.write(audited.to_dict(), lambda about: audit_page(audited, about))
    console = tables.stdout()
    console.print(tables.pairs(command.facts))
    console.print(audit_tables(audited))
