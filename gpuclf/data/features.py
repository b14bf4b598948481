"""One feature set of a file: its clips, the part of it that is wanted, its frames block by block.

This is the only way frames are read in gpuclf. They come in blocks of whole clips, as float32
arrays ``(clips, T, n)`` of ``T`` consecutive frames; a feature set is never held in memory as a
whole.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gpuclf.data.layout import Clips, Frames, FrameSource, Ints
from gpuclf.errors import FeatureFileError, InputError, first_line

BLOCK_BYTES = 32 * 2**20
FRAME_UNITS = {1: "frames a clip", 2: "frames a clip on axis 2, each with its overlap"}


class Block(NamedTuple):
    """Frames of clips that follow one another."""

    start: int  # the first clip's place in the feature set
    frames: Frames  # (clips, T, n) float32
    seconds: float  # spent reading


@dataclass(frozen=True)
class FeatureSet:
    """One named dataset of frames, or a part of it, with the clips that it describes.

    Made by ``store[name]``.

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
        kept = np.flatnonzero(keep)
        clips = self.clips.take(kept)
        if n_classes is not None:
            clips = replace(clips, labels=clips.labels[:n_classes])
        frames = longest if n_frames is None else n_frames
        lengths = np.minimum(self.lengths[kept], frames * steps)
        return replace(self, clips=clips, lengths=lengths, rows=self.rows[kept])

    def blocks(self, block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
        """Read all frames, a block of whole clips at a time.

        Parameters
        ----------
        block_bytes : int
            How large a block may be; it holds one clip at the least.

        Yields
        ------
        Block
            Every clip once, in order; the clips of a block have one length.

        Raises
        ------
        FeatureFileError
            If the file cannot be read, naming the clip.
        """
        for start, stop in self._runs(block_bytes):
            begun = time.perf_counter()
            try:
                frames = self._read(start, stop)
            except OSError:  # somewhere in the block: clip by clip, the error has a name
                frames = np.concatenate([self._read_clip(clip) for clip in range(start, stop)])
            yield Block(start, frames, time.perf_counter() - begun)

    def _read(self, start: int, stop: int) -> Frames:
        first, last = int(self.rows[start]), int(self.rows[stop - 1])
        return self.source.read(first, last + 1, int(self.lengths[start]))

    def _read_clip(self, clip: int) -> Frames:
        try:
            return self._read(clip, clip + 1)
        except OSError as error:
            raise FeatureFileError(
                f"{self.path}, feature set {self.name!r}, clip {str(self.clips.ids[clip])!r}",
                got=f"data that cannot be read ({first_line(error)})",
                expected="a whole file, and the plugin of its compression filter",
            ) from error

    def _runs(self, block_bytes: int) -> Iterator[tuple[int, int]]:
        """Cut the clips into runs of one class and one length that stand side by side."""
        classes = self.source.classes[self.rows]
        steps = (np.diff(self.rows) != 1, np.diff(self.lengths) != 0, np.diff(classes) != 0)
        edges = [0, *(np.flatnonzero(np.any(steps, axis=0)) + 1).tolist(), len(self)]
        for first, last in pairwise(edges):
            clip_bytes = int(self.lengths[first]) * self.n_features * 4
            step = max(1, block_bytes // clip_bytes)
            for start in range(first, last, step):
                yield start, min(start + step, last)

    def _check_limit(self, name: str, limit: int | None, size: int, unit: str) -> None:
        if limit is not None and not 1 <= limit <= size:
            raise InputError(
                name, got=limit, expected=f"1 to {size}: {self.path} has {size} {unit}"
            )
