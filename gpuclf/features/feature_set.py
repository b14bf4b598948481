"""One feature set of a file: its clips, the selected part, and reading its frames.

This is the only way frames are read in gpuclf: in blocks of whole clips, as float32 rows of one
consecutive frame each (see `gpuclf.features.hdf5.blocks`). A feature set is never held in memory
as a whole.
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
from gpuclf.errors import FeatureFileError, InputError, first_line
from gpuclf.features.hdf5.blocks import Block, BlockSize
from gpuclf.features.hdf5.reader import Task, descriptor
from gpuclf.features.layout import Clips, FrameSource
from gpuclf.features.read_plan import ReadPlan, plan_reading

FRAME_UNITS = {1: "frames a clip", 2: "frames a clip on axis 2, each with its overlap"}


@dataclass(frozen=True)
class FeatureSet:
    """One named dataset of frames, or a part of it, with the clips that it describes.

    Created by ``store[name]``; readable as long as its store is open. Some files are read under
    HDF5's lock, which h5py holds while it iterates over ``file.items()``: iterate over
    ``list(file.items())`` if frames are read meanwhile.

    Parameters
    ----------
    name : str
        The feature set's name in the file.
    clips : Clips
        The table of its clips.
    lengths : int64 array, shape (clips,)
        Consecutive frames ``T`` of every clip.
    rows : int64 array, shape (clips,)
        Rows of the clips in the file, ascending.
    source : FrameSource
        Reads frames by row.
    path : Path
        The file, for messages.
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
        """Consecutive frames of the shortest and of the longest clip."""
        return int(self.lengths.min()), int(self.lengths.max())

    @property
    def nbytes(self) -> int:
        """Bytes of all frames as float32."""
        return int(self.lengths.sum()) * self.n_features * 4

    def grouped(
        self, groups: npt.ArrayLike | None = None, folds: npt.ArrayLike | None = None
    ) -> FeatureSet:
        """Replace the groups or folds of the clips.

        Parameters
        ----------
        groups : array of str, shape (clips,), optional
            Clips of one group are never split between training and test; unchanged by default.
        folds : int array, shape (clips,), optional
            Predefined fold of each clip; unchanged by default.

        Returns
        -------
        FeatureSet

        Raises
        ------
        InputError
            If there is not one value for each clip, or folds are not integers.

        Examples
        --------
        >>> import tempfile, gpuclf
        >>> folder = tempfile.TemporaryDirectory()
        >>> path = folder.name + "/features.hdf5"
        >>> gpuclf.write_grid(path, {"Z": np.ones((2, 3, 8, 2, 5))}, labels=["blues", "rock"])
        >>> with gpuclf.open_features(path) as store:
        ...     features = store["Z"].grouped(folds=[1, 2, 3, 1, 2, 3])
        >>> features.subset(n_clips=2).clips.folds.tolist()
        [1, 2, 1, 2]
        >>> folder.cleanup()
        """
        clips = self.clips
        if groups is not None:
            clips = replace(clips, groups=self._one_each("groups", groups).astype(str))
        if folds is not None:
            numbers = self._one_each("folds", folds)
            if numbers.dtype.kind not in "iu":
                got = f"values of type {numbers.dtype}"
                raise InputError("folds", got=got, expected="whole numbers")
            clips = replace(clips, folds=numbers.astype(np.int64))
        return replace(self, clips=clips)

    def subset(
        self,
        n_classes: int | None = None,
        n_clips: int | None = None,
        n_frames: int | None = None,
    ) -> FeatureSet:
        """Keep the first classes, the first clips of each class, the first frames of each clip.

        Parameters
        ----------
        n_classes, n_clips, n_frames : int, optional
            How many; all by default. In a grid with overlaps, ``n_frames`` counts pairs of frames,
            as its axis 2 does.

        Returns
        -------
        FeatureSet

        Raises
        ------
        InputError
            If a limit is below 1 or larger than what the file has.
        """
        classes = self.source.classes[self.rows]
        number_in_class = np.empty(len(self), dtype=np.int64)
        for label in np.unique(classes):
            members = classes == label
            number_in_class[members] = np.arange(members.sum())
        steps = self.source.frame_steps
        longest = int(self.lengths.max()) // steps
        self._check_limit("n_classes", n_classes, int(classes.max()) + 1, "classes")
        self._check_limit("n_clips", n_clips, int(number_in_class.max()) + 1, "clips a class")
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
        """Keep the clips with these numbers, ascending."""
        lengths, rows = self.lengths[clips], self.rows[clips]
        return replace(self, clips=self.clips.take(clips), lengths=lengths, rows=rows)

    def identity(self) -> dict[str, str | int] | None:
        """Identify this part of this file in its present state.

        Returns
        -------
        dict or None
            Path, size and times of the open file as the operating system reports them, the feature
            set's name, and a digest of the selected clips and frames. None if these do not
            determine the frames: they are in another file, or the path leads to another file now.
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
        """Divide the clips into blocks and choose the number of threads.

        Parameters
        ----------
        memory : int, str or None
            Bytes, see `gpuclf._utils.memory.memory_limit`. The limit does not change any result.

        Returns
        -------
        ReadPlan

        Raises
        ------
        InputError
            If the limit is too small for the longest clip or for a chunk; the message names the
            sizes.
        FeatureFileError
            If the file is closed.
        """
        self._check_open()
        return plan_reading(self.source, self.rows, self.lengths, self.clips.ids, memory)

    def tasks(self, block: Block, rows: Frames) -> Iterator[Task]:
        """Yield the independent tasks that read a block, to be run by any number of threads.

        Parameters
        ----------
        block : Block
            A block of this feature set's plan.
        rows : float32 array, shape (rows, n)
            Filled by the tasks.

        Yields
        ------
        callable
            Without arguments. It raises `OSError` if the file cannot be read: see `raise_damage`.
        """
        return self.source.reader.tasks(block.pieces, rows)

    def read(self, clip: int) -> Frames:
        """Read one clip.

        Parameters
        ----------
        clip : int
            Its number among the clips.

        Returns
        -------
        float32 array, shape (T, n)
            Its consecutive frames.

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
                got=f"data that cannot be read ({first_line(error)})",
                expected="a whole file, and the plugin of its compression filter",
            ) from error
        return rows

    def raise_damage(self, block: Block) -> None:
        """Raise a FeatureFileError that names the clip of a block that cannot be read."""
        for clip in block.clips:
            self.read(int(clip))

    def _check_open(self) -> None:
        if not self.source.dataset:
            raise FeatureFileError(str(self.path), got="a closed file", expected="an open one")

    def _one_each(self, name: str, values: npt.ArrayLike) -> AnyArray:
        array = np.asarray(values)
        if array.shape != (len(self),):
            got = f"an array of shape {array.shape}"
            raise InputError(name, got=got, expected=f"one value for each of {len(self)} clips")
        return array

    def _check_limit(self, name: str, limit: int | None, size: int, unit: str) -> None:
        if limit is not None and not 1 <= limit <= size:
            raise InputError(
                name, got=limit, expected=f"1 to {size}: {self.path} has {size} {unit}"
            )
