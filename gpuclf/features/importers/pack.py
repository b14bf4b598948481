"""Pack arrays, or files of arrays, into a feature file (clips layout).

A clip is an array ``(T, n)`` of frames in temporal order, or ``(n,)`` for one frame, such as an
embedding of the whole recording. Classes are sorted by name. Input files are read twice: first for
the table and the lengths of the clips, which precede the frames in a feature file, then for the
frames. Only the frames of one clip are in memory at a time.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy.typing as npt

from gpuclf.errors import InputError
from gpuclf.features.importers.array_files import (
    NAME,
    SUFFIXES,
    check_consistent,
    frames_of_arrays,
    frames_of_file,
    headers_of_file,
)
from gpuclf.features.importers.clip_files import ClipFile
from gpuclf.features.importers.pack_content import PackContent, write_content
from gpuclf.features.names import checked_integers, number_classes, unique_names
from gpuclf.features.writer import write_clips

__all__ = ["NAME", "SUFFIXES", "files_content", "write_content", "write_features"]


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


def files_content(clips: Sequence[ClipFile], name: str | None = None) -> PackContent:
    """Return the clips and frames of files of arrays, one file per clip.

    Parameters
    ----------
    clips : sequence of ClipFile
        A ``.npy`` file contains an array ``(T, n)`` or ``(n,)``; a ``.npz`` file contains one such
        array per feature set. The arrays of a set have one dtype, which is kept.
    name : str, optional
        Name of the feature set of ``.npy`` files, ``features`` by default; ``.npz`` files contain
        the names.

    Raises
    ------
    InputError
        If a file is damaged, or an array does not match those of the first file; the message names
        the file. Values that are not finite raise when they are read.

    Examples
    --------
    >>> import numpy as np, gpuclf
    >>> from pathlib import Path
    >>> from gpuclf.features.importers.clip_files import find_clip_files
    >>> for file, length in {"rock/a.npy": 9, "jazz/b.npy": 7}.items():
    ...     Path(file).parent.mkdir()
    ...     np.save(Path(file), np.ones((length, 5)))
    >>> path = "features.hdf5"
    >>> write_content(path, files_content(find_clip_files(".", SUFFIXES)))
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
    return PackContent(
        clips,
        (frames_of_file(clip.path, name) for clip in clips),
        {own: [header[own].frames for header in headers] for own in (headers or [{}])[0]},
        sum(own.nbytes for header in headers for own in header.values()),
    )
