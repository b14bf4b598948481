"""The command pack."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from gpuclf.cli.column_options import column_options
from gpuclf.cli.command_help import CLIPS, VECTORS, command
from gpuclf.cli.given_options import given_options

if TYPE_CHECKING:
    from gpuclf.features.importers.pack_content import PackContent

OF_FOLDERS = ("index",)
OF_FILES = (
    *("clip_column", "label_column", "group_column", "fold_column", "time_columns"),
    *("features", "exclude", "labels", "row_per_clip", "no_labels"),
)


@command(
    "gpuclf pack embeddings/ features.hdf5",
    "gpuclf pack clips.npy features.hdf5 --labels labels.csv",
    "gpuclf pack frames.parquet features.hdf5 --features 'mfcc_*'",
    common=("--name", "--index", "--labels", "--label-column", "--clip-column", "--features"),
)
@click.argument("source", type=click.Path())
@click.argument("out", type=click.Path(), metavar="OUT.hdf5")
@click.option(
    "--name",
    metavar="SET",
    help="Name of the feature set; .npz and Zarr files contain their own. [default: features]",
)
@click.option(
    "--index",
    type=click.Path(),
    metavar="CSV",
    help="CSV list of the files in SOURCE, if it is a folder: columns path, label; optional: id, "
    "group, fold.",
    panel=CLIPS,
)
@click.option(
    "--labels",
    type=click.Path(),
    metavar="CSV",
    help="CSV file with one row per clip of SOURCE: column label; optional: clip, group, fold. "
    "Rows are matched by the clip, if both name it, else by order.",
    panel=CLIPS,
)
@column_options("clip", "label", "group", "fold")
@click.option(
    "--time-columns",
    metavar="NAMES",
    help="Columns of the start and end of a frame, separated by commas; the first must increase "
    "within a clip. [default: start, end and similar]",
    panel=CLIPS,
)
@click.option(
    "--row-per-clip",
    is_flag=True,
    help="Each row of the table is a clip, named by its number.",
    panel=CLIPS,
)
@click.option("--no-labels", is_flag=True, help="The clips have no labels.", panel=CLIPS)
@click.option(
    "--features",
    multiple=True,
    metavar="PATTERN",
    help="Feature columns, or arrays of a file: a name or a pattern such as 'mfcc_*'; may be "
    "repeated. [default: the column of lists, else all columns of numbers]",
    panel=VECTORS,
)
@click.option(
    "--exclude",
    multiple=True,
    metavar="PATTERN",
    help="Columns of numbers that are no features; may be repeated.",
    panel=VECTORS,
)
def pack(source: str, out: str, name: str | None, index: str | None, **options: Any) -> None:
    """Convert existing features to a feature file.

    SOURCE is one of: a folder with one sub-folder per class and one file per clip: .npy, .npz, or
    .birdnet.embeddings.txt of BirdNET-Analyzer; one array of all clips, of shape (clips, n) or
    (clips, frames, n): .npy, .npz, Zarr, or .npz of the package birdnet; a table with one row per
    frame or per clip: CSV, Parquet, Arrow, Feather; the folder of a perch-hoplite database.

    An option NAME of a column also accepts NAME:REGEX, for the part of its cells that matches the
    regular expression (its first group, if it has one).

    The command writes OUT.hdf5, and prints which columns it uses and the command that evaluates the
    file.
    """
    from gpuclf._utils.files import check_output
    from gpuclf._utils.formatting import legible
    from gpuclf.config.presets import ATTRIBUTE
    from gpuclf.features.feature_file import open_features
    from gpuclf.features.importers.pack import write_content
    from gpuclf.features.importers.sources import is_one_source
    from gpuclf.report import tables
    from gpuclf.report.command_line import default_split, evaluate_command
    from gpuclf.report.progress import RunProgress

    path = Path(source)
    if is_one_source(path):
        _check_options({"index": index}, OF_FOLDERS, f"a folder of files as SOURCE, not {source}")
        check_output(out, inputs=[source, options["labels"]])
        content = _content_of_file(path, name, options)
    else:
        _check_options(options, OF_FILES, f"a CSV file, table or array as SOURCE, not {source}")
        content = _content_of_folder(source, out, name, index)
    with RunProgress() as progress:
        write_content(
            out, content, attributes={ATTRIBUTE: "embeddings"}, on_clips=progress.on_clips
        )
    console = tables.stdout()
    with open_features(out) as store:
        lines = [out, *(tables.describe_features(store[name]) for name in store.names)]
        lines += [*content.summary, f"default split: {default_split(store)}"]
        following = f"gpuclf predict MODEL {out}"
        if not options["no_labels"]:
            following = evaluate_command(store)
        for line in (*lines, f"Next: {following}"):
            console.print(legible(line, longest=1000), markup=False, soft_wrap=True)


def _check_options(options: dict[str, Any], without_effect: tuple[str, ...], expected: str) -> None:
    """Check that no option is given that has no effect for this kind of source."""
    from gpuclf.errors import InputError

    for option in given_options():
        if option in without_effect:
            got = options[option]
            shown = " ".join(got) if isinstance(got, tuple) else got
            raise InputError(f"--{option.replace('_', '-')}", got=shown, expected=expected)


def _content_of_file(path: Path, name: str | None, options: dict[str, Any]) -> PackContent:
    from gpuclf.features.importers.sources import source_content
    from gpuclf.features.importers.table_columns import ColumnChoice

    choice = ColumnChoice(
        clip=options["clip_column"],
        label=options["label_column"],
        group=options["group_column"],
        fold=options["fold_column"],
        times=tuple(each.strip() for each in (options["time_columns"] or "").split(",") if each),
        features=options["features"],
        exclude=options["exclude"],
        row_per_clip=options["row_per_clip"],
        labelled=not options["no_labels"],
    )
    return source_content(path, choice, labels=options["labels"], name=name)


def _content_of_folder(source: str, out: str, name: str | None, index: str | None) -> PackContent:
    from dataclasses import replace

    from gpuclf._utils.files import check_output
    from gpuclf._utils.formatting import counted
    from gpuclf.features.importers.birdnet_text import is_birdnet_text
    from gpuclf.features.importers.clip_files import (
        find_clip_files,
        list_clip_files,
        unlisted_files,
    )
    from gpuclf.features.importers.pack import SUFFIXES
    from gpuclf.features.importers.sources import files_of_clips

    if index is None:
        clips = find_clip_files(source, SUFFIXES, is_clip=is_birdnet_text)
    else:
        clips = list_clip_files(index, source)
    check_output(out, inputs=[index, *(clip.path for clip in clips)])
    content = files_of_clips(clips, name)
    unlisted = index and unlisted_files(clips, source, SUFFIXES, is_birdnet_text)
    if unlisted:
        line = f"not listed: {counted(unlisted, 'file')} of {source}, skipped"
        content = replace(content, summary=[*content.summary, line])
    return content
