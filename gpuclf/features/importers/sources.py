"""Recognition of what a path contains, and its clips and frames.

========================================  ===========================================
path                                      content
========================================  ===========================================
folder of ``.npy``, ``.npz``, or          a file per clip, a sub-folder per class or a list
``.birdnet.embeddings.txt`` files
``.csv``, ``.parquet``, ``.arrow``,       a row per frame
``.feather``
``.npy``, ``.npz``, Zarr                  clips along the first axis
``.npz`` of the package birdnet           a row per segment of a recording
folder with ``hoplite.sqlite``            a row per window of a recording
========================================  ===========================================
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gpuclf.errors import InputError
from gpuclf.features.importers.array_files import NAME, SUFFIXES
from gpuclf.features.importers.arrow_frames import ARROW_SUFFIXES, PARQUET_SUFFIXES, ArrowFrames
from gpuclf.features.importers.birdnet_result import BirdnetResult, is_birdnet_result
from gpuclf.features.importers.birdnet_text import birdnet_text_content, is_birdnet_text
from gpuclf.features.importers.clip_arrays import arrays_content
from gpuclf.features.importers.clip_files import ClipFile
from gpuclf.features.importers.collection import FileKind
from gpuclf.features.importers.csv_frames import CsvFrames
from gpuclf.features.importers.hoplite_frames import RECORDING, WINDOW, HopliteFrames, is_hoplite
from gpuclf.features.importers.label_table import label_clips
from gpuclf.features.importers.pack import files_content
from gpuclf.features.importers.pack_content import PackContent, table_content
from gpuclf.features.importers.stored_arrays import is_zarr, stored_arrays
from gpuclf.features.importers.table_columns import ColumnChoice

ARRAYS = FileKind("file", SUFFIXES, is_birdnet_text)


def is_one_source(path: Path) -> bool:
    """Return whether a path is a file or a database, as opposed to a folder of files."""
    return path.is_file() or is_hoplite(path) or is_zarr(path)


def source_content(
    path: Path, choice: ColumnChoice, *, labels: str | None = None, name: str | None = None
) -> PackContent:
    r"""Return the clips and frames of a file or a database.

    Parameters
    ----------
    path : Path
    choice : ColumnChoice
    labels : str, optional
        CSV file with the labels of the clips; see `gpuclf.features.importers.label_table`.
    name : str, optional
        Name of the feature set; ``features`` by default. Arrays have their own names.

    Raises
    ------
    InputError
        If the content is not valid; the message names the place.

    Examples
    --------
    >>> import numpy as np
    >>> np.save("clips.npy", np.ones((2, 5)))
    >>> _ = Path("labels.csv").write_text("label\nrock\njazz\n")
    >>> content = source_content(Path("clips.npy"), ColumnChoice(), labels="labels.csv")
    >>> [(clip.id, clip.label) for clip in content.clips]
    [('0', 'rock'), ('1', 'jazz')]
    """
    own = choice
    if labels is not None:
        own = replace(choice, label=None, group=None, fold=None, labelled=False)
    content = _content(path, own, labels, name)
    return content if labels is None else label_clips(content, labels, choice)


def _content(path: Path, choice: ColumnChoice, labels: str | None, name: str | None) -> PackContent:
    suffix, set_name = path.suffix.lower(), name or NAME
    if is_hoplite(path):
        return _hoplite_content(path, choice, set_name)
    if suffix in PARQUET_SUFFIXES | ARROW_SUFFIXES:
        return table_content(ArrowFrames(path), choice, set_name)
    if suffix not in SUFFIXES and not is_zarr(path):
        return table_content(CsvFrames(path), choice, set_name)
    arrays = stored_arrays(path)
    if is_birdnet_result(arrays):
        return table_content(BirdnetResult(path, arrays), choice, set_name)
    if labels is not None and choice.clip not in {array.name for array in arrays}:
        choice = replace(choice, clip=None)  # a column of the labels
    content = arrays_content(path, arrays, choice)
    return content if name is None else _renamed(path, content, name)


def _renamed(path: Path, content: PackContent, name: str) -> PackContent:
    """Return the content with another name of its only feature set."""
    if len(content.lengths) > 1:
        got, expected = f"{len(content.lengths)} feature sets", "one, or no --name"
        raise InputError(str(path), got=got, expected=expected)
    (lengths,) = content.lengths.values()
    frames = ({name: own} for clip in content.frames for own in clip.values())
    return replace(content, frames=frames, lengths={name: lengths})


def _hoplite_content(path: Path, choice: ColumnChoice, name: str) -> PackContent:
    """Return the clips of a database: annotated windows, grouped by recording, or recordings."""
    own_labels = choice.labelled and choice.label is None
    table = HopliteFrames(path, labelled=own_labels)
    clip, group = (WINDOW, RECORDING) if table.annotated else (RECORDING, None)
    choice = replace(choice, clip=choice.clip or clip, group=choice.group or group)
    content = table_content(table, choice, name)
    skipped = [f"skipped: {count} windows with {why}" for why, count in table.skipped.items()]
    return replace(content, summary=[*content.summary, *skipped])


def files_of_clips(files: Sequence[ClipFile], name: str | None) -> PackContent:
    """Return the content of a folder of files, each a clip or a segment of one."""
    texts = [is_birdnet_text(file.path) for file in files]
    if any(texts) and not all(texts):
        other = files[texts.index(False)].path
        raise InputError(str(other), got="an array", expected="text files of BirdNET only")
    return birdnet_text_content(files, name or NAME) if any(texts) else files_content(files, name)
