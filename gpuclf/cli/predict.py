"""The command predict."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from gpuclf.cli.options import common_options, reading_options


@click.command(epilog="Example: gpuclf predict model.npz new.hdf5 --csv labels.csv")
@click.argument("model", type=click.Path(), metavar="M")
@click.argument("inputs", type=click.Path(), metavar="FILE|AUDIO...", nargs=-1, required=True)
@click.option(
    "--csv", type=click.Path(), metavar="OUT", help="Write the table here, all votes in it."
)
@common_options
@reading_options
def predict(
    model: str,
    inputs: tuple[str, ...],
    csv: str | None,
    backend: str,
    memory: int | None,
    cache: bool,
) -> None:
    """Label the clips of a feature file, or recordings, with their votes and margin.

    Recordings, or folders of them, are labelled by a model of a file that gpuclf extract made. The
    margin is the winner's lead over the next class, as a share of the votes; the time line tells
    what the windows vote for, one after another.
    """
    from gpuclf._utils.files import check_output
    from gpuclf._utils.formatting import percent
    from gpuclf.audio.decoding import SUFFIXES
    from gpuclf.model.model_file import load_model
    from gpuclf.report import tables
    from gpuclf.report.progress import RunProgress
    from gpuclf.workflows.predict import predict as label_clips
    from gpuclf.workflows.predict import predict_recordings

    if csv is not None:
        check_output(csv, inputs=[model, *inputs])
    trained = load_model(model, backend)
    unusable: dict[str, str] = {}
    with RunProgress() as progress:
        first = Path(inputs[0])
        if len(inputs) > 1 or first.is_dir() or first.suffix.lower() in SUFFIXES:
            predictions, unusable = predict_recordings(trained, inputs, progress=progress)
        else:
            predictions = label_clips(trained, first, progress=progress, memory=memory, cache=cache)
    console = tables.stdout()
    if csv is None:
        console.print(tables.prediction_table(predictions))
    else:
        predictions.write_csv(csv)
        console.print(f"{csv}: {len(predictions.ids)} clips labelled", markup=False)
    if predictions.accuracy is not None:
        console.print(f"accuracy of clips: {percent(predictions.accuracy)}")
    for name, reason in unusable.items():
        click.echo(f"gpuclf: warning: {name} {reason}: passed over", err=True)
