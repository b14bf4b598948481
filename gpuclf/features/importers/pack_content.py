"""Clips and frames of any source, ready to be written to a feature file (clips layout)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from gpuclf._typing import AnyArray
from gpuclf.errors import InputError
from gpuclf.features.clip_writer import write_clip_files
from gpuclf.features.importers.clip_files import ClipFile
from gpuclf.features.importers.frame_rows import find_clips
from gpuclf.features.importers.frame_table import FrameTable, split_frames
from gpuclf.features.importers.table_columns import ColumnChoice, assign_columns

OnClips = Callable[[int, int], None]


@dataclass(frozen=True)
class PackContent:
    """Clips and frames of a source.

    Parameters
    ----------
    clips : sequence of ClipFile
        All clips.
    frames : iterable of mappings of str to array
        Frames ``(T, n)`` of each clip by name of the feature set, read clip by clip.
    lengths : mapping of str to sequence of int
        Number of frames of each clip by name of the feature set.
    nbytes : int
        Size of all frames in bytes.
    summary : list of str
        Lines that say what each part of the source is used for.
    named : bool
        Whether the source names its clips; otherwise, ids are numbers.
    """

    clips: Sequence[ClipFile]
    frames: Iterable[Mapping[str, AnyArray]]
    lengths: Mapping[str, Sequence[int]]
    nbytes: int
    summary: list[str] = field(default_factory=list)
    named: bool = True


def table_content(table: FrameTable, choice: ColumnChoice, name: str) -> PackContent:
    """Return the clips and frames of a table as a feature set of this name.

    Raises
    ------
    InputError
        See `assign_columns` and `find_clips`.
    """
    columns = assign_columns(table.path, table.columns, choice)
    clips, lengths = find_clips(table, columns)

    def frames() -> Iterator[dict[str, AnyArray]]:
        with closing(table.frames(columns.features)) as blocks:
            for clip in split_frames(table.path, blocks, lengths):
                yield {name: clip}

    nbytes = sum(lengths) * columns.width * table.dtype(columns.features).itemsize
    named = "clip" in columns.cells
    return PackContent(clips, frames(), {name: lengths}, nbytes, columns.summary(), named)


def write_content(
    path: str | os.PathLike[str],
    content: PackContent,
    *,
    attributes: Mapping[str, Any] | None = None,
    on_clips: OnClips | None = None,
) -> None:
    """Write clips and frames to a feature file.

    Parameters
    ----------
    path : path
        The feature file, replaced if it exists.
    content : PackContent
    attributes : mapping, optional
        Additional root attributes: strings or numbers.
    on_clips : callable, optional
        Called after each clip with the number of packed clips and the total number.

    Raises
    ------
    InputError, FeatureFileError
        If there is no clip, ids are not unique, or a value is not valid. No file is written.
    OutputError
        If the feature file cannot be written.
    """
    clips = content.clips
    if not clips:
        raise InputError("clips", got="none", expected="at least one")

    def with_progress() -> Iterator[Mapping[str, AnyArray]]:
        for done, frames in enumerate(content.frames, 1):
            yield frames
            if on_clips is not None:
                on_clips(done, len(clips))

    write_clip_files(
        path,
        clips,
        with_progress(),
        content.lengths,
        attributes=attributes,
        nbytes=content.nbytes,
    )
