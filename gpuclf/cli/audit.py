"""The command audit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rich_click as click

from gpuclf.cli.command_help import SEARCH, command
from gpuclf.cli.command_run import command_run, run_options
from gpuclf.cli.options import experiment_options, reading_options
from gpuclf.config.parts import Clips, Features, Svm
from gpuclf.validation.options import Validation

if TYPE_CHECKING:  # --help loads no h5py
    from gpuclf.workflows.run_context import RunContext

DEFAULT_GRID = {"C": "C=0.01,0.1,1,10,100", "nu": "nu=0.05,0.1,0.2,0.3,0.5"}


@command(
    "gpuclf audit features.hdf5 --groups clips.csv:artist",
    "gpuclf audit features.hdf5 --folds 5 --repeats 4 --report audit.html",
    common=(
        *("--grid", "--inner", "--dataset", "--kernel", "--C", "--groups"),
        *("--folds", "--repeats", "--json", "--report", "--backend"),
    ),
)
@run_options
@click.option(
    "--grid",
    multiple=True,
    metavar="NAME=VALUES",
    help="Values of a hyper-parameter for the leak by selection on the test clips; repeatable. "
    "[default: n_vectors=3,6, if the clips have as many frames, and C=0.01,0.1,1,10,100, or "
    "nu=0.05,0.1,0.2,0.3,0.5]",
    panel=SEARCH,
)
@click.option(
    "--inner",
    type=click.IntRange(min=2),
    metavar="INTEGER",
    help="Number of inner folds of the nested cross-validation; not for predefined folds. "
    "[default: 5, or fewer for small classes]",
    panel=SEARCH,
)
@experiment_options(Features, Svm, Clips, Validation)
@reading_options
def audit(grid: tuple[str, ...], inner: int | None, **options: Any) -> None:
    """Measure how much each type of data leakage inflates the accuracy.

    The classifier is cross-validated without and with each leak: scaling over all clips before
    the split, vectors of one clip in both training and test set, groups split between them, and
    hyper-parameters selected on the test clips. FILE is a feature file. The command prints the
    differences with confidence intervals; --json and --report write them.
    """
    from gpuclf.config.search_grid import parse_space
    from gpuclf.report import tables
    from gpuclf.report.audit import audit_page, audit_tables
    from gpuclf.workflows.audit import audit_run

    space = parse_space(grid) if grid else None
    own = {"grid": list(grid), "inner": inner}
    with command_run("audit", options, own, space=space, with_base=True) as command:
        if space is None:
            space = parse_space(_default_grid(command.context))
        audited = audit_run(command.context, space, inner)
        command.write(audited.to_dict(), lambda provenance: audit_page(audited, provenance))
    console = tables.stdout()
    console.print(tables.pairs(command.facts))
    console.print(audit_tables(audited))


def _default_grid(run: RunContext) -> list[str]:
    """Return the default grid: windows that fit into the shortest clip, and C or nu."""
    shortest = run.features({}).frames[0]
    windows = ",".join(str(count) for count in (3, 6) if count <= shortest)
    strength = DEFAULT_GRID["nu" if run.experiment.svm_type == "nu" else "C"]
    return [f"n_vectors={windows}", strength] if windows else [strength]
