"""A feature file from arrays, files of arrays, or rows of a CSV file.

A clip is an array ``(T, n)`` with its frames in the order of time; ``(n,)`` is a clip of one frame,
such as an embedding of the whole recording. Classes are sorted by name. Files are read twice: first
for the clips and their lengths, with which a feature file begins, then for the frames, of which
those of one clip are in memory at a time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gpuclf._typing import AnyArray
from gpuclf.errors import InputError
from gpuclf.features.clip_writer import write_clip_files
from gpuclf.features.importers.array_files import (
    NAME,
    SUFFIXES,
    check_consistent,
    frames_of_arrays,
    frames_of_file,
    headers_of_file,
)
from gpuclf.features.importers.clip_files import ClipFile
from gpuclf.features.importers.csv_table import read_rows
from gpuclf.features.importers.frame_rows import find_clips, find_columns, read_frames
from gpuclf.features.names import different_texts, number_classes, whole_numbers
from gpuclf.features.writer import write_clips

__all__ = ["NAME", "SUFFIXES", "OnClips", "pack_arrays", "pack_rows", "write_features"]

OnClips = Callable[[int, int], None]


def write_features(
    path: str | os.PathLike[str],
    features: Sequence[npt.ArrayLike] | Mapping[str, Sequence[npt.ArrayLike]],
    labels: Sequence[str] | None,
    *,
    ids: Sequence[str] | None = None,
    groups: Sequence[str] | None = None,
    folds: npt.ArrayLike | None = None,
    name: str = NAME,
    attributes: Mapping[str, Any] | None = None,
) -> None:
    """Write arrays as a feature file: an array and a label for each clip.

    Parameters
    ----------
    path : path
        The file, replaced if it exists.
    features : sequence of arrays, or mapping of str to sequence of arrays
        One array ``(T, n)`` per clip, or ``(n,)`` for one frame, floating point or integers; a
        mapping contains several feature sets by name.
    labels : sequence of str, shape (clips,), or None
        The name of each clip's class; None if it is not known.
    ids, groups, folds, attributes
        See `gpuclf.write_clips`.
    name : str
        The feature set's name, if ``features`` is a sequence.

    Raises
    ------
    InputError, FeatureFileError
        If a value is not finite, or arrays and columns do not go together: the message names the
        clip. Nothing is written then.
    OutputError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile, numpy as np, gpuclf
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = folder.name + "/features.hdf5"
    >>> clips = [np.ones((length, 5)) for length in (7, 9, 8)]
    >>> gpuclf.write_features(path, clips, labels=["rock", "jazz", "rock"])
    >>> with gpuclf.open_features(path) as store:
    ...     print(store.names, store.labels, store["features"].clips.y)
    ['features'] ('jazz', 'rock') [1 0 1]
    >>> folder.cleanup()
    """
    sets = features if isinstance(features, Mapping) else {name: features}
    folds = None if folds is None else whole_numbers("folds", folds)
    count = len(next(iter(sets.values()), ()))
    columns = {"labels": labels, "ids": ids, "groups": groups, "folds": folds}
    for what, column in chain(sets.items(), columns.items()):
        if column is not None and (len(column) != count or not count):
            raise InputError(what, got=len(column), expected=f"{count or 'some'}, one a clip")
    names = [str(clip) for clip in range(count)] if ids is None else different_texts("ids", ids)
    frames = {
        own: frames_of_arrays([f"{own}, clip {one!r}" for one in names], clips)
        for own, clips in sets.items()
    }
    classes, y = number_classes(labels)
    write_clips(
        path, frames, classes, y, ids=names, groups=groups, folds=folds, attributes=attributes
    )


def pack_arrays(
    clips: Sequence[ClipFile],
    path: str | os.PathLike[str],
    *,
    name: str | None = None,
    attributes: Mapping[str, Any] | None = None,
    on_clips: OnClips | None = None,
) -> None:
    """Pack files of arrays, one per clip, into a feature file.

    Parameters
    ----------
    clips : sequence of ClipFile
        A ``.npy`` file contains an array ``(T, n)`` or ``(n,)``; a ``.npz`` file one for each
        feature set. The values of a set have one type and are stored unchanged.
    path : path
        The feature file, replaced if it exists.
    name : str, optional
        The feature set of ``.npy`` files, ``features`` by default; ``.npz`` files name their own.
    attributes : mapping, optional
        More root attributes.
    on_clips : callable, optional
        Called with the number of packed clips, and of all.

    Raises
    ------
    InputError, FeatureFileError
        If a file is damaged, contains something that is not a finite number, or does not match the
        first: the message names it. Objects are never unpickled. Nothing is written then.
    OutputError
        If the feature file cannot be written.

    Examples
    --------
    >>> import tempfile, numpy as np, gpuclf
    >>> from gpuclf.features.importers.clip_files import find_clip_files
    >>> folder = tempfile.TemporaryDirectory()
    >>> for file, length in {"rock/a.npy": 9, "jazz/b.npy": 7}.items():
    ...     Path(folder.name, file).parent.mkdir()
    ...     np.save(Path(folder.name, file), np.ones((length, 5)))
    >>> path = folder.name + "/features.hdf5"
    >>> pack_arrays(find_clip_files(folder.name, SUFFIXES), path)
    >>> with gpuclf.open_features(path) as store:
    ...     print(store["features"].clips.ids, store["features"].lengths)
    ['jazz/b.npy' 'rock/a.npy'] [7 9]
    >>> folder.cleanup()
    """
    headers = [headers_of_file(clip.path, name) for clip in clips]
    for clip in clips:
        if clip.start is not None or clip.end is not None:
            got = f"a part, from {clip.start} to {clip.end}"
            raise InputError(str(clip.path), got=got, expected="a whole file for each clip")
    check_consistent([clip.path for clip in clips], headers)
    sets = list(headers[0]) if headers else []
    _pack(
        path,
        clips,
        (frames_of_file(clip.path, name) for clip in clips),
        {own: [header[own].frames for header in headers] for own in sets},
        attributes=attributes,
        on_clips=on_clips,
        room=sum(own.nbytes for header in headers for own in header.values()),
    )


def pack_rows(
    source: str | os.PathLike[str],
    path: str | os.PathLike[str],
    *,
    clip: str = "clip",
    label: str | None = "label",
    name: str = NAME,
    attributes: Mapping[str, Any] | None = None,
    on_clips: OnClips | None = None,
) -> list[str]:
    r"""Pack a CSV file with one row per frame into a feature file.

    Parameters
    ----------
    source : path
        The CSV file, UTF-8, with commas; its first line names the columns: those named by ``clip``
        and ``label``; ``group`` and ``fold`` if present; and the features, all numbers. The rows of
        a clip are consecutive, in the order of time.
    path : path
        The feature file, replaced if it exists; numbers are stored as float32.
    clip : str
        The column of the clip's name.
    label : str or None
        The column of its class's name; None if the classes are not known.
    name : str
        The feature set's name.
    attributes : mapping, optional
        More root attributes.
    on_clips : callable, optional
        Called with the number of packed clips, and of all.

    Returns
    -------
    list of str
        Names of the features, in the order of the file.

    Raises
    ------
    InputError, FeatureFileError
        If a column is missing, a cell is wrong, or the rows of a clip are not consecutive or
        disagree: the message names the line. Nothing is written then.
    OutputError
        If the feature file cannot be written.

    Examples
    --------
    >>> import tempfile, gpuclf
    >>> folder = tempfile.TemporaryDirectory()
    >>> source = Path(folder.name, "frames.csv")
    >>> _ = source.write_text("clip,label,low,high\na,rock,1,2\na,rock,3,4\nb,jazz,5,6\n")
    >>> path = folder.name + "/features.hdf5"
    >>> pack_rows(source, path)
    ['low', 'high']
    >>> with gpuclf.open_features(path) as store:
    ...     print(store["features"].clips.ids, store["features"].lengths)
    ['a' 'b'] [2 1]
    >>> folder.cleanup()
    """
    source = Path(source)
    with closing(read_rows(source)) as rows:
        header = next(rows)[1]
        roles, features = find_columns(f"{source}, line 1", header, clip, label)
        clips, lengths = find_clips(source, rows, roles)
    with closing(read_rows(source)) as rows:
        next(rows)
        _pack(
            path,
            clips,
            ({name: read_frames(source, islice(rows, n), header, features)} for n in lengths),
            {name: lengths},
            attributes=attributes,
            on_clips=on_clips,
            room=sum(lengths) * len(features) * np.dtype(np.float32).itemsize,
        )
    return [header[index] for index in features]


def _pack(
    path: str | os.PathLike[str],
    clips: Sequence[ClipFile],
    frames: Iterable[Mapping[str, AnyArray]],
    lengths: Mapping[str, Sequence[int]],
    *,
    attributes: Mapping[str, Any] | None,
    on_clips: OnClips | None,
    room: int,
) -> None:
    if not clips:
        raise InputError("clips", got="none", expected="at least one")

    def reported() -> Iterator[Mapping[str, AnyArray]]:
        for done, clip in enumerate(frames, 1):
            yield clip
            if on_clips is not None:
                on_clips(done, len(clips))

    write_clip_files(path, clips, reported(), lengths, attributes=attributes, room=room)
