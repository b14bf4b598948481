"""Write feature files in both layouts: gzip and shuffle, completely or not at all.

The table of clips is written before their frames: it is still there in a truncated copy, and shows
what is lost.
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
from gpuclf.features.names import check_sets, texts, whole_numbers
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
    """Write a feature file in the grid layout.

    Parameters
    ----------
    path : path
        The file, replaced if it exists.
    feature_sets : mapping of str to array
        ``(n_classes, n_clips, n_frames, 2, n)``, or ``(n_classes, n_clips, n_frames, n)`` without
        overlaps; float16/32/64 or integers, stored as they are.
    labels : sequence of str or None
        Names of the classes, in the order of axis 0; None if the classes are not known.
    attributes : mapping, optional
        Further root attributes.
    filters : mapping
        Keywords of ``h5py.Group.create_dataset``; empty for no compression.

    Raises
    ------
    InputError, FeatureFileError
        If the shapes, types and labels do not match.
    OutputError
        If the file cannot be written.

    Examples
    --------
    See `gpuclf.open_features`.
    """
    check_sets(feature_sets)
    nbytes = sum(np.asarray(frames).nbytes for frames in feature_sets.values())
    with _validated(path, feature_sets, nbytes) as file:
        _write_attributes(file, labels, attributes)
        for name, value in feature_sets.items():
            frames = np.asarray(value)
            chunked = filters and frames.ndim > 2 and frames.size
            chunks = (1, 1, *frames.shape[2:]) if chunked else None
            source = GridFrames(file.create_dataset(name, data=frames, chunks=chunks, **filters))
            if labels is not None and len(labels) != source.n_classes:
                raise InputError("labels", got=len(labels), expected=f"{source.n_classes} names")


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
    """Write a feature file in the clips layout, for clips of any number and length.

    Parameters
    ----------
    path : path
        The file, replaced if it exists.
    feature_sets : mapping of str to sequence of arrays
        One array ``(T, n)`` of consecutive frames for each clip.
    labels : sequence of str or None
        Names of the classes.
    y : int array, shape (clips,), or None
        Each clip's class, an index into ``labels``.
    ids : sequence of str, optional
        Name of each clip, all different; numbers by default.
    groups : sequence of str, optional
        Group of each clip, such as the artist or the source recording: clips of one group are never
        split between training and test.
    folds : int array, shape (clips,), optional
        Predefined fold of each clip.
    attributes : mapping, optional
        Further root attributes.
    filters : mapping
        Keywords of ``h5py.Group.create_dataset``; empty for no compression.

    Raises
    ------
    InputError, FeatureFileError
        If the columns and frames do not match; nothing is written then.
    OutputError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile, numpy as np, gpuclf
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = folder.name + "/features.hdf5"
    >>> frames = [np.ones((length, 5)) for length in (7, 9, 8)]
    >>> gpuclf.write_clips(path, {"mel": frames}, labels=["a", "b"], y=[0, 1, 1])
    >>> with gpuclf.open_features(path) as store:
    ...     print(store["mel"].lengths)
    [7 9 8]
    >>> folder.cleanup()
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
        room=sum(clip.nbytes for clips in sets.values() for clip in clips),
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
    attributes: Mapping[str, Any] | None = None,
    filters: Mapping[str, Any] = FILTERS,
    room: int = 0,
) -> None:
    """Write a feature file in the clips layout, clip by clip.

    Parameters
    ----------
    clips : iterable of mappings of str to array
        The frames ``(T, n)`` of each clip by feature set; all of one set have one type.
    lengths : mapping of str to sequence of int
        The number of frames of each clip by feature set.
    room : int
        Bytes that must be free on the disk.
    path, labels, y, ids, groups, folds, attributes, filters
        See `write_clips`, also for what is raised.
    """
    columns: dict[str, Any] = {
        "id": texts("ids", ids),
        "label": None if y is None else whole_numbers("y", y),
        "group": None if groups is None else texts("groups", groups),
        "fold": None if folds is None else whole_numbers("folds", folds),
    }
    check_sets(lengths)
    if "clips" in lengths:
        raise InputError("feature set", got="the name 'clips'", expected="any other")
    with _validated(path, lengths, room) as file:
        file.attrs["gpuclf_layout"] = LAYOUT
        file.attrs["gpuclf_version"] = VERSION
        _write_attributes(file, labels, attributes)
        for name, column in columns.items():
            if column is not None:
                if len(column) != len(ids):
                    got = f"{len(column)} values"
                    raise InputError(name, got=got, expected=f"{len(ids)} clips")
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
    """Write a feature file in the grid layout, clip by clip.

    Parameters
    ----------
    clips : iterable of mappings of str to array
        The frames ``(2 * n_frames, n)`` of each clip by feature set, class after class; all of one
        set have one shape and type.
    n_clips : int
        Clips per class.
    path, labels, attributes, filters
        See `write_grid`, also for what is raised.
    """
    sets: dict[str, h5py.Dataset] = {}
    with _validated(path, sets, nbytes=0) as file:
        _write_attributes(file, labels, attributes)
        for number, clip in enumerate(clips):
            for name, frames in clip.items():
                pairs = frames.reshape(-1, 2, frames.shape[-1])
                if name not in sets:
                    check_sets([name])
                    shape, chunk = (len(labels), n_clips, *pairs.shape), (1, 1, *pairs.shape)
                    sets[name] = file.create_dataset(
                        name, shape=shape, dtype=pairs.dtype, chunks=chunk, **filters
                    )
                sets[name][divmod(number, n_clips)] = pairs


@contextmanager
def _validated(
    path: str | os.PathLike[str], feature_sets: Iterable[str], nbytes: int
) -> Iterator[h5py.File]:
    """Yield a new file that replaces ``path`` only if every feature set can be read."""
    with replacing(path, room=nbytes) as draft:
        with h5py.File(draft, "w") as file:
            yield file
        with open_features(draft) as store:
            for name in feature_sets:
                store[name]


def _write_attributes(
    file: h5py.File, labels: Sequence[str] | None, attributes: Mapping[str, Any] | None
) -> None:
    if labels is not None:
        names = texts("labels", labels)
        with _stored("labels", f"{len(names)} classes", "some 4000 at most"):  # 64 KiB
            file.attrs["labels"] = names
    for name, value in (attributes or {}).items():
        texts("attribute", [name])
        with _stored(f"attribute {name!r}", None, "a text or numbers, at most 64 KiB"):
            file.attrs[name] = value


@contextmanager
def _stored(what: str, got: str | None, expected: str) -> Iterator[None]:
    """Turn what HDF5 raises for an attribute that it cannot store into an error of one line."""
    try:
        yield
    except (OSError, RuntimeError, TypeError, ValueError) as error:
        if getattr(error, "errno", None):  # of the disk
            raise
        raise InputError(what, got=got or first_line(error), expected=expected) from error
