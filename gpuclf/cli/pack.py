"""The command pack."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from gpuclf.cli.command_help import command


@command(
    "gpuclf pack embeddings/ features.hdf5",
    "gpuclf pack frames.csv features.hdf5 --clip-column recording",
)
@click.argument("source", type=click.Path())
@click.argument("out", type=click.Path(), metavar="OUT.hdf5")
@click.option(
    "--index",
    type=click.Path(),
    metavar="CSV",
    help="CSV list of the files in SOURCE: columns path, label; optional: id, group, fold.",
)
@click.option(
    "--name",
    metavar="SET",
    help="Name of the feature set; .npz files contain their own. [default: features]",
)
@click.option(
    "--clip-column",
    metavar="NAME",
    help="Column of the clip's name, if SOURCE is a CSV file. [default: clip]",
)
@click.option(
    "--label-column",
    metavar="NAME",
    help="Column of the clip's class, if SOURCE is a CSV file. [default: label]",
)
def pack(
    source: str,
    out: str,
    index: str | None,
    name: str | None,
    clip_column: str | None,
    label_column: str | None,
) -> None:
    """Convert existing feature arrays to a feature file.

    SOURCE is a folder with one sub-folder per class and one file per clip: .npy, an array of
    shape (frames, features) or (features,), or .npz, one such array per feature set. Or it is a
    CSV file with one row per frame (or per clip) and the columns clip, label, optionally group
    and fold, and the features.
    The command writes OUT.hdf5 and prints the command that evaluates it.
    """
    from gpuclf._utils.files import check_output
    from gpuclf._utils.formatting import counted, legible
    from gpuclf.config.presets import ATTRIBUTE
    from gpuclf.errors import InputError, listed
    from gpuclf.features.feature_file import open_features
    from gpuclf.features.importers.clip_files import (
        find_clip_files,
        list_clip_files,
        unlisted_files,
    )
    from gpuclf.features.importers.pack import NAME, SUFFIXES, pack_arrays, pack_rows
    from gpuclf.report import tables
    from gpuclf.report.command_line import default_split, evaluate_command
    from gpuclf.report.progress import RunProgress

    attributes = {ATTRIBUTE: "embeddings"}
    shown: list[str] = []
    if Path(source).is_file():
        if index is not None:
            raise InputError("--index", got=index, expected=f"a folder as SOURCE, not {source}")
        if Path(source).suffix.lower() in SUFFIXES:
            expected = "a folder with one such file per clip, or a CSV file"
            raise InputError(source, got="a file of arrays", expected=expected)
        check_output(out, inputs=[source])
        with RunProgress() as progress:
            names = pack_rows(
                source,
                out,
                clip=clip_column or "clip",
                label=label_column or "label",
                name=name or NAME,
                attributes=attributes,
                on_clips=progress.on_clips,
            )
        shown = [f"columns: {listed(names)}"]
    else:
        for option, column in (("--clip-column", clip_column), ("--label-column", label_column)):
            if column is not None:
                raise InputError(option, got=column, expected=f"a CSV file as SOURCE, not {source}")
        clips = list_clip_files(index, source) if index else find_clip_files(source, SUFFIXES)
        if index and (unlisted := unlisted_files(clips, source, SUFFIXES)):
            shown = [f"not listed: {counted(unlisted, 'file')} of {source}, skipped"]
        check_output(out, inputs=[index, *(clip.path for clip in clips)])
        with RunProgress() as progress:
            pack_arrays(clips, out, name=name, attributes=attributes, on_clips=progress.on_clips)
    console = tables.stdout()
    with open_features(out) as store:
        lines = [out, *(tables.describe_features(store[name]) for name in store.names)]
        shown.append(f"default split: {default_split(store)}")
        for line in (*lines, *shown, f"Next: {evaluate_command(store)}"):
            console.print(legible(line, longest=1000), markup=False, soft_wrap=True)
