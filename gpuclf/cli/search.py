"""The command search."""

from __future__ import annotations

from typing import Any

import rich_click as click

from gpuclf.cli.command_run import command_run, run_options
from gpuclf.cli.options import experiment_options, reading_options
from gpuclf.config.parts import Clips, Features, Svm
from gpuclf.validation.options import Validation

SEARCH = "Search"


@click.command(
    epilog="Example: gpuclf search features.hdf5 --grid C=0.1,1,10 --grid scale=none,minmax "
    "--grid n_vectors=3,6,12 --folds 5 --repeats 1"
)
@run_options
@click.option(
    "--grid",
    multiple=True,
    required=True,
    metavar="NAME=VALUES",
    help="Values to choose from, as in C=0.1,1,10, or a range for a random or guided search, as in "
    "C=0.01..100; repeatable. In a list of lists + stands for the inner comma: "
    "statistics=sum,mean+std.",
    panel=SEARCH,
)
@click.option(
    "--method",
    type=click.Choice(["grid", "random", "guided"]),
    default="grid",
    help="All combinations, random ones, or those that optuna suggests. [default: grid]",
    panel=SEARCH,
)
@click.option(
    "--trials",
    type=click.IntRange(min=1),
    default=50,
    help="Of a random or guided search. [default: 50]",
    panel=SEARCH,
)
@click.option(
    "--inner",
    type=click.IntRange(min=2),
    default=5,
    help="Folds into which training clips are split again, to choose by; of predefined folds "
    "without groups, the others choose. [default: 5]",
    panel=SEARCH,
)
@click.option(
    "--flat",
    is_flag=True,
    help="Report the best score on the test clips, as the notebook did: an optimistic one.",
    panel=SEARCH,
)
@experiment_options(Features, Svm, Clips, Validation)
@reading_options
def search(
    grid: tuple[str, ...], method: str, trials: int, inner: int, flat: bool, **options: Any
) -> None:
    """Choose hyper-parameters by nested cross-validation.

    Inner folds, within the training clips of each fold, choose; the fold's test clips tell how good
    the choice is. The accuracy is that of the whole search.
    """
    from gpuclf.config.search_grid import parse_space
    from gpuclf.errors import InputError
    from gpuclf.report import tables
    from gpuclf.report.command_line import train_command
    from gpuclf.report.search import flat_warning, search_page, search_tables
    from gpuclf.tuning.strategy import Strategy
    from gpuclf.workflows.search import search_run

    space = parse_space(grid)
    if options["dataset"] is None and "dataset" in space:
        options["dataset"] = space["dataset"].ends[0]
    if flat and method == "guided":
        raise InputError("flat", got="a guided search", expected="grid or random")
    strategy = Strategy(method=method, trials=trials, inner=inner)
    own = {"grid": list(grid), "method": method, "trials": trials, "inner": inner, "flat": flat}
    with command_run("search", options, own) as command:
        run = command.context
        found = search_run(run, space, strategy)
        command.write(
            {**found.headline(flat).to_dict(), "search": found.to_dict(flat)},
            lambda about: search_page(found, about, run, flat=flat),
        )
    console = tables.stdout()
    console.print(tables.pairs(command.facts))
    console.print(search_tables(found, console, flat=flat))
    tables.print_next(console, train_command(run.experiment.replace(**found.best)))
    if flat:
        click.echo(f"gpuclf: warning: {flat_warning(found)}", err=True)
