"""Options of the command predict for windows of recordings, and the command with them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import rich_click as click

from gpuclf.cli.command_help import WINDOWS
from gpuclf.errors import InputError

FORMATS = ("raven", "audacity", "csv", "parquet")
NEED_WINDOW = ("hop", "min_score", "merge", "out", "format")
WITHOUT_WINDOW = {"csv": "--out", "memory": "no --memory", "cache": "no --cache or --no-cache"}

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


OPTIONS = (
    click.option(
        "--window",
        type=click.FLOAT,
        metavar="SECONDS",
        help="Label windows of this length instead of whole recordings.",
        panel=WINDOWS,
    ),
    click.option(
        "--hop",
        type=click.FLOAT,
        metavar="SECONDS",
        help="Distance of the starts of windows. [default: half of --window]",
        panel=WINDOWS,
    ),
    click.option(
        "--min-score",
        type=click.FLOAT,
        default=0.0,
        metavar="SHARE",
        help="Lowest fraction of the votes that gives a window a label. [default: 0]",
        panel=WINDOWS,
    ),
    click.option(
        "--merge",
        is_flag=True,
        help="Merge consecutive windows with the same label.",
        panel=WINDOWS,
    ),
    click.option(
        "--out",
        type=click.Path(),
        metavar="PATH",
        help="Output for the labelled windows: .txt, .csv, .parquet, or a folder of .txt files, "
        "one per recording. [default: print the first ones]",
        panel=WINDOWS,
    ),
    click.option(
        "--format",
        type=click.Choice(FORMATS),
        metavar="FORMAT",
        help="Format of --out: raven (selection tables), audacity (label tracks), csv or parquet "
        "(one table). [default: by the suffix; .txt and folders: raven]",
        panel=WINDOWS,
    ),
)


@dataclass(frozen=True)
class WindowOptions:
    """Values of the options; see `window_options`."""

    window: float | None
    hop: float | None
    min_score: float
    merge: bool
    out: str | None
    format: str | None


def window_options(command: Decorated) -> Decorated:
    """Add the options of `WindowOptions` to a command."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def check_window_options(given: Collection[str], window: float | None) -> None:
    """Check that no option is given that has no effect with or without ``--window``.

    Raises
    ------
    InputError
        The message names the option.

    Examples
    --------
    >>> check_window_options(["merge"], None)
    Traceback (most recent call last):
    gpuclf.errors.InputError: --merge: got no effect without --window, expected --window SECONDS
    """
    if window is None:
        wrong = {name: "--window SECONDS" for name in NEED_WINDOW if name in given}
    else:
        wrong = {name: WITHOUT_WINDOW[name] for name in WITHOUT_WINDOW if name in given}
    for name, expected in wrong.items():
        got = f"no effect {'without' if window is None else 'with'} --window"
        raise InputError(f"--{name.replace('_', '-')}", got=got, expected=expected)


def predict_windows(
    model: str,
    inputs: Sequence[str],
    backend: str,
    options: WindowOptions,
    *,
    reject: bool = False,
    onnx: str | None = None,
) -> None:
    """Label the windows of recordings; write the regions, or print the first."""
    from contextlib import nullcontext

    from gpuclf.model.model_file import load_model
    from gpuclf.model.region_files import RegionOutput
    from gpuclf.model.window_predictions import check_min_score
    from gpuclf.report import tables
    from gpuclf.report.predict_windows import RegionSummary
    from gpuclf.report.progress import RunProgress
    from gpuclf.workflows.predict_windows import WindowPredictor

    assert options.window is not None
    check_min_score(options.min_score)
    if options.format is not None and options.out is None:
        raise InputError("--format", got="no --out", expected="--out FILE or FOLDER")
    output = None if options.out is None else RegionOutput(options.out, options.format)
    trained = load_model(model, backend)
    predictor = WindowPredictor(
        trained, inputs, window=options.window, hop=options.hop, reject=reject, onnx=onnx
    )
    if output is not None:
        output.check(predictor.recordings, model)
    summary = RegionSummary()
    opened = nullcontext() if output is None else output.opened(trained.labels)
    with RunProgress() as progress, opened as write:
        for predictions in predictor.predictions(progress):
            regions = predictions.regions(options.min_score, merge=options.merge)
            summary.add(predictions, regions)
            if write is not None:
                write(predictions, regions)
    console = tables.stdout()
    if output is None:
        console.print(summary.table())
    console.print(tables.pairs(summary.facts(options.out)))
    for name, damage in summary.damaged.items():
        click.echo(f"gpuclf: warning: {name} {damage}", err=True)
    for name, reason in predictor.unusable.items():
        click.echo(f"gpuclf: warning: skipped: {name} {reason}", err=True)
