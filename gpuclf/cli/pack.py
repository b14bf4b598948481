"""The command pack."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from gpuclf.cli.column_options import column_options
from gpuclf.cli.command_help import CLIPS, VECTORS, command
from gpuclf.cli.given_options import given_options
from gpuclf.cli.listing_options import root_option
from gpuclf.cli.table_options import TABLE_OPTIONS, column_choice, table_options

if TYPE_CHECKING:
    from gpuclf.features.importers.pack_content import PackContent

OF_FOLDERS = ("index", "root", "path_column", "id_column")
OF_BOTH = ("label_column", "group_column", "fold_column")  # of tables and of an index
OF_FILES = ("clip_column", "features", "no_labels", *TABLE_OPTIONS)


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
@root_option
@column_options("path", "id", "clip", "label", "group", "fold")
@click.option("--no-labels", is_flag=True, help="The clips have no labels.", panel=CLIPS)
@click.option(
    "--features",
    multiple=True,
    metavar="PATTERN",
    help="Feature columns, or arrays of a file: a name or a pattern such as 'mfcc_*'; may be "
    "repeated. [default: the column of lists, else all columns of numbers]",
    panel=VECTORS,
)
@table_options
def pack(source: str, out: str, name: str | None, **options: Any) -> None:
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
        _check_options(options, OF_FOLDERS, f"a folder of files as SOURCE, not {source}")
        check_output(out, inputs=[source, options["labels"]])
        content = _content_of_file(path, name, options)
    else:
        without = OF_FILES if options["index"] else (*OF_FILES, *OF_BOTH)
        _check_options(options, without, f"a CSV file, table or array as SOURCE, not {source}")
        content = _content_of_folder(source, out, name, options)
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

    choice = column_choice(options, options["features"], labelled=not options["no_labels"])
    return source_content(path, choice, labels=options["labels"], name=name)


def _content_of_folder(
    source: str, out: str, name: str | None, options: dict[str, Any]
) -> PackContent:
    from dataclasses import replace

    from gpuclf._utils.files import check_output
    from gpuclf.features.importers.collection import Listing, find_clips
    from gpuclf.features.importers.sources import ARRAYS, files_of_clips

    columns = {role: options[f"{role}_column"] for role in ("path", "id", "label", "group", "fold")}
    listing = Listing(index=options["index"], root=options["root"], columns=columns)
    found = find_clips(source, listing, ARRAYS)
    check_output(out, inputs=[*listing.paths, *(clip.path for clip in found.clips)])
    content = files_of_clips(found.clips, name)
    lines = [f"{name}: {text}" for name, text in found.facts.items()]
    return replace(content, summary=[*content.summary, *lines])
