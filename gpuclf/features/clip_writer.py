"""Write a feature file of clips that were found as files, from an iterable of their frames."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from gpuclf._typing import AnyArray
from gpuclf.errors import InputError
from gpuclf.features.importers.clip_files import ClipFile
from gpuclf.features.names import number_classes, unique_names
from gpuclf.features.writer import stream_clips, stream_grid


def write_clip_files(
    path: str | os.PathLike[str],
    clips: Sequence[ClipFile],
    frames: Iterable[Mapping[str, AnyArray]],
    lengths: Mapping[str, Sequence[int]],
    *,
    recordings: Sequence[str] | None = None,
    attributes: Mapping[str, Any] | None = None,
    nbytes: int = 0,
) -> None:
    """Write a feature file in the clips layout; see `gpuclf.features.writer.stream_clips`.

    Parameters
    ----------
    clips : sequence of ClipFile
        Clips with their ids and, optionally, labels, groups and folds.
    frames : iterable of mappings of str to array
        Frames ``(T, n)`` of each clip by name of the feature set.
    path, lengths, recordings, attributes, nbytes
        See `gpuclf.features.writer.stream_clips`.
    """
    classes, y = number_classes(column(clips, "label"))
    stream_clips(
        path,
        frames,
        lengths,
        classes,
        y,
        ids=unique_names("ids", (clip.id for clip in clips)),
        groups=column(clips, "group"),
        folds=column(clips, "fold"),
        recordings=recordings,
        attributes=attributes,
        nbytes=nbytes,
    )


def write_grid_files(
    path: str | os.PathLike[str],
    clips: Sequence[ClipFile],
    frames: Iterable[Mapping[str, AnyArray]],
    lengths: Mapping[str, Sequence[int]],
    *,
    attributes: Mapping[str, Any],
) -> None:
    """Write a feature file in the grid layout; clips are cut to the length of the shortest.

    Parameters
    ----------
    clips : sequence of ClipFile
        The same number of clips of each class, sorted by class; see `balanced`.
    path, frames, lengths, attributes
        See `write_clip_files`.

    Raises
    ------
    InputError
        If clips have no labels, or a clip has one frame.
    """
    labels, _ = number_classes(column(clips, "label"))
    if labels is None:
        raise InputError("grid", got="clips without labels", expected="a label for each clip")
    shortest = {name: min(counts) // 2 * 2 for name, counts in lengths.items()}
    if not all(shortest.values()):
        raise InputError("grid", got="a clip of one frame", expected="at least two frames per clip")
    cut = ({name: one[: shortest[name]] for name, one in clip.items()} for clip in frames)
    stream_grid(path, cut, labels, len(clips) // len(labels), attributes=attributes)


def recording_url(clip: ClipFile, folder: str | os.PathLike[str]) -> str:
    """Return the URL of the file of a clip, relative to a folder.

    Parameters
    ----------
    clip : ClipFile
        Clip that is a recording, or a part of it.
    folder : path

    Returns
    -------
    str
        Percent-encoded; a part is a media fragment.

    Examples
    --------
    >>> recording_url(ClipFile(Path("in/dog 1.wav"), "a", start=1.5), "out")
    '../in/dog%201.wav#t=1.5'
    """
    try:
        path = Path(os.path.relpath(clip.path, folder))
    except ValueError:  # another drive
        path = clip.path.absolute()
    url = quote(os.fsencode(path.as_posix()))
    if clip.start is None and clip.end is None:
        return url
    return f"{url}#t={clip.start or 0:g}" + (f",{clip.end:g}" if clip.end is not None else "")


def balanced(clips: Sequence[ClipFile]) -> list[ClipFile]:
    """Return the same number of clips of each class, sorted by class."""
    by_label: dict[str, list[ClipFile]] = defaultdict(list)
    for clip in clips:
        by_label[clip.label or ""].append(clip)
    smallest = min(map(len, by_label.values()))
    return [clip for label in sorted(by_label) for clip in by_label[label][:smallest]]


def column(clips: Sequence[ClipFile], name: str) -> list[Any] | None:
    """Return the ``label``, ``group`` or ``fold`` of each clip, or None if no clip has one.

    Raises
    ------
    InputError
        If only some clips have one; the message names the first clip without.
    """
    values = [getattr(clip, name) for clip in clips]
    without = [clip.id for clip, value in zip(clips, values, strict=True) if value is None]
    if without and len(without) < len(clips):
        expected = f"a {name} for every clip, or for none"
        raise InputError(f"clip {without[0]!r}", got=f"no {name}", expected=expected)
    return None if without else values
