"""Commands that measure: bench read, bench svm."""

from __future__ import annotations

from typing import Any

import rich_click as click

from gpuclf.cli.options import (
    common_options,
    experiment_options,
    memory_option,
    typed_experiment,
)
from gpuclf.experiment import FEATURES, SVM, VALIDATION


@click.group()
def bench() -> None:
    """Measure gpuclf on this machine, against plain libraries."""


@bench.command(epilog="Example: gpuclf bench read features.hdf5 --rounds 7 --json read.json")
@click.argument("file", type=click.Path(), required=False)
@click.option("--rounds", type=click.IntRange(min=1), default=5, help="How often. [default: 5]")
@click.option("--json", type=click.Path(), metavar="OUT", help="Write all figures here.")
@common_options
@memory_option
@experiment_options(FEATURES)
def read(
    file: str | None,
    rounds: int,
    json: str | None,
    backend: str,
    memory: int | None,
    config: str | None,
    **options: Any,
) -> None:
    """Read and aggregate a file by h5py with NumPy, and by gpuclf, in turn.

    Rates are MB of float32 frames a second. Both must give the same feature vectors.
    """
    from gpuclf.backend import resolve
    from gpuclf.bench.read import bench_read
    from gpuclf.data.store import open_features
    from gpuclf.environment import describe
    from gpuclf.files import check_output, write_json
    from gpuclf.report import tables
    from gpuclf.report.bench import bench_table
    from gpuclf.report.progress import RunProgress

    experiment = typed_experiment(file, config, options)
    if json is not None:
        check_output(json, inputs=[*experiment.inputs, config])
    chosen = resolve(backend)
    with open_features(experiment.file or "") as store, RunProgress() as progress:
        features = experiment.select(store)
        result = bench_read(
            features,
            experiment,
            backend=chosen,
            memory=memory,
            rounds=rounds,
            on_round=lambda done: progress.on_round(done, rounds),
        )
        about = {
            "file": str(store.path),
            "features": tables.describe_features(features),
            "read": features.source.reader.how,
            "backend": f"{chosen.name}, {chosen.device}",
        }
    if json is not None:
        write_json(json, {**result.to_dict(), "about": about, "environment": describe()})
    console = tables.stdout()
    console.print(tables.pairs(about))
    console.print(bench_table(result))


@bench.command(epilog="Example: gpuclf bench svm --kernel rbf --protocol thesis --repeats 2")
@click.option("--n-classes", type=click.IntRange(min=2), default=10, help="[default: 10]")
@click.option("--n-clips", type=click.IntRange(min=2), default=100, help="A class. [default: 100]")
@click.option("--n-vectors", type=click.IntRange(min=1), default=12, help="A clip. [default: 12]")
@click.option("--n-features", type=click.IntRange(min=1), default=512, help="[default: 512]")
@click.option("--values", metavar="LIST", help="Of C, or of nu, with commas between.")
@click.option(
    "--library-folds",
    type=click.IntRange(min=1),
    default=2,
    help="Folds that a library fits; its time is stretched to all of them. [default: 2]",
)
@click.option(
    "--library", "libraries", multiple=True, help="Measure against it, and no others; repeatable."
)
@click.option("--rounds", type=click.IntRange(min=1), default=3, help="How often. [default: 3]")
@click.option("--json", type=click.Path(), metavar="OUT", help="Write all figures here.")
@common_options
@experiment_options(SVM, VALIDATION)
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
    """Cross-validate made-up vectors by gpuclf, and by the SVMs of other libraries, in turn.

    Libraries that are installed take part: scikit-learn, scikit-learn-intelex, ThunderSVM, cuML.
    One repeat is run unless --repeats says more; splits are the shuffle's.
    """
    from gpuclf.backend import resolve
    from gpuclf.backend.libraries import LIBRARIES
    from gpuclf.bench.svm import bench_svm, installed, made_up_vectors
    from gpuclf.classifier import ClipClassifier
    from gpuclf.environment import describe
    from gpuclf.errors import InputError, one_of
    from gpuclf.files import check_output, write_json
    from gpuclf.report import tables
    from gpuclf.report.bench import svm_bench_table
    from gpuclf.report.progress import RunProgress

    repeats = options["repeats"] or 1
    experiment = typed_experiment("made up", config, {**options, "repeats": repeats})
    if json is not None:
        check_output(json, inputs=[config])
    for name in libraries:
        if name not in LIBRARIES or not installed(LIBRARIES[name]):
            there = [known for known, library in LIBRARIES.items() if installed(library)]
            raise InputError("library", got=repr(name), expected=one_of(there))
    chosen = resolve(backend)
    parameters = experiment.panel(SVM)
    parameters["class_weight"] = None
    clf = ClipClassifier(**parameters, backend=chosen)
    usual = experiment.nu if experiment.svm_type == "nu" else experiment.C
    listed = [usual] if values is None else _numbers(values)
    vectors = made_up_vectors(n_classes, n_clips, n_vectors, n_features)
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
        "vectors": f"{n_classes} classes x {n_clips} clips x {n_vectors} x {n_features} features",
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
    from gpuclf.errors import InputError

    try:
        return [float(part) for part in text.split(",")]
    except ValueError as error:
        raise InputError("values", got=repr(text), expected="numbers, as in 0.1,1,10") from error
