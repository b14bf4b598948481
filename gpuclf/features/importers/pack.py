"""Pack arrays, files of arrays, or rows of a CSV file into a feature file (clips layout).

A clip is an array ``(T, n)`` of frames in temporal order, or ``(n,)`` for one frame, such as an
embedding of the whole recording. Classes are sorted by name. Input files are read twice: first for
the table and the lengths of the clips, which precede the frames in a feature file, then for the
frames. Only the frames of one clip are in memory at a time.

CSV file
    Comma-separated, in UTF-8, with the column names in its first line and one row per frame. The
    rows of a clip are consecutive and in temporal order. Columns: the clip name (``clip``), the
    class name (``label``), optionally ``group`` and ``fold`` (integer); all other columns are
    features, finite numbers in the range of float32.
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
from gpuclf.features.names import checked_integers, number_classes, unique_names
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
    """Write arrays, one per clip, and their labels as a feature file in the clips layout.

    Parameters
    ----------
    path : path
        The file, replaced if it exists.
    features : sequence of arrays, or mapping of str to sequence of arrays
        One array per clip, of shape ``(T, n)``, or ``(n,)`` for one frame; floating-point numbers
        or integers. A mapping contains several feature sets by name.
    labels : sequence of str, shape (clips,), or None
        Class name of each clip; None if unknown.
    ids, groups, folds, attributes
        See `gpuclf.write_clips`.
    name : str
        Name of the feature set if ``features`` is a sequence.

    Raises
    ------
    InputError, FeatureFileError
        If a value is not finite, or shapes, dtypes or lengths do not match; the message names the
        clip or the argument. No file is written.
    OutputError
        If the file cannot be written.

    Examples
    --------
    >>> import numpy as np, gpuclf
    >>> path = "features.hdf5"
    >>> clips = [np.ones((length, 5)) for length in (7, 9, 8)]
    >>> gpuclf.write_features(path, clips, labels=["rock", "jazz", "rock"])
    >>> with gpuclf.open_features(path) as store:
    ...     print(store.names, store.labels, store["features"].clips.y)
    ['features'] ('jazz', 'rock') [1 0 1]
    """
    sets = features if isinstance(features, Mapping) else {name: features}
    folds = None if folds is None else checked_integers("folds", folds)
    count = len(next(iter(sets.values()), ()))
    columns = {"labels": labels, "ids": ids, "groups": groups, "folds": folds}
    for what, column in chain(sets.items(), columns.items()):
        if column is not None and (len(column) != count or not count):
            expected = f"{count}, one per clip" if count else "at least one clip"
            raise InputError(what, got=f"{len(column)} values", expected=expected)
    names = [str(clip) for clip in range(count)] if ids is None else unique_names("ids", ids)
    frames = {
        own: frames_of_arrays([f"{own}, clip {clip!r}" for clip in names], clips)
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
    """Pack files of arrays, one file per clip, into a feature file.

    Parameters
    ----------
    clips : sequence of ClipFile
        A ``.npy`` file contains an array ``(T, n)`` or ``(n,)``; a ``.npz`` file contains one such
        array per feature set. The arrays of a set have one dtype, which is kept.
    path : path
        The feature file, replaced if it exists.
    name : str, optional
        Name of the feature set of ``.npy`` files, ``features`` by default; ``.npz`` files contain
        the names.
    attributes : mapping, optional
        Additional root attributes: strings or numbers.
    on_clips : callable, optional
        Called after each clip with the number of packed clips and the total number.

    Raises
    ------
    InputError, FeatureFileError
        If a file is damaged, a value is not a finite number, or an array does not match those of
        the first file; the message names the file. No file is written.
    OutputError
        If the feature file cannot be written.

    Examples
    --------
    >>> import numpy as np, gpuclf
    >>> from gpuclf.features.importers.clip_files import find_clip_files
    >>> for file, length in {"rock/a.npy": 9, "jazz/b.npy": 7}.items():
    ...     Path(file).parent.mkdir()
    ...     np.save(Path(file), np.ones((length, 5)))
    >>> path = "features.hdf5"
    >>> pack_arrays(find_clip_files(".", SUFFIXES), path)
    >>> with gpuclf.open_features(path) as store:
    ...     print(store["features"].clips.ids, store["features"].lengths)
    ['jazz/b.npy' 'rock/a.npy'] [7 9]
    """
    headers = [headers_of_file(clip.path, name) for clip in clips]
    for clip in clips:
        if clip.start is not None or clip.end is not None:
            got = f"start {clip.start}, end {clip.end}"
            raise InputError(str(clip.path), got=got, expected="a complete file per clip")
    check_consistent([clip.path for clip in clips], headers)
    sets = list(headers[0]) if headers else []
    _pack(
        path,
        clips,
        (frames_of_file(clip.path, name) for clip in clips),
        {own: [header[own].frames for header in headers] for own in sets},
        attributes=attributes,
        on_clips=on_clips,
        nbytes=sum(own.nbytes for header in headers for own in header.values()),
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
        The CSV file; see `gpuclf.features.importers.pack` for its format.
    path : path
        The feature file, replaced if it exists; features are stored as float32.
    clip : str
        Column of the clip name.
    label : str or None
        Column of the class name; None if the classes are unknown.
    name : str
        Name of the feature set.
    attributes : mapping, optional
        Additional root attributes: strings or numbers.
    on_clips : callable, optional
        Called after each clip with the number of packed clips and the total number.

    Returns
    -------
    list of str
        Names of the features, in the order of the columns.

    Raises
    ------
    InputError, FeatureFileError
        If a column is missing, a cell is not valid, or the rows of a clip are not consecutive or
        have different labels, groups or folds; the message names the line. No file is written.
    OutputError
        If the feature file cannot be written.

    Examples
    --------
    >>> import gpuclf
    >>> source = Path("frames.csv")
    >>> _ = source.write_text("clip,label,low,high\na,rock,1,2\na,rock,3,4\nb,jazz,5,6\n")
    >>> path = "features.hdf5"
    >>> pack_rows(source, path)
    ['low', 'high']
    >>> with gpuclf.open_features(path) as store:
    ...     print(store["features"].clips.ids, store["features"].lengths)
    ['a' 'b'] [2 1]
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
            nbytes=sum(lengths) * len(features) * np.dtype(np.float32).itemsize,
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
    nbytes: int,
) -> None:
    if not clips:
        raise InputError("clips", got="none", expected="at least one")

    def with_progress() -> Iterator[Mapping[str, AnyArray]]:
        for done, clip in enumerate(frames, 1):
            yield clip
            if on_clips is not None:
                on_clips(done, len(clips))

    write_clip_files(path, clips, with_progress(), lengths, attributes=attributes, nbytes=nbytes)
