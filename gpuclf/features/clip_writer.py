"""A feature file of clips that are files: their table, and frames that come clip by clip."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gpuclf._typing import AnyArray
from gpuclf.errors import InputError
from gpuclf.features.importers.clip_files import ClipFile
from gpuclf.features.names import different_texts, number_classes
from gpuclf.features.writer import stream_clips


def write_clip_files(
    path: str | os.PathLike[str],
    clips: Sequence[ClipFile],
    frames: Iterable[Mapping[str, AnyArray]],
    lengths: Mapping[str, Sequence[int]],
    *,
    attributes: Mapping[str, Any] | None = None,
    room: int = 0,
) -> None:
    """Write a feature file in the clips layout, as `gpuclf.features.writer.stream_clips` does.

    Parameters
    ----------
    clips : sequence of ClipFile
        Their ids, and their labels, groups and folds if they have them.
    frames : iterable of mappings of str to array
        The frames ``(T, n)`` of each clip by feature set.
    path, lengths, attributes, room
        See `gpuclf.features.writer.stream_clips`.
    """
    classes, y = number_classes(column(clips, "label"))
    stream_clips(
        path,
        frames,
        lengths,
        classes,
        y,
        ids=different_texts("ids", (clip.id for clip in clips)),
        groups=column(clips, "group"),
        folds=column(clips, "fold"),
        attributes=attributes,
        room=room,
    )


def column(clips: Sequence[ClipFile], name: str) -> list[Any] | None:
    """Each clip's ``label``, ``group`` or ``fold``, or None if no clip has one.

    Raises
    ------
    InputError
        If only some clips have one; the message names the first that has none.
    """
    values = [getattr(clip, name) for clip in clips]
    without = [clip.id for clip, value in zip(clips, values, strict=True) if value is None]
    if without and len(without) < len(clips):
        raise InputError(f"clip {without[0]!r}", got=f"no {name}", expected=f"a {name} for each")
    return None if without else values
