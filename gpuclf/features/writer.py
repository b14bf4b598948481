"""Write feature files in both layouts (see `gpuclf.features.layout`), compressed with gzip.

A file is written to a temporary path, validated, and then renamed: an existing file is replaced by
a complete file or left unchanged. The table of clips precedes the frames, so that a truncated copy
still shows which clips are lost.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from gpuclf._typing import AnyArray
from gpuclf._utils.files import replacing
from gpuclf.errors import InputError, first_line
from gpuclf.features.feature_file import open_features
from gpuclf.features.layout import LAYOUT, VERSION, GridFrames
from gpuclf.features.names import check_set_names, checked_integers, checked_names
from gpuclf.features.ragged_writer import write_ragged_sets

FILTERS: dict[str, Any] = {"compression": "gzip", "compression_opts": 4, "shuffle": True}


def write_grid(
    path: str | os.PathLike[str],
    feature_sets: Mapping[str, npt.ArrayLike],
    labels: Sequence[str] | None,
    *,
    attributes: Mapping[str, Any] | None = None,
    filters: Mapping[str, Any] = FILTERS,
) -> None:
    """Write arrays as a feature file in the grid layout.

    Parameters
    ----------
    path : path
        The file, replaced if it exists.
    feature_sets : mapping of str to array
        Frames by name of the feature set: shape ``(n_classes, n_clips, n_frames, 2, n)``, or
        ``(n_classes, n_clips, n_frames, n)`` without overlaps; float16, float32, float64 or integer
        dtype, which is kept.
    labels : sequence of str or None
        Class names, in the order of axis 0; None if unknown.
    attributes : mapping, optional
        Additional root attributes: strings or numbers.
    filters : mapping
        Keyword arguments of ``h5py.Group.create_dataset``; empty for no compression.

    Raises
    ------
    InputError, FeatureFileError
        If a shape or dtype is not supported, or the number of labels is not ``n_classes``. No file
        is written.
    OutputError
        If the file cannot be written.

    Examples
    --------
    See `gpuclf.open_features`.
    """
    check_set_names(feature_sets)
    nbytes = sum(np.asarray(frames).nbytes for frames in feature_sets.values())
    with _validated(path, feature_sets, nbytes) as file:
        _write_attributes(file, labels, attributes)
        for name, value in feature_sets.items():
            frames = np.asarray(value)
            chunked = filters and frames.ndim > 2 and frames.size
            chunks = (1, 1, *frames.shape[2:]) if chunked else None
            source = GridFrames(file.create_dataset(name, data=frames, chunks=chunks, **filters))
            if labels is not None and len(labels) != source.n_classes:
                raise InputError(
                    "labels", got=len(labels), expected=f"{source.n_classes}, one per class"
                )


def write_clips(
    path: str | os.PathLike[str],
    feature_sets: Mapping[str, Sequence[npt.ArrayLike]],
    labels: Sequence[str] | None,
    y: npt.ArrayLike | None,
    *,
    ids: Sequence[str] | None = None,
    groups: Sequence[str] | None = None,
    folds: npt.ArrayLike | None = None,
    attributes: Mapping[str, Any] | None = None,
    filters: Mapping[str, Any] = FILTERS,
) -> None:
    """Write arrays as a feature file in the clips layout: any number and length of clips.

    Parameters
    ----------
    path : path
        The file, replaced if it exists.
    feature_sets : mapping of str to sequence of arrays
        Frames by name of the feature set: one array of shape ``(T, n)`` per clip.
    labels : sequence of str or None
        Class names; None if unknown.
    y : int array, shape (clips,), or None
        Class of each clip, an index into ``labels``; None if ``labels`` is None.
    ids : sequence of str, shape (clips,), optional
        Unique name of each clip; ``"0"``, ``"1"``, ... by default.
    groups : sequence of str, shape (clips,), optional
        Group of each clip, such as the artist or the source recording: clips of one group are never
        split between training and test.
    folds : int array, shape (clips,), optional
        Predefined fold of each clip.
    attributes : mapping, optional
        Additional root attributes: strings or numbers.
    filters : mapping
        Keyword arguments of ``h5py.Group.create_dataset``; empty for no compression.

    Raises
    ------
    InputError, FeatureFileError
        If lengths, shapes or dtypes do not match, or a name is not valid. No file is written.
    OutputError
        If the file cannot be written.

    Examples
    --------
    >>> import numpy as np, gpuclf
    >>> path = "features.hdf5"
    >>> frames = [np.ones((length, 5)) for length in (7, 9, 8)]
    >>> gpuclf.write_clips(path, {"mel": frames}, labels=["a", "b"], y=[0, 1, 1])
    >>> with gpuclf.open_features(path) as store:
    ...     print(store["mel"].lengths)
    [7 9 8]
    """
    count = len(next(iter(feature_sets.values()), ()))
    sets = {name: [np.asarray(clip) for clip in clips] for name, clips in feature_sets.items()}
    for name, clips in sets.items():
        if len(clips) != count or not count:
            raise InputError(name, got=f"{len(clips)} clips", expected=count or "at least one")
        dtype = np.result_type(*(clip.dtype for clip in clips))
        sets[name] = [clip.astype(dtype, copy=False) for clip in clips]
    stream_clips(
        path,
        ({name: clips[n] for name, clips in sets.items()} for n in range(count)),
        {name: [len(clip) for clip in clips] for name, clips in sets.items()},
        labels,
        y,
        ids=list(map(str, range(count))) if ids is None else ids,
        groups=groups,
        folds=folds,
        attributes=attributes,
        filters=filters,
        nbytes=sum(clip.nbytes for clips in sets.values() for clip in clips),
    )


def stream_clips(
    path: str | os.PathLike[str],
    clips: Iterable[Mapping[str, AnyArray]],
    lengths: Mapping[str, Sequence[int]],
    labels: Sequence[str] | None,
    y: npt.ArrayLike | None,
    *,
    ids: Sequence[str],
    groups: Sequence[str] | None = None,
    folds: npt.ArrayLike | None = None,
    recordings: Sequence[str] | None = None,
    attributes: Mapping[str, Any] | None = None,
    filters: Mapping[str, Any] = FILTERS,
    nbytes: int = 0,
) -> None:
    """Write a feature file in the clips layout from an iterable of clips.

    Parameters
    ----------
    clips : iterable of mappings of str to array
        Frames ``(T, n)`` of each clip by name of the feature set; one dtype per set.
    lengths : mapping of str to sequence of int
        Number of frames of each clip by name of the feature set.
    recordings : sequence of str, shape (clips,), optional
        URL of the recording of each clip, relative to the folder of the file.
    nbytes : int
        Free disk space required, in bytes.
    path, labels, y, ids, groups, folds, attributes, filters
        See `write_clips`, also for the exceptions.
    """
    columns: dict[str, Any] = {
        "id": checked_names("ids", ids),
        "label": None if y is None else checked_integers("y", y),
        "group": None if groups is None else checked_names("groups", groups),
        "fold": None if folds is None else checked_integers("folds", folds),
        "recording": None if recordings is None else checked_names("recordings", recordings),
    }
    if (labels is None) != (y is None):
        what, other = ("labels", "y") if labels is None else ("y", "labels")
        raise InputError(what, got="none", expected=f"values, or {other} to be None as well")
    check_set_names(lengths)
    if "clips" in lengths:
        raise InputError("feature set", got="the name 'clips'", expected="another name")
    with _validated(path, lengths, nbytes) as file:
        file.attrs["gpuclf_layout"] = LAYOUT
        file.attrs["gpuclf_version"] = VERSION
        _write_attributes(file, labels, attributes)
        for name, column in columns.items():
            if column is not None:
                if len(column) != len(ids):
                    got, expected = f"{len(column)} values", f"{len(ids)}, one per clip"
                    raise InputError(name, got=got, expected=expected)
                file[f"clips/{name}"] = column
        write_ragged_sets(file, clips, lengths, filters)


def stream_grid(
    path: str | os.PathLike[str],
    clips: Iterable[Mapping[str, AnyArray]],
    labels: Sequence[str],
    n_clips: int,
    *,
    attributes: Mapping[str, Any] | None = None,
    filters: Mapping[str, Any] = FILTERS,
) -> None:
    """Write a feature file in the grid layout from an iterable of clips.

    Parameters
    ----------
    clips : iterable of mappings of str to array
        Frames ``(2 * n_frames, n)`` of each clip by name of the feature set, class by class; one
        shape and dtype per set.
    n_clips : int
        Number of clips per class.
    path, labels, attributes, filters
        See `write_grid`, also for the exceptions.
    """
    sets: dict[str, h5py.Dataset] = {}
    with _validated(path, sets, nbytes=0) as file:
        _write_attributes(file, labels, attributes)
        for number, clip in enumerate(clips):
            for name, frames in clip.items():
                pairs = frames.reshape(-1, 2, frames.shape[-1])
                if name not in sets:
                    check_set_names([name])
                    shape, chunk = (len(labels), n_clips, *pairs.shape), (1, 1, *pairs.shape)
                    sets[name] = file.create_dataset(
                        name, shape=shape, dtype=pairs.dtype, chunks=chunk, **filters
                    )
                sets[name][divmod(number, n_clips)] = pairs


@contextmanager
def _validated(
    path: str | os.PathLike[str], feature_sets: Iterable[str], nbytes: int
) -> Iterator[h5py.File]:
    """Yield a new file; it replaces ``path`` if every feature set in it is valid."""
    with replacing(path, nbytes=nbytes) as draft:
        with h5py.File(draft, "w") as file:
            yield file
        with open_features(draft) as store:
            for name in feature_sets:
                store[name]


def _write_attributes(
    file: h5py.File, labels: Sequence[str] | None, attributes: Mapping[str, Any] | None
) -> None:
    if labels is not None:
        names = checked_names("labels", labels)
        with _stored("labels", f"{len(names)} classes", "at most about 4000"):  # 64 KiB
            file.attrs["labels"] = names
    for name, value in (attributes or {}).items():
        checked_names("attribute", [name])
        with _stored(f"attribute {name!r}", None, "a string or numbers of at most 64 KiB"):
            file.attrs[name] = value


@contextmanager
def _stored(what: str, got: str | None, expected: str) -> Iterator[None]:
    """Convert HDF5 errors on an attribute that it cannot store to an `InputError` of one line."""
    try:
        yield
    except (OSError, RuntimeError, TypeError, ValueError) as error:
        if getattr(error, "errno", None):  # an error of the file system
            raise
        raise InputError(what, got=got or first_line(error), expected=expected) from error
