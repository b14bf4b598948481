"""The two layouts of a feature file (HDF5), selected by the root attribute ``gpuclf_layout``.

grid
    Equal numbers of clips per class and of frames per clip (no attribute ``gpuclf_layout``).

    - Root attribute ``labels``: class names, strings or UTF-8 bytes, in the order of axis 0, one
      for each class of each feature set. May be missing.
    - Each feature set is a dataset ``(n_classes, n_clips, n_frames, 2, n)``, or ``(n_classes,
      n_clips, n_frames, n)`` without overlaps, of floating-point numbers or integers. Axis 3 is
      interleaved in time: index 0 is the aligned frame, index 1 the frame half a frame later.
      Flattening axes 2 and 3 gives ``2 * n_frames`` consecutive frames.

clips
    Any number of clips per class and of frames per clip.

    - Root attributes ``gpuclf_layout = "clips"``, ``gpuclf_version = 1`` and ``labels``, the class
      names. ``labels`` may be missing.
    - Group ``clips`` with datasets of shape ``(n_clips,)``: ``id`` (unique strings); optionally
      ``label`` (integer index into ``labels``), ``group`` (string), ``fold`` (integer) and
      ``recording`` (string: URL of the recording, relative to the folder of the file, with a media
      fragment such as ``#t=1.5,3`` for a part in seconds).
    - Each feature set is a group with the datasets ``frames (total, n)``, floating-point numbers or
      integers, and ``offsets (n_clips + 1,)``, integers: clip ``i`` is
      ``frames[offsets[i]:offsets[i + 1]]`` and has at least one frame.

Names are not blank. They are read in Unicode's normal form (NFC): labels of the clips layout that
differ in form only are one class. Numbers have the meaning that netCDF attributes of their dataset
give them, see `gpuclf.features.hdf5.netcdf`.

The *row* of a clip is its position in the file: class by class in a grid, else in the order of the
table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import h5py
import numpy as np

from gpuclf._typing import AnyArray, Ints
from gpuclf.errors import FeatureFileError, listed
from gpuclf.features.hdf5.blocks import Block, BlockSize, grid_blocks, ragged_blocks
from gpuclf.features.hdf5.reader import Reader
from gpuclf.features.hdf5.select_reader import reader_of
from gpuclf.features.names import first_duplicate
from gpuclf.features.stored_columns import read_ids, read_integers, read_names, stored_labels, text

LAYOUT, VERSION = "clips", 1


@dataclass(frozen=True)
class Clips:
    """Table of the clips of a feature set.

    Parameters
    ----------
    ids : array of str, shape (clips,)
        Name of each clip; ``label/number`` in a grid.
    y : int64 array, shape (clips,), or None
        Class of each clip, an index into ``labels``; None if the file has no labels.
    labels : tuple of str
        Class names; empty if the file has no labels.
    groups : array of str, shape (clips,), or None
        Clips of one group are never split between training and test.
    folds : int64 array, shape (clips,), or None
        Predefined fold of each clip.
    recordings : array of str, shape (clips,), or None
        URL of the recording of each clip, relative to the folder of the file.
    """

    ids: AnyArray
    y: Ints | None
    labels: tuple[str, ...]
    groups: AnyArray | None = None
    folds: Ints | None = None
    recordings: AnyArray | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: Ints) -> Clips:
        """Return the table of the given rows, in their order; ``labels`` are unchanged."""
        return replace(
            self,
            ids=self.ids[rows],
            y=None if self.y is None else self.y[rows],
            groups=None if self.groups is None else self.groups[rows],
            folds=None if self.folds is None else self.folds[rows],
            recordings=None if self.recordings is None else self.recordings[rows],
        )


class FrameSource(Protocol):
    """Protocol of the frames of one feature set, addressed by row."""

    dataset: h5py.Dataset
    reader: Reader
    n_features: int
    classes: Ints  # (rows,) class of each row; index on axis 0 of a grid
    frame_steps: int  # consecutive frames per unit of n_frames

    def lengths(self) -> Ints:
        """Return the number of consecutive frames of each row."""
        ...

    def blocks(self, rows: Ints, lengths: Ints, size: BlockSize) -> Iterator[Block]:
        """Yield blocks of the first ``lengths[i]`` consecutive frames of clip ``rows[i]``."""
        ...

    def row_of(self, index: Sequence[int] | Ints) -> int:
        """Return the row of the clip that owns an element of the dataset."""
        ...


class GridFrames:
    """Frames of a feature set in the grid layout.

    The rows passed to `blocks` form a box: consecutive classes, and the same clips of each.
    """

    def __init__(self, dataset: h5py.Dataset) -> None:
        name, shape = _check_numbers(dataset), dataset.shape
        overlaps = shape[3:-1]
        if dataset.ndim not in (4, 5) or overlaps not in ((), (2,)):
            expected = "shape (n_classes, n_clips, n_frames, 2, n), or the same without axis 3"
            raise FeatureFileError(name, got=f"a dataset of shape {shape}", expected=expected)
        if 0 in shape:
            expected = "at least one class, clip, frame and feature"
            raise FeatureFileError(
                name, got=f"an empty dataset of shape {shape}", expected=expected
            )
        self.dataset = dataset
        self.reader = reader_of(dataset)
        self.n_classes, self.n_clips, self.n_frames = shape[:3]
        self.n_features = shape[-1]
        self.frame_steps = overlaps[0] if overlaps else 1
        self.classes = np.repeat(np.arange(self.n_classes), self.n_clips)

    def lengths(self) -> Ints:  # noqa: D102
        return np.full(len(self.classes), self.n_frames * self.frame_steps, dtype=np.int64)

    def blocks(self, rows: Ints, lengths: Ints, size: BlockSize) -> Iterator[Block]:  # noqa: D102
        corners = zip(divmod(rows[0], self.n_clips), divmod(rows[-1], self.n_clips), strict=True)
        classes, clips = (slice(int(first), int(last) + 1) for first, last in corners)
        n_frames = int(lengths[0]) // self.frame_steps
        unit = np.array(self.reader.unit[:2])
        return grid_blocks((classes, clips), n_frames, self.dataset.shape, unit, size)

    def row_of(self, index: Sequence[int] | Ints) -> int:  # noqa: D102
        return int(index[0] * self.n_clips + index[1])


class RaggedFrames:
    """Frames of a feature set in the clips layout."""

    frame_steps = 1

    def __init__(self, group: h5py.Group, classes: Ints) -> None:
        name = _set_name(group)
        if not {"frames", "offsets"} <= set(group):
            got = f"a group with {listed(sorted(map(repr, group)))}"
            raise FeatureFileError(name, got=got, expected="the datasets frames and offsets")
        self.dataset = group["frames"]
        _check_numbers(self.dataset)
        shape = self.dataset.shape
        if self.dataset.ndim != 2:
            raise FeatureFileError(f"{name}, frames", got=f"shape {shape}", expected="(total, n)")
        if 0 in shape:
            got = f"an empty dataset of shape {shape}"
            raise FeatureFileError(
                f"{name}, frames", got=got, expected="at least one frame and feature"
            )
        total, self.n_features = shape
        what = f"{name}, offsets"
        offsets = read_integers(what, group["offsets"])
        if len(offsets) != len(classes) + 1:
            got, expected = f"{len(offsets)} values", f"{len(classes) + 1}, one more than clips"
            raise FeatureFileError(what, got=got, expected=expected)
        self.offsets = offsets
        if self.offsets[0] != 0 or self.offsets[-1] != total or (np.diff(self.offsets) < 1).any():
            got = f"{self.offsets[0]} ... {self.offsets[-1]}"
            expected = f"increasing values from 0 to {total}, the number of frames"
            raise FeatureFileError(what, got=got, expected=expected)
        self.classes = classes
        self.reader = reader_of(self.dataset)

    def lengths(self) -> Ints:  # noqa: D102
        return np.diff(self.offsets)

    def blocks(self, rows: Ints, lengths: Ints, size: BlockSize) -> Iterator[Block]:  # noqa: D102
        return ragged_blocks(self.offsets[rows], lengths, self.n_features, size)

    def row_of(self, index: Sequence[int] | Ints) -> int:  # noqa: D102
        return int(np.searchsorted(self.offsets, index[0], side="right")) - 1


def _set_name(item: h5py.HLObject) -> str:
    return f"feature set {item.name.lstrip('/')!r}"


def _check_numbers(dataset: h5py.Dataset) -> str:
    """Check that a dataset contains real numbers; return its name for error messages."""
    if dataset.dtype.kind not in "fiu":
        got, expected = f"values of type {dataset.dtype}", "floating-point numbers or integers"
        raise FeatureFileError(_set_name(dataset), got=got, expected=expected)
    return _set_name(dataset)


def is_clips_layout(file: h5py.File) -> bool:
    """Return True for the clips layout, False for the grid layout.

    Raises
    ------
    FeatureFileError
        If the layout or its version is unknown.
    """
    layout = file.attrs.get("gpuclf_layout")
    if layout is None:
        return False
    layout = text(layout)
    if layout != LAYOUT:
        raise FeatureFileError("gpuclf_layout", got=repr(layout), expected=repr(LAYOUT))
    version = int(file.attrs.get("gpuclf_version", 0))
    if version != VERSION:
        expected = f"{VERSION} (newer versions require a newer gpuclf)"
        raise FeatureFileError("gpuclf_version", got=version, expected=expected)
    return True


def grid_clips(source: GridFrames, labels: Sequence[str]) -> Clips:
    """Return the table of the clips of a grid: class by class, named ``label/number``."""
    classes, duplicate = source.n_classes, first_duplicate(labels)
    if duplicate is not None:  # in two normal forms
        got = f"{duplicate!r} for two classes"
        raise FeatureFileError("labels", got=got, expected="unique names")
    if labels and len(labels) != classes:
        got = f"{len(labels)} for {classes} classes of {_set_name(source.dataset)}"
        raise FeatureFileError("labels", got=got, expected="one label per class (axis 0)")
    names = labels or [str(number) for number in range(classes)]
    ids = [f"{name}/{clip}" for name in names for clip in range(source.n_clips)]
    y = source.classes if labels else None
    return Clips(ids=np.array(ids), y=y, labels=tuple(labels))


def table_clips(file: h5py.File) -> Clips:
    """Return the table of clips of the clips layout.

    Raises
    ------
    FeatureFileError
        If the column ``id`` is missing or not unique, a column has another length or type, or a
        label is outside ``labels``.
    """
    table = file.get("clips")
    if not isinstance(table, h5py.Group) or "id" not in table:
        expected = "a group with the datasets id and label"
        raise FeatureFileError("clips", got="no table of clips", expected=expected)
    ids, stored = read_ids("clips/id", table["id"]), stored_labels(file)
    read = {
        "label": read_integers,
        "group": read_names,
        "fold": read_integers,
        "recording": read_names,
    }
    columns = {
        name: np.array(of(f"clips/{name}", table[name]))
        for name, of in read.items()
        if name in table
    }
    for name, column in columns.items():
        if len(column) != len(ids):
            got, expected = f"{len(column)} values", f"{len(ids)}, one per clip"
            raise FeatureFileError(f"clips/{name}", got=got, expected=expected)
    return Clips(
        ids=np.array(ids),
        y=_classes(columns["label"], stored) if stored and "label" in columns else None,
        labels=tuple(dict.fromkeys(stored)),
        groups=columns.get("group"),
        folds=columns.get("fold"),
        recordings=columns.get("recording"),
    )


def _classes(codes: Ints, stored: Sequence[str]) -> Ints:
    """Return the class of each clip from its index into the stored labels."""
    outside = codes[(codes < 0) | (codes >= len(stored))]
    if len(outside):
        raise FeatureFileError("clips/label", got=outside[0], expected=f"0 to {len(stored) - 1}")
    labels = list(dict.fromkeys(stored))
    return np.array([labels.index(name) for name in stored], np.int64)[codes]
