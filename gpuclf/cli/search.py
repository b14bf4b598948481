"""The command search."""

from __future__ import annotations

from typing import Any

import rich_click as click

from gpuclf.cli.command_help import SEARCH, command
from gpuclf.cli.command_run import command_run, run_options
from gpuclf.cli.given_options import given_options
from gpuclf.cli.options import experiment_options, reading_options
from gpuclf.config.parts import Clips, Features, Svm
from gpuclf.validation.options import Validation


@command(
    "gpuclf search features.hdf5 --grid C=0.1,1,10 --grid n_vectors=3,6,12",
    "gpuclf search features.hdf5 --grid C=0.01..100 --method random --trials 20",
    common=(
        *("--grid", "--method", "--dataset", "--kernel", "--groups", "--split"),
        *("--folds", "--repeats", "--json", "--report", "--backend"),
    ),
)
@run_options
@click.option(
    "--grid",
    multiple=True,
    required=True,
    metavar="NAME=VALUES",
    help="Candidate values of a hyper-parameter, such as C=0.1,1,10, or a range such as "
    "C=0.01..100 (random, guided); repeatable. '+' joins the items of a list: "
    "statistics=sum,mean+std.",
    panel=SEARCH,
)
@click.option(
    "--method",
    type=click.Choice(["grid", "random", "guided"]),
    default="grid",
    help="Search method: all combinations (grid), random samples (random) or suggestions by optuna "
    "(guided). [default: grid]",
    panel=SEARCH,
)
@click.option(
    "--trials",
    type=click.IntRange(min=1),
    default=50,
    metavar="INTEGER",
    help="Number of candidates of a random or guided search. [default: 50]",
    panel=SEARCH,
)
@click.option(
    "--inner",
    type=click.IntRange(min=2),
    metavar="INTEGER",
    help="Number of inner folds; not for predefined folds, where the inner folds are the other "
    "predefined ones. [default: 5, or fewer for small classes]",
    panel=SEARCH,
)
@click.option(
    "--flat",
    is_flag=True,
    help="Report the best score on the test clips (not nested: optimistically biased).",
    panel=SEARCH,
)
@experiment_options(Features, Svm, Clips, Validation)
@reading_options
def search(
    grid: tuple[str, ...], method: str, trials: int, inner: int | None, flat: bool, **options: Any
) -> None:
    """Select hyper-parameters by nested cross-validation.

    Inner folds of the training clips select the values and the test clips score them, so the
    accuracy is that of the whole search. FILE is a feature file. The command prints the scores
    and the command that trains the best model; --json and --report write the full result.
    """
    from gpuclf.config.effects import check_effects
    from gpuclf.config.search_grid import parse_space
    from gpuclf.errors import InputError
    from gpuclf.report import tables
    from gpuclf.report.command_line import train_command
    from gpuclf.report.result import print_verdict
    from gpuclf.report.search import flat_warning, search_page, search_tables
    from gpuclf.tuning.strategy import Strategy
    from gpuclf.workflows.search import search_run

    check_effects(given_options(), {"method": [method]})
    space = parse_space(grid)
    if options["dataset"] is None and "dataset" in space:
        options["dataset"] = space["dataset"].ends[0]
    if flat and method == "guided":
        raise InputError("flat", got="a guided search", expected="grid or random")
    strategy = Strategy(method=method, trials=trials, inner=inner)
    own = {"grid": list(grid), "method": method, "trials": trials, "inner": inner, "flat": flat}
    with command_run("search", options, own, space=space) as command:
        run = command.context
        result = search_run(run, space, strategy)
        train = train_command(run.experiment.replace(**result.best), run.store)
        command.write(
            {**result.headline(flat).to_dict(), "search": result.to_dict(flat)},
            lambda provenance: search_page(result, provenance, run, flat=flat),
        )
    console = tables.stdout()
    caution = "Optimistic (setting selected on the test clips). " if flat else ""
    print_verdict(console, result.headline(flat), caution)
    console.print(tables.pairs(command.facts))
    console.print(search_tables(result, console, flat=flat))
    tables.print_next(console, train)
    if flat:
        click.echo(f"gpuclf: warning: {flat_warning(result)}", err=True)
