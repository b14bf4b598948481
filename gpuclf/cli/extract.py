"""The command extract."""

from __future__ import annotations

import warnings
from typing import Any

import rich_click as click

from gpuclf.audio.settings import Extraction
from gpuclf.cli.options import parameter_options, preset_option

RECORDINGS = "Recordings"


@click.command(
    epilog="Example: gpuclf extract recordings features.hdf5 --features mel,Xs --duration 30"
)
@click.argument("folder", type=click.Path(), metavar="AUDIO_DIR")
@click.argument("output", type=click.Path(), metavar="OUT.hdf5")
@click.option(
    "--index",
    type=click.Path(),
    metavar="CSV",
    help="List of the clips: path, label, and if it has them id, group, fold, start, end in "
    "seconds. By default each sub-folder is a class.",
    panel=RECORDINGS,
)
@click.option(
    "--strict",
    is_flag=True,
    help="Stop if a recording cannot be used; by default it is passed over.",
    panel=RECORDINGS,
)
@click.option(
    "--grid",
    is_flag=True,
    help="Cut all clips to the shortest, all classes to the smallest: the thesis's layout.",
    panel=RECORDINGS,
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    help="How many work at a time. [default: as many as cores]",
    panel=RECORDINGS,
)
@preset_option("Settings to begin with. [default: recordings]")
@parameter_options(Extraction, "Frames and features", {"sr": "Sound", "duration": "Sound"})
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
    """Extract the features of recordings into a feature file.

    WAV, FLAC, Ogg, MP3, AU, AIFF; a sub-folder for each class. An extraction that is stopped goes
    on where it was when it is started again.
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
    typed = {name: value for name, value in options.items() if value is not None}
    extraction = Extraction(**{**preset_named(preset).extraction, **typed})
    check_output(output, inputs=[index])
    clips = find_clip_files(folder, SUFFIXES) if index is None else list_clip_files(index, folder)
    if index is None and (strays := stray_files(folder, SUFFIXES)):
        warnings.warn(f"{folder} itself: {counted(strays, 'recording')} in no class", stacklevel=2)
    if len({clip.label for clip in clips}) == 1:
        warnings.warn(f"all recordings are of one class, {clips[0].label!r}", stacklevel=2)
    with RunProgress() as progress:
        found = run(
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
    if grid and (index is not None):
        sets["left out"] = "ids, groups and folds, for which a grid has no room"
    console = tables.stdout()
    console.print(tables.pairs({"file": output, **sets, **extraction_facts(found)}))
    tables.print_next(console, command)
