"""The command extract."""

from __future__ import annotations

import warnings
from typing import Any

import rich_click as click

from gpuclf.audio.settings import Extraction
from gpuclf.cli.command_help import CLIPS, COMPUTATION, OUTPUT, SPECTRA, command
from gpuclf.cli.options import parameter_options, preset_option


@command(
    "gpuclf extract recordings/ features.hdf5",
    "gpuclf extract recordings/ features.hdf5 --features mel,Xs --duration 30",
    common=(
        *("--features", "--sr", "--duration", "--index", "--strict", "--grid"),
        *("--workers", "--preset"),
    ),
)
@click.argument("folder", type=click.Path(), metavar="AUDIO_DIR")
@click.argument("output", type=click.Path(), metavar="OUT.hdf5")
@click.option(
    "--index",
    type=click.Path(),
    metavar="CSV",
    help="CSV list of the clips: columns path, label; optional: id, group, fold, start, end (in "
    "seconds). [default: each sub-folder is a class]",
    panel=CLIPS,
)
@click.option(
    "--strict",
    is_flag=True,
    help="Stop with an error at an unusable recording instead of skipping it.",
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
@preset_option("Set of defaults. [default: recordings]")
@parameter_options(Extraction, SPECTRA)
def extract(
    folder: str,
    output: str,
    index: str | None,
    strict: bool,
    grid: bool,
    workers: int | None,
    preset: str | None,
    **options: Any,
) -> None:
    """Extract features from recordings to a feature file.

    AUDIO_DIR contains one sub-folder per class with WAV, FLAC, Ogg, MP3, AU or AIFF files. It
    writes OUT.hdf5 and prints the command that evaluates it. If interrupted, rerun the same command
    to resume.
    """
    from gpuclf._utils.files import check_output
    from gpuclf._utils.formatting import counted
    from gpuclf.audio.decoding import SUFFIXES
    from gpuclf.config.presets import preset_named
    from gpuclf.features.feature_file import open_features
    from gpuclf.features.importers.clip_files import find_clip_files, list_clip_files, stray_files
    from gpuclf.report import tables
    from gpuclf.report.command_line import evaluate_command
    from gpuclf.report.extract import extraction_facts
    from gpuclf.report.progress import RunProgress
    from gpuclf.workflows.extract import extract as run

    preset = preset or "recordings"
    given = {name: value for name, value in options.items() if value is not None}
    extraction = Extraction(**{**preset_named(preset).extraction, **given})
    check_output(output, inputs=[index])
    clips = find_clip_files(folder, SUFFIXES) if index is None else list_clip_files(index, folder)
    if index is None and (strays := stray_files(folder, SUFFIXES)):
        warnings.warn(
            f"{folder}: {counted(strays, 'recording')} outside the class folders skipped",
            stacklevel=2,
        )
    if len({clip.label for clip in clips}) == 1:
        warnings.warn(
            f"all recordings are of one class, {clips[0].label!r}; a classifier needs two",
            stacklevel=2,
        )
    with RunProgress() as progress:
        extracted = run(
            clips,
            output,
            extraction,
            preset=preset,
            grid=grid,
            strict=strict,
            workers=workers,
            on_clips=progress.on_clips,
        )
    with open_features(output) as store:
        sets = {name: tables.describe_features(store[name]) for name in store.names}
        command = evaluate_command(store)
    if grid and index is not None:
        sets["not written"] = "ids, groups and folds, which the grid layout cannot store"
    console = tables.stdout()
    console.print(tables.pairs({"file": output, **sets, **extraction_facts(extracted)}))
    tables.print_next(console, command)
