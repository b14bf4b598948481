"""The command evaluate."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

from gpuclf.cli.command_help import OUTPUT, command
from gpuclf.cli.command_run import command_run, run_options
from gpuclf.cli.options import experiment_options, reading_options
from gpuclf.config.parts import Clips, Features, Probabilities, Svm
from gpuclf.validation.options import Validation

if TYPE_CHECKING:  # --help loads no NumPy
    from gpuclf.validation.cv_result import CrossValidation

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def predictions_option(command: Decorated) -> Decorated:
    """Add ``--predictions`` to a command."""
    return click.option(
        "--predictions",
        type=click.Path(),
        metavar="OUT",
        help="Output file for the out-of-fold predictions of the clips: .csv or .parquet (requires "
        "pyarrow).",
        panel=OUTPUT,
    )(command)


@command(
    "gpuclf evaluate features.hdf5 --dataset Xs --kernel rbf --report result.html",
    "gpuclf evaluate features.hdf5 --groups clips.csv:artist --json result.json",
    common=(
        *("--dataset", "--n-vectors", "--kernel", "--C", "--groups", "--split"),
        *("--folds", "--repeats", "--json", "--report", "--backend"),
    ),
)
@run_options
@predictions_option
@experiment_options(Features, Svm, Probabilities, Clips, Validation, permutations=True)
@reading_options
def evaluate(**options: Any) -> None:
    """Cross-validate a classifier: the main command.

    FILE is a feature file, written by `gpuclf extract`, `gpuclf pack` or Python. The command
    prints whether the classifier is better than always predicting the most frequent class, the
    accuracy with its confidence interval, and a confusion matrix; --json and --report write the
    full result, --predictions the prediction of every clip by the folds that test it.
    """
    from gpuclf.report import tables
    from gpuclf.report.result import print_verdict, result_tables

    result, facts = evaluate_file(options)
    console = tables.stdout()
    print_verdict(console, result)
    console.print(tables.pairs(facts))
    console.print(result_tables(result, console))


def evaluate_file(options: dict[str, Any]) -> tuple[CrossValidation, dict[str, str]]:
    """Evaluate a feature file with the options of the command; write its outputs.

    Returns
    -------
    CrossValidation, dict of str to str
        The result; the file, the features and the backend.
    """
    from gpuclf._utils.table import check_table
    from gpuclf.report.evaluate import evaluate_page
    from gpuclf.workflows.evaluate import evaluate_run

    predictions = options.pop("predictions", None)
    if predictions is not None:
        check_table(predictions)
    with command_run("evaluate", options, outputs=[predictions], mean=True) as command:
        run = command.context
        result = evaluate_run(run)
        command.write(result.to_dict(), lambda provenance: evaluate_page(result, provenance, run))
        if predictions is not None:
            result.predictions.to_table().write(predictions)
    return result, command.facts
