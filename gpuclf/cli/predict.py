"""The command predict."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from gpuclf.cli.command_help import COMPUTATION, OUTPUT, command
from gpuclf.cli.given_options import given_options
from gpuclf.cli.options import common_options, reading_options
from gpuclf.cli.window_options import (
    WindowOptions,
    check_window_options,
    predict_windows,
    window_options,
)

if TYPE_CHECKING:
    from rich.console import Console


@command(
    "gpuclf predict model.npz new.hdf5 --csv labels.csv",
    "gpuclf predict model.npz recordings/ song.mp3",
    "gpuclf predict model.npz night.wav --window 3 --merge --out night.txt",
    common=("--csv", "--window", "--out", "--backend"),
)
@click.argument("model", type=click.Path(), metavar="MODEL")
@click.argument("inputs", type=click.Path(), metavar="FILE|AUDIO...", nargs=-1, required=True)
@click.option(
    "--csv",
    type=click.Path(),
    metavar="OUT",
    help="Output file for a CSV table with the vote counts of all classes.",
    panel=OUTPUT,
)
@click.option(
    "--reject",
    is_flag=True,
    help="Label clips 'unknown' if the probability of their class is below the threshold of the "
    "model (train --target-precision); with --window, such windows have no label.",
)
@click.option(
    "--onnx",
    type=click.Path(),
    metavar="MODEL.onnx",
    help="ONNX model that computed the embeddings on which MODEL was trained. "
    "[default: the file at its path of then]",
    panel=COMPUTATION,
)
@window_options
@common_options
@reading_options
def predict(
    model: str,
    inputs: tuple[str, ...],
    csv: str | None,
    reject: bool,
    onnx: str | None,
    backend: str,
    memory: int | None,
    cache: bool,
    **windows: Any,
) -> None:
    """Predict the classes of clips or recordings with a saved model.

    MODEL is written by `gpuclf train`. The inputs are one feature file, or recordings and
    folders of them if the model was trained on a file of `gpuclf extract`. The command prints
    the class of each clip, its votes and margin (lead over the second class, as a fraction of
    the votes) and, for recordings, the classes over time; with a model of `gpuclf train
    --probability`, also the probability of the class.

    If the file has labels, the command prints the accuracy. Clips that the model was trained on
    are recognised by their feature vectors, reported and not scored.

    With --window, long recordings are labelled window by window in little memory, and the result
    is a table of labels with start and end, for Raven, Audacity or a program.
    """
    options, given = WindowOptions(**windows), given_options()
    check_window_options(given, options.window)
    if options.window is not None:
        predict_windows(model, inputs, backend, options, reject=reject, onnx=onnx)
        return
    from gpuclf._utils.files import check_output
    from gpuclf.audio.formats import SUFFIXES
    from gpuclf.config.effects import check_effects
    from gpuclf.features.feature_file import open_features
    from gpuclf.model.model_file import load_model
    from gpuclf.report import tables
    from gpuclf.report.command_line import estimate_command
    from gpuclf.report.predict import accuracy_facts, overlap_facts, rejection_facts
    from gpuclf.report.progress import RunProgress
    from gpuclf.workflows.predict import experiment_for
    from gpuclf.workflows.predict import predict as label_clips
    from gpuclf.workflows.predict_recordings import predict_recordings
    from gpuclf.workflows.recordings import recordings_of

    first = Path(inputs[0])
    recordings = len(inputs) > 1 or first.is_dir() or first.suffix.lower() in SUFFIXES
    if csv is not None:
        check_output(csv, inputs=[model, *inputs, *(recordings_of(inputs) if recordings else [])])
    check_effects(given, {"input": ["recordings" if recordings else "a feature file"]})
    trained = load_model(model, backend)
    unusable: dict[str, str] = {}
    with RunProgress() as progress:
        if recordings:
            predictions, unusable = predict_recordings(
                trained, inputs, reject=reject, onnx=onnx, progress=progress
            )
        else:
            predictions = label_clips(
                trained, first, reject=reject, progress=progress, memory=memory, cache=cache
            )
    console = tables.stdout()
    _print(console, overlap_facts(predictions))
    if csv is None:
        console.print(tables.prediction_table(predictions))
    else:
        predictions.write_csv(csv)
        console.print(f"{csv}: {len(predictions.ids)} clips predicted", markup=False)
    _print(console, rejection_facts(predictions))
    if predictions.true is not None:
        with open_features(first) as store:
            estimate = estimate_command(experiment_for(trained, first), store)
        _print(console, accuracy_facts(predictions, estimate))
    for name, reason in unusable.items():
        click.echo(f"gpuclf: warning: skipped: {name} {reason}", err=True)


def _print(console: Console, facts: dict[str, str]) -> None:
    for name, text in facts.items():
        console.print(f"{name}: {text}", markup=False, soft_wrap=True)
