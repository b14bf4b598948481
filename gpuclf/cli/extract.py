"""The command extract."""

from __future__ import annotations

import warnings
from typing import Any

import rich_click as click

from gpuclf.audio.settings import Extraction
from gpuclf.cli.command_help import CLIPS, COMPUTATION, OUTPUT, SPECTRA, command
from gpuclf.cli.listing_options import listing_of, listing_options
from gpuclf.cli.onnx_options import extraction_of_options, onnx_options
from gpuclf.cli.options import common_options, parameter_options, preset_option
from gpuclf.cli.resumable import resumable


@command(
    "gpuclf extract recordings/ features.hdf5",
    "gpuclf extract recordings/ features.hdf5 --features mel,Xs --duration 30",
    "gpuclf extract audio/ features.hdf5 --index meta/esc50.csv",
    "gpuclf extract field/ features.hdf5 --annotations tables/",
    "gpuclf extract recordings/ f.hdf5 --model bird.onnx --sr 32000 --window 5",
    common=(
        *("--features", "--sr", "--channel", "--duration", "--index", "--annotations"),
        *("--strict", "--grid", "--workers", "--preset", "--model"),
    ),
)
@click.argument("source", type=click.Path(), metavar="AUDIO")
@click.argument("output", type=click.Path(), metavar="OUT.hdf5")
@listing_options
@click.option(
    "--strict",
    is_flag=True,
    help="Stop with an error at an unusable recording instead of skipping it, and at a truncated "
    "or damaged one instead of using what can be decoded.",
    panel=CLIPS,
)
@click.option(
    "--grid",
    is_flag=True,
    help="Write the grid layout of the thesis: all clips as long as the shortest, all classes as "
    "large as the smallest.",
    panel=OUTPUT,
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="INTEGER",
    help="Number of parallel workers. [default: number of CPU cores]",
    panel=COMPUTATION,
)
@common_options
@preset_option("Set of defaults. [default: recordings; with --model: embeddings]")
@onnx_options
@parameter_options(Extraction, SPECTRA)
def extract(
    source: str,
    output: str,
    strict: bool,
    grid: bool,
    workers: int | None,
    backend: str,
    preset: str | None,
    **options: Any,
) -> None:
    """Extract features from recordings to a feature file.

    AUDIO is a folder with one sub-folder per class with recordings: WAV, FLAC, Ogg, MP3, M4A, AIFF,
    WMA, the sound of MP4 and all other formats that libsndfile and FFmpeg decode; or, with --index
    or --annotations, any folder. It writes OUT.hdf5 and prints the command that evaluates it. If
    interrupted, rerun the same command to resume. The GPU computes mel and mfcc; decoding and other
    features are computed on the CPU.

    With --model, the features are embeddings: an ONNX model receives the waveform window by window.
    """
    from gpuclf._utils.files import check_output
    from gpuclf.audio.extraction_checkpoint import saved_recordings
    from gpuclf.audio.formats import RECORDINGS
    from gpuclf.features.feature_file import open_features
    from gpuclf.features.importers.collection import find_clips
    from gpuclf.report import tables
    from gpuclf.report.command_line import default_split, evaluate_command
    from gpuclf.report.extract import extraction_facts
    from gpuclf.report.progress import RunProgress
    from gpuclf.workflows.extract import extract as run

    listing = listing_of(options)
    preset = preset or ("recordings" if options["model"] is None else "embeddings")
    extraction = extraction_of_options(options, preset)
    inputs = [path for path in listing.paths if path.is_file()]
    check_output(output, inputs=[*inputs, options["model"]])
    found = find_clips(source, listing, RECORDINGS)
    clips = found.clips
    if len({clip.label for clip in clips}) == 1:
        warnings.warn(
            f"all recordings are of one class, {clips[0].label!r}; a classifier needs two",
            stacklevel=2,
        )
    with (
        RunProgress() as progress,
        resumable(progress, lambda: saved_recordings(output)),
    ):
        extracted = run(
            clips,
            output,
            extraction,
            preset=preset,
            grid=grid,
            strict=strict,
            workers=workers,
            backend=backend,
            on_clips=progress.on_clips,
        )
    with open_features(output) as store:
        sets = {name: tables.describe_features(store[name]) for name in store.names}
        command, split = evaluate_command(store), default_split(store)
    sets |= found.facts
    if grid and listing.paths:
        sets["not written"] = "ids, groups and folds, which the grid layout cannot store"
    console = tables.stdout()
    facts = {"file": output, **sets, **extraction_facts(extracted), "default split": split}
    console.print(tables.pairs(facts))
    tables.print_next(console, command)
