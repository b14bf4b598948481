"""One function a command: it parses, calls and prints.

Libraries are imported by the commands that need them, so that ``--help`` answers at once.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from typing import Any

import rich_click as click

from gpuclf.cli.options import (
    common_options,
    experiment_options,
    memory_option,
    reading_options,
    typed_experiment,
)
from gpuclf.experiment import FEATURES, SVM, VALIDATION


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="gpuclf")
def gpuclf() -> None:
    """Classify recordings from frame-level features: aggregate, scale, SVM, vote, cross-validate.

    Start with `gpuclf demo`, then `gpuclf evaluate FILE`.
    """


@gpuclf.command(epilog="Example: gpuclf doctor --backend gpu")
@common_options
def doctor(backend: str) -> None:
    """Say what is installed, which backend would be used, and why."""
    from rich.filesize import decimal

    from gpuclf.backend import resolve
    from gpuclf.cache import VectorCache
    from gpuclf.environment import describe, driver
    from gpuclf.report import tables

    about = describe()
    installed = {"Python": about["python"], "system": about["system"], **about["packages"]}
    console = tables.stdout()
    console.print(tables.pairs({**installed, "NVIDIA driver": driver()}))
    chosen = resolve(backend)
    cache = VectorCache()
    kept = decimal(sum(file.stat().st_size for file in cache.files()))
    rows = {
        "backend": f"{chosen.name} ({chosen.reason})",
        "device": chosen.device,
        "free memory": decimal(chosen.free_memory()),
        "cache": f"{cache.folder}, {kept if cache.writable else 'which cannot be written'}",
    }
    console.print(tables.pairs(rows))


@gpuclf.command(epilog="Example: gpuclf demo --out demo")
@click.option("--out", type=click.Path(), metavar="DIR", help="Keep the file and the result here.")
@common_options
@click.pass_context
def demo(context: click.Context, out: str | None, backend: str) -> None:
    """Make a small feature file and run the main job on it."""
    from gpuclf.backend import resolve
    from gpuclf.demo import write_demo
    from gpuclf.files import make_folder
    from gpuclf.report import tables

    resolve(backend)
    with tempfile.TemporaryDirectory() as temporary:
        folder = make_folder(out or temporary)
        file = str(folder / "demo.hdf5")
        write_demo(file)
        context.invoke(
            evaluate, file=file, backend=backend, json=str(folder / "demo.json") if out else None
        )
    if out:
        text = f"\nKept in {folder}. Go on with: gpuclf info {file}"
        tables.stdout().print(text, markup=False, soft_wrap=True)


@gpuclf.command(epilog="Example: gpuclf info features.hdf5")
@click.argument("file", type=click.Path())
@common_options
def info(file: str, backend: str) -> None:
    """Describe a feature file: attributes, feature sets, shapes, sizes, clips."""
    from gpuclf.backend import resolve
    from gpuclf.data.store import open_features
    from gpuclf.report import tables

    with open_features(file) as store:
        tables.stdout().print(tables.store_tables(store, resolve(backend)))


@gpuclf.command(
    epilog="Example: gpuclf evaluate features.hdf5 --dataset Xs --kernel rbf --json result.json"
)
@click.argument("file", type=click.Path(), required=False)
@click.option("--json", type=click.Path(), metavar="OUT", help="Write the whole result here.")
@common_options
@reading_options
@experiment_options(FEATURES, SVM, VALIDATION)
def evaluate(
    file: str | None,
    json: str | None,
    backend: str,
    memory: int | None = None,
    cache: bool = True,
    config: str | None = None,
    **options: Any,
) -> None:
    """Cross-validate a classifier of clips: the main job."""
    from gpuclf.backend import resolve
    from gpuclf.data.store import open_features
    from gpuclf.files import check_output, write_json
    from gpuclf.pipeline import Reading
    from gpuclf.pipeline import evaluate as run
    from gpuclf.report import tables
    from gpuclf.report.progress import RunProgress
    from gpuclf.report.record import record

    experiment = typed_experiment(file, config, options)
    if json is not None:
        check_output(json, inputs=[experiment.file, config])
    console = tables.stdout()
    chosen = resolve(backend)
    with open_features(experiment.file or "") as store:
        features = experiment.select(store)
        experiment = replace(experiment, dataset=features.name)
        about = {
            "file": str(store.path),
            "features": tables.describe_features(features),
            "backend": f"{chosen.name}, {chosen.device}",
        }
    with RunProgress() as progress:
        result = run(
            experiment,
            backend=chosen,
            reading=Reading(memory, cache),
            on_clips=progress.on_clips,
            on_fold=progress.on_fold,
            on_problems=progress.on_problems,
        )
    if json is not None:
        write_json(json, record(experiment, result, chosen.device))
    console.print(tables.pairs(about))
    console.print(tables.result_tables(result, console))


@gpuclf.command(epilog="Example: gpuclf train features.hdf5 --model model.npz --kernel rbf --C 10")
@click.argument("file", type=click.Path(), required=False)
@click.option("--model", type=click.Path(), metavar="M", required=True, help="Write it here.")
@common_options
@reading_options
@experiment_options(FEATURES, SVM)
def train(
    file: str | None,
    model: str,
    backend: str,
    memory: int | None,
    cache: bool,
    config: str | None,
    **options: Any,
) -> None:
    """Fit a classifier on all clips and save it."""
    from gpuclf.files import check_output
    from gpuclf.persist import save_model
    from gpuclf.pipeline import Reading
    from gpuclf.pipeline import train as run
    from gpuclf.report import tables
    from gpuclf.report.progress import RunProgress

    experiment = typed_experiment(file, config, options)
    check_output(model, inputs=[experiment.file, config])
    with RunProgress() as progress:
        trained = run(
            experiment,
            backend=backend,
            reading=Reading(memory, cache),
            on_clips=progress.on_clips,
        )
    save_model(model, trained)
    tables.stdout().print(
        f"{model}: {len(trained.labels)} classes, trained on all clips of {experiment.file}",
        markup=False,
        soft_wrap=True,
    )


@gpuclf.command(epilog="Example: gpuclf predict model.npz new.hdf5 --csv labels.csv")
@click.argument("model", type=click.Path(), metavar="M")
@click.argument("file", type=click.Path())
@click.option(
    "--csv", type=click.Path(), metavar="OUT", help="Write the table here, all votes in it."
)
@common_options
@reading_options
def predict(
    model: str, file: str, csv: str | None, backend: str, memory: int | None, cache: bool
) -> None:
    """Label the clips of a feature file, with their votes and margin.

    The margin is the winner's lead over the next class, as a share of the votes.
    """
    from gpuclf.files import check_output
    from gpuclf.persist import load_model
    from gpuclf.pipeline import Reading
    from gpuclf.pipeline import predict as run
    from gpuclf.report import tables
    from gpuclf.report.progress import RunProgress

    if csv is not None:
        check_output(csv, inputs=[model, file])
    trained = load_model(model, backend)
    with RunProgress() as progress:
        predictions = run(trained, file, reading=Reading(memory, cache), on_clips=progress.on_clips)
    console = tables.stdout()
    if csv is None:
        console.print(tables.prediction_table(predictions))
    else:
        predictions.write_csv(csv)
        console.print(f"{csv}: {len(predictions.ids)} clips labelled", markup=False)
    if predictions.accuracy is not None:
        console.print(f"accuracy of clips: {tables.percent(predictions.accuracy)}")


@gpuclf.group()
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
        check_output(json, inputs=[experiment.file, config])
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
