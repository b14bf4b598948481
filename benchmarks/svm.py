"""Benchmark of a cross-validation on synthetic vectors: gpuclf against other libraries' SVMs."""

from __future__ import annotations

from typing import Any

import rich_click as click
from gpuclf._utils.files import check_output, write_json
from gpuclf._utils.versions import describe
from gpuclf.backend import resolve
from gpuclf.cli.options import common_options, experiment_options
from gpuclf.config.experiment import Experiment
from gpuclf.config.parts import Svm
from gpuclf.errors import InputError, one_of
from gpuclf.model.classifier import ClipClassifier
from gpuclf.report import tables
from gpuclf.report.progress import RunProgress
from gpuclf.validation.options import Validation
from libraries import LIBRARIES
from measure_svm import OURS, SvmBench, bench_svm, installed, synthetic_vectors
from rich import box
from rich.console import Group
from rich.table import Table
from script import run


@click.command(
    epilog="Example: python benchmarks/svm.py --kernel rbf --protocol thesis --repeats 2"
)
@click.option(
    "--n-classes", type=click.IntRange(min=2), default=10, help="Number of classes. [default: 10]"
)
@click.option(
    "--n-clips", type=click.IntRange(min=2), default=100, help="Clips per class. [default: 100]"
)
@click.option(
    "--n-vectors", type=click.IntRange(min=1), default=12, help="Vectors per clip. [default: 12]"
)
@click.option(
    "--n-features",
    type=click.IntRange(min=1),
    default=512,
    help="Number of features. [default: 512]",
)
@click.option("--values", metavar="LIST", help="Values of C or nu, separated by commas.")
@click.option(
    "--library-folds",
    type=click.IntRange(min=1),
    default=2,
    help="Number of folds that a library fits; its time is extrapolated to all. [default: 2]",
)
@click.option(
    "--library",
    "libraries",
    multiple=True,
    help="Library to compare with, repeatable. [default: all that are installed]",
)
@click.option(
    "--rounds", type=click.IntRange(min=1), default=3, help="Number of rounds. [default: 3]"
)
@click.option(
    "--json", type=click.Path(), metavar="OUT", help="Write all results to this JSON file."
)
@common_options
@experiment_options(Svm, Validation)
def svm(
    n_classes: int,
    n_clips: int,
    n_vectors: int,
    n_features: int,
    values: str | None,
    library_folds: int,
    libraries: tuple[str, ...],
    rounds: int,
    json: str | None,
    backend: str,
    config: str | None,
    **options: Any,
) -> None:
    """Time a cross-validation on synthetic vectors: gpuclf against the SVMs of other libraries.

    Libraries: scikit-learn, scikit-learn-intelex, ThunderSVM, cuML, where installed. Splits are
    random (shuffle); the default is one repeat.
    """
    repeats = options["repeats"] or 1
    given = {name: value for name, value in options.items() if value is not None}
    from_file = Experiment.read_toml(config) if config else {}
    experiment = Experiment(**{**from_file, **given, "repeats": repeats})
    if json is not None:
        check_output(json, inputs=[config])
    for name in libraries:
        if name not in LIBRARIES or not installed(LIBRARIES[name]):
            available = [known for known, library in LIBRARIES.items() if installed(library)]
            raise InputError("library", got=repr(name), expected=one_of(available))
    chosen = resolve(backend)
    clf = ClipClassifier(**experiment.svm.classifier, backend=chosen)
    default = experiment.nu if experiment.svm_type == "nu" else experiment.C
    listed = [default] if values is None else _numbers(values)
    vectors = synthetic_vectors(n_classes, n_clips, n_vectors, n_features)
    with RunProgress() as progress:
        result = bench_svm(
            vectors,
            clf,
            listed,
            protocol=experiment.protocol,
            folds=experiment.folds,
            repeats=experiment.repeats,
            library_folds=library_folds,
            backend=chosen,
            rounds=rounds,
            libraries=libraries or None,
            on_round=lambda done: progress.on_round(done, rounds),
        )
    about = {
        "vectors": f"{n_classes} classes x {n_clips} clips x {n_vectors} vectors x "
        f"{n_features} features",
        "SVM": f"{experiment.svm_type}, {experiment.kernel}, {experiment.scale} scaling, "
        f"{experiment.protocol} protocol",
        "backend": f"{chosen.name}, {chosen.device}",
    }
    if json is not None:
        write_json(json, {**result.to_dict(), "about": about, "environment": describe()})
    console = tables.stdout()
    console.print(tables.pairs(about))
    console.print(svm_bench_table(result))


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError as error:
        raise InputError(
            "values", got=repr(text), expected="numbers separated by commas, such as 0.1,1,10"
        ) from error


def svm_bench_table(bench: SvmBench) -> Group:
    """Return the table of all libraries."""
    table = Table(box=box.SIMPLE)
    table.add_column("", no_wrap=True)
    for heading in ("seconds", "/ gpuclf", "agreement", "clips", "accuracy"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name in bench.rounds.seconds:
        ours = name == OURS
        table.add_row(
            name,
            f"{bench.rounds.median(name):.2f}",
            "" if ours else f"{bench.rounds.ratio(name, OURS):.1f}",
            "" if ours else f"{100 * bench.agreement[name]:.2f} %",
            "" if ours else str(bench.clips[name]),
            f"{100 * bench.accuracy[name]:.1f} %",
            style="bold" if ours else "",
        )
    rounds = len(bench.rounds.seconds[OURS])
    fitted = f"{bench.folds} folds" + (f" x {bench.values} values" if bench.values > 1 else "")
    subset = f"{bench.library_folds} folds" if bench.library_folds > 1 else "1 fold"
    about = {
        "seconds": f"{fitted}, from vectors to labels; median of {rounds} round"
        + "s" * (rounds > 1),
        "/ gpuclf": "time of the library / time of gpuclf, median over rounds",
        "libraries": f"fit {subset} of the first value; times are extrapolated to {fitted}",
        "agreement": "fraction of test vectors with gpuclf's label",
        "clips": "test clips with another label than gpuclf's, maximum over folds",
        "accuracy": "accuracy on clips",
    }
    return Group(table, tables.pairs(about))


if __name__ == "__main__":
    run(svm)
