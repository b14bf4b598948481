"""A feature set of a file: its clips, its subsets, and reading its frames.

All frames in gpuclf are read here: in blocks of complete clips, as float32 arrays ``(rows, n)``
with one consecutive frame per row (see `gpuclf.features.hdf5.blocks`). A feature set is never
loaded into memory at once.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gpuclf._typing import AnyArray, Frames, Ints
from gpuclf._utils.system_errors import system_reason
from gpuclf.errors import FeatureFileError, InputError
from gpuclf.features.hdf5.blocks import Block, BlockSize
from gpuclf.features.hdf5.reader import Task, descriptor
from gpuclf.features.layout import Clips, FrameSource
from gpuclf.features.read_plan import ReadPlan, plan_reading

# By the number of consecutive frames per unit of n_frames.
FRAME_UNITS = {1: "frames per clip", 2: "frames per clip (axis 2, without the overlapped frames)"}


@dataclass(frozen=True)
class FeatureSet:
    """A named set of frames, or a subset of its clips and frames; created by ``store[name]``.

    Frames can be read while the store is open. Some files are read under HDF5's lock, which h5py
    holds while it iterates over ``file.items()``: to read frames inside such a loop, iterate over
    ``list(file.items())``.

    Parameters
    ----------
    name : str
        Name of the feature set in the file.
    clips : Clips
        Table of the clips.
    lengths : int64 array, shape (clips,)
        Number of consecutive frames ``T`` of each clip.
    rows : int64 array, shape (clips,)
        Row of each clip in the file, ascending.
    source : FrameSource
        Reader of frames by row.
    path : Path
        Path of the file, for error messages.
    """

    name: str
    clips: Clips
    lengths: Ints
    rows: Ints
    source: FrameSource
    path: Path

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def n_features(self) -> int:
        """Number of features per frame, ``n``."""
        return self.source.n_features

    @property
    def frames(self) -> tuple[int, int]:
        """Number of consecutive frames of the shortest and of the longest clip."""
        return int(self.lengths.min()), int(self.lengths.max())

    @property
    def nbytes(self) -> int:
        """Size of all frames as float32, in bytes."""
        return int(self.lengths.sum()) * self.n_features * 4

    def grouped(
        self, groups: npt.ArrayLike | None = None, folds: npt.ArrayLike | None = None
    ) -> FeatureSet:
        """Return the feature set with other groups or folds of its clips.

        Parameters
        ----------
        groups : array of str, shape (clips,), optional
            Group of each clip; clips of one group are never split between training and test.
            Unchanged by default.
        folds : int array, shape (clips,), optional
            Predefined fold of each clip; unchanged by default.

        Returns
        -------
        FeatureSet

        Raises
        ------
        InputError
            If the number of values is not the number of clips, or folds are not integers.

        Examples
        --------
        >>> import gpuclf
        >>> path = "features.hdf5"
        >>> gpuclf.write_grid(path, {"Z": np.ones((2, 3, 8, 2, 5))}, labels=["blues", "rock"])
        >>> with gpuclf.open_features(path) as store:
        ...     features = store["Z"].grouped(folds=[1, 2, 3, 1, 2, 3])
        >>> features.subset(n_clips=2).clips.folds.tolist()
        [1, 2, 1, 2]
        """
        clips = self.clips
        if groups is not None:
            clips = replace(clips, groups=self._one_each("groups", groups).astype(str))
        if folds is not None:
            numbers = self._one_each("folds", folds)
            if numbers.dtype.kind not in "iu":
                got = f"values of type {numbers.dtype}"
                raise InputError("folds", got=got, expected="integers")
            clips = replace(clips, folds=numbers.astype(np.int64))
        return replace(self, clips=clips)

    def subset(
        self,
        n_classes: int | None = None,
        n_clips: int | None = None,
        n_frames: int | None = None,
    ) -> FeatureSet:
        """Return the first classes, the first clips of each class, the first frames of each clip.

        Parameters
        ----------
        n_classes, n_clips, n_frames : int, optional
            Numbers of classes, clips per class and frames per clip; all by default. In a grid with
            overlaps, ``n_frames`` counts along axis 2, so each unit is a pair of frames.

        Returns
        -------
        FeatureSet

        Raises
        ------
        InputError
            If a number is below 1 or exceeds what the file has.
        """
        classes = self.source.classes[self.rows]
        number_in_class = np.empty(len(self), dtype=np.int64)
        for label in np.unique(classes):
            members = classes == label
            number_in_class[members] = np.arange(members.sum())
        steps = self.source.frame_steps
        longest = int(self.lengths.max()) // steps
        self._check_limit("n_classes", n_classes, int(classes.max()) + 1, "classes")
        self._check_limit("n_clips", n_clips, int(number_in_class.max()) + 1, "clips per class")
        self._check_limit("n_frames", n_frames, longest, FRAME_UNITS[steps])
        kept = np.ones(len(self), dtype=bool)
        if n_classes is not None:
            kept &= classes < n_classes
        if n_clips is not None:
            kept &= number_in_class < n_clips
        part = self.take(np.flatnonzero(kept))
        clips = replace(part.clips, labels=part.clips.labels[:n_classes])
        frames = longest if n_frames is None else n_frames
        return replace(part, clips=clips, lengths=np.minimum(part.lengths, frames * steps))

    def take(self, clips: Ints) -> FeatureSet:
        """Return the feature set of the clips with the given ascending numbers."""
        lengths, rows = self.lengths[clips], self.rows[clips]
        return replace(self, clips=self.clips.take(clips), lengths=lengths, rows=rows)

    def identity(self) -> dict[str, str | int] | None:
        """Return an identifier of the file, its state, and the selected clips and frames.

        Returns
        -------
        dict or None
            Path, size and modification times of the open file, name of the feature set, and a
            digest of the selected clips and frames. None if these do not determine the frames: the
            frames are stored in another file, or the file at the path was replaced.
        """
        dataset = self.source.dataset
        if dataset.is_virtual or dataset.external or dataset.file.driver != "sec2":
            return None
        try:
            opened, now = os.fstat(descriptor(dataset)), self.path.stat()
        except OSError:
            return None
        if not os.path.samestat(opened, now):
            return None
        selected = np.concatenate([self.rows, self.lengths]).tobytes()
        return {
            "file": str(self.path.resolve()),
            "bytes": opened.st_size,
            "modified": opened.st_mtime_ns,
            "changed": opened.st_ctime_ns,
            "feature set": self.name,
            "sub-set": hashlib.sha256(selected).hexdigest(),
        }

    def plan(self, memory: int | str | None = None) -> ReadPlan:
        """Return the division of the clips into blocks and the number of threads.

        Parameters
        ----------
        memory : int, str or None
            Memory limit, see `gpuclf._utils.memory.memory_limit`. It does not change any result.

        Returns
        -------
        ReadPlan

        Raises
        ------
        InputError
            If the limit is too small for the longest clip or for a chunk; the message contains the
            required size.
        FeatureFileError
            If the file is closed.
        """
        self._check_open()
        return plan_reading(self.source, self.rows, self.lengths, self.clips.ids, memory)

    def tasks(self, block: Block, rows: Frames) -> Iterator[Task]:
        """Yield independent tasks that read a block, to be run by any number of threads.

        Parameters
        ----------
        block : Block
            Block of the plan of this feature set.
        rows : float32 array, shape (rows, n)
            Output, filled by the tasks.

        Yields
        ------
        callable
            Function without arguments; raises `OSError` if the file cannot be read. Then call
            `raise_damage`.
        """
        return self.source.reader.tasks(block.pieces, rows)

    def read(self, clip: int) -> Frames:
        """Return the frames of one clip.

        Parameters
        ----------
        clip : int
            Index of the clip.

        Returns
        -------
        float32 array, shape (T, n)
            Consecutive frames of the clip.

        Raises
        ------
        FeatureFileError
            If the file cannot be read.
        """
        self._check_open()
        part = slice(clip, clip + 1)
        rows = np.empty((int(self.lengths[clip]), self.n_features), np.float32)
        try:
            for block in self.source.blocks(self.rows[part], self.lengths[part], BlockSize(1, 1)):
                for task in self.tasks(block, rows):
                    task()
        except OSError as error:
            raise FeatureFileError(
                f"{self.path}, feature set {self.name!r}, clip {str(self.clips.ids[clip])!r}",
                got=f"data that cannot be read ({system_reason(error)})",
                expected="an undamaged file, and the HDF5 plugin of its compression filter",
            ) from error
        return rows

    def raise_damage(self, block: Block) -> None:
        """Raise a `FeatureFileError` that names the first unreadable clip of a block."""
        for clip in block.clips:
            self.read(int(clip))

    def _check_open(self) -> None:
        if not self.source.dataset:
            raise FeatureFileError(str(self.path), got="a closed file", expected="an open file")

    def _one_each(self, name: str, values: npt.ArrayLike) -> AnyArray:
        array = np.asarray(values)
        if array.shape != (len(self),):
            got = f"an array of shape {array.shape}"
            raise InputError(name, got=got, expected=f"shape ({len(self)},), one per clip")
        return array

    def _check_limit(self, name: str, limit: int | None, size: int, unit: str) -> None:
        if limit is not None and not 1 <= limit <= size:
            raise InputError(
                name, got=limit, expected=f"1 to {size}: {self.path} has {size} {unit}"
            )
