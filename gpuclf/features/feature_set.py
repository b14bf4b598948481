"""One feature set of a file: its clips, the part of it that is wanted, and the plan to read it.

This is the only way frames are read in gpuclf: in blocks of whole clips, as float32 rows one
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
from gpuclf._utils.memory import cores, memory_limit, size_text
from gpuclf.errors import FeatureFileError, InputError, first_line
from gpuclf.features.hdf5.blocks import Block, BlockSize
from gpuclf.features.hdf5.reader import Task, descriptor
from gpuclf.features.layout import Clips, FrameSource

FRAME_UNITS = {1: "frames a clip", 2: "frames a clip on axis 2, each with its overlap"}
BLOCKS = 3  # in memory: one is computed, one is ready, one is being read
# Of the memory limit, 1/32 is a block, 1/20 one that grows so as not to cut chunks, and 1/4 is for
# what threads work in.
USUAL, MOST, SCRATCH = 32, 20, 4


@dataclass(frozen=True)
class ReadPlan:
    """How a feature set is read within a limit of memory.

    Parameters
    ----------
    blocks : tuple of Block
        Every clip once.
    numbers : int
        float32 numbers of the largest block.
    threads : int
        That read and decode.
    """

    blocks: tuple[Block, ...]
    numbers: int
    threads: int


@dataclass(frozen=True)
class FeatureSet:
    """One named dataset of frames, or a part of it, with the clips that it describes.

    Made by ``store[name]``. It reads as long as its store is open. Some files can only be read with
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
        Where the clips stand in the file, ascending.
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
        """Features of a frame, ``n``."""
        return self.source.n_features

    @property
    def frames(self) -> tuple[int, int]:
        """Consecutive frames of its shortest and of its longest clip."""
        return int(self.lengths.min()), int(self.lengths.max())

    @property
    def nbytes(self) -> int:
        """Bytes of all its frames as float32."""
        return int(self.lengths.sum()) * self.n_features * 4

    def grouped(
        self, groups: npt.ArrayLike | None = None, folds: npt.ArrayLike | None = None
    ) -> FeatureSet:
        """Give the clips other groups and folds than those of the file.

        Parameters
        ----------
        groups : array of str, shape (clips,), optional
            What must never stand on both sides of a split; by default they stay as they are.
        folds : int array, shape (clips,), optional
            Predefined fold of each clip; by default they stay as they are.

        Returns
        -------
        FeatureSet
            The same feature set; nothing is read.

        Raises
        ------
        InputError
            If there is not one value for each clip, or a fold is no whole number.

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
            The same feature set, reduced; nothing is read.

        Raises
        ------
        InputError
            If a limit is below 1 or larger than what the file has.
        """
        classes = self.source.classes[self.rows]
        place_in_class = np.empty(len(self), dtype=np.int64)
        for label in np.unique(classes):
            members = classes == label
            place_in_class[members] = np.arange(members.sum())
        steps = self.source.frame_steps
        longest = int(self.lengths.max()) // steps
        self._check_limit("n_classes", n_classes, int(classes.max()) + 1, "classes")
        self._check_limit("n_clips", n_clips, int(place_in_class.max()) + 1, "clips a class")
        self._check_limit("n_frames", n_frames, longest, FRAME_UNITS[steps])
        keep = np.ones(len(self), dtype=bool)
        if n_classes is not None:
            keep &= classes < n_classes
        if n_clips is not None:
            keep &= place_in_class < n_clips
        kept = self.take(np.flatnonzero(keep))
        clips = kept.clips
        if n_classes is not None:
            clips = replace(clips, labels=clips.labels[:n_classes])
        frames = longest if n_frames is None else n_frames
        return replace(kept, clips=clips, lengths=np.minimum(kept.lengths, frames * steps))

    def take(self, clips: Ints) -> FeatureSet:
        """Keep some of the clips.

        Parameters
        ----------
        clips : int64 array
            Which ones, ascending.

        Returns
        -------
        FeatureSet
            The same feature set, reduced; nothing is read.
        """
        return replace(
            self,
            clips=self.clips.take(clips),
            lengths=self.lengths[clips],
            rows=self.rows[clips],
        )

    def identity(self) -> dict[str, str | int] | None:
        """Tell this part of this file, as it is now, from every other.

        Returns
        -------
        dict or None
            Path, size and times of the open file, as the operating system has them; name of the
            feature set; digest of which frames of which clips are wanted. None if that does not
            settle what is read: another file stands at the path by now, or holds the frames.
        """
        dataset = self.source.dataset
        if dataset.is_virtual or dataset.external or dataset.file.driver != "sec2":
            return None
        try:
            about, now = os.fstat(descriptor(dataset)), self.path.stat()
        except OSError:
            return None
        if not os.path.samestat(about, now):
            return None
        wanted = np.concatenate([self.rows, self.lengths]).tobytes()
        return {
            "file": str(self.path.resolve()),
            "bytes": about.st_size,
            "modified": about.st_mtime_ns,
            "changed": about.st_ctime_ns,
            "feature set": self.name,
            "sub-set": hashlib.sha256(wanted).hexdigest(),
        }

    def plan(self, memory: int | str | None = None) -> ReadPlan:
        """Cut the clips into blocks and count the threads, so that memory stays within a limit.

        Parameters
        ----------
        memory : int, str or None
            Bytes, see `gpuclf._utils.memory.memory_limit`. It does not change any result.

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
        limit, frame = memory_limit(memory), 4 * self.n_features
        longest = int(self.lengths.argmax())
        clip_bytes, scratch = int(self.lengths[longest]) * frame, self.source.reader.scratch
        least = BLOCKS * clip_bytes + scratch
        if least > limit:
            clip = f"clip {str(self.clips.ids[longest])!r} has {size_text(clip_bytes)} of frames"
            expected = f"at least {size_text(least)}: {clip}, decoding takes {size_text(scratch)}"
            raise InputError("memory", got=size_text(limit), expected=f"{expected} a thread")
        room = (limit - scratch) // BLOCKS
        size = BlockSize(*(min(limit // share, room) // frame for share in (USUAL, MOST)))
        blocks = tuple(self.source.blocks(self.rows, self.lengths, size))
        largest = max(block.rows for block in blocks)
        spare = min(limit - BLOCKS * largest * frame, limit // SCRATCH)
        threads = min(cores(), max(1, spare // max(1, scratch)))
        return ReadPlan(blocks, largest * self.n_features, threads)

    def tasks(self, block: Block, rows: Frames) -> Iterator[Task]:
        """Give the work of reading a block: independent tasks, for any number of threads.

        Parameters
        ----------
        block : Block
            Of this feature set's plan.
        rows : float32 array, shape (rows, n)
            To be filled.

        Yields
        ------
        callable
            Without arguments. It raises `OSError` if the file cannot be read: see `damage`.
        """
        return self.source.reader.tasks(block.pieces, rows)

    def read(self, clip: int) -> Frames:
        """Read one clip, for a look at it.

        Parameters
        ----------
        clip : int
            Its place among the clips.

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
        size = BlockSize(1, 1)
        rows = np.empty((int(self.lengths[clip]), self.n_features), np.float32)
        try:
            for block in self.source.blocks(self.rows[part], self.lengths[part], size):
                for task in self.tasks(block, rows):
                    task()
        except OSError as error:
            raise FeatureFileError(
                f"{self.path}, feature set {self.name!r}, clip {str(self.clips.ids[clip])!r}",
                got=f"data that cannot be read ({first_line(error)})",
                expected="a whole file, and the plugin of its compression filter",
            ) from error
        return rows

    def damage(self, block: Block) -> None:
        """Find the clip of a block that cannot be read.

        Raises
        ------
        FeatureFileError
            Naming it.
        """
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
