"""Division of a feature set into blocks of clips, and the boxes of the dataset to read for each.

A *block* is an array of frames ``(rows, n)``: the concatenated consecutive frames of its clips,
clip ``i`` being ``frames[offsets[i]:offsets[i + 1]]``. A *piece* of a block is a box
(hyperrectangle) of the dataset, in the axes of the dataset; the last axis is the features.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import NamedTuple

import numpy as np

from gpuclf._typing import Ints


class Piece(NamedTuple):
    """Box of the dataset and its position in the block."""

    start: tuple[int, ...]
    stop: tuple[int, ...]
    row: int  # first row of the block that the box fills

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the box."""
        return tuple(stop - start for start, stop in zip(self.start, self.stop, strict=True))

    @property
    def rows(self) -> int:
        """Number of rows of the block that the box fills."""
        return prod(self.shape[:-1])


@dataclass(frozen=True)
class Block:
    """Clips that are read together.

    Parameters
    ----------
    clips : int64 array, shape (clips,)
        Indices of the clips in the feature set.
    lengths : int64 array, shape (clips,)
        Number of consecutive frames of each clip.
    pieces : tuple of Piece
        Boxes to read; together they fill all rows.
    """

    clips: Ints
    lengths: Ints
    pieces: tuple[Piece, ...]

    @property
    def offsets(self) -> Ints:
        """First row of each clip, followed by the number of rows: ``(clips + 1,)``."""
        return np.concatenate([[0], np.cumsum(self.lengths)])

    @property
    def rows(self) -> int:
        """Total number of consecutive frames."""
        return int(self.lengths.sum())


class BlockSize(NamedTuple):
    """Maximum number of frames per block; every block contains at least one clip."""

    usual: int
    most: int  # of a block that grows to avoid splitting a chunk, which would be decoded twice


def grid_blocks(
    box: tuple[slice, slice], n_frames: int, shape: tuple[int, ...], unit: Ints, size: BlockSize
) -> Iterator[Block]:
    """Yield blocks of a box of classes and clips of a grid, split at chunk boundaries.

    Parameters
    ----------
    box : two slices
        Range of classes and range of clips.
    n_frames : int
        Number of entries of axis 2 to read per clip.
    shape : tuple of int
        Shape of the dataset.
    unit : int array, shape (2,)
        Classes and clips per chunk; ones without chunks.
    size : BlockSize
        Size in consecutive frames.

    Yields
    ------
    Block
        Clips of one class, or of several complete classes.
    """
    clip_frames = n_frames * prod(shape[3:-1])
    classes, clips = box
    step = _box_step(np.array([s.stop - s.start for s in box]), unit, clip_frames, size)
    for a0, a1 in _cuts(classes, step[0]):
        for c0, c1 in _cuts(clips, step[1]):
            numbers = np.add.outer(
                (np.arange(a0, a1) - classes.start) * (clips.stop - clips.start),
                np.arange(c0, c1) - clips.start,
            ).ravel()
            start = (a0, c0, *[0] * (len(shape) - 2))
            piece = Piece(start, (a1, c1, n_frames, *shape[3:]), 0)
            yield Block(numbers, np.full(len(numbers), clip_frames), (piece,))


def ragged_blocks(starts: Ints, lengths: Ints, n: int, size: BlockSize) -> Iterator[Block]:
    """Yield blocks of consecutive clips of any length.

    Parameters
    ----------
    starts, lengths : int64 arrays, shape (clips,)
        First frame of each clip in the dataset, and number of frames to read.
    n : int
        Number of features.
    size : BlockSize
        Size in frames.

    Yields
    ------
    Block
        Clips in order; consecutive frames of the dataset form one piece.
    """
    ends = np.cumsum(lengths)
    first = 0
    while first < len(lengths):
        before = ends[first] - lengths[first]
        last = max(first + 1, int(np.searchsorted(ends, before + size.usual, side="right")))
        part = slice(first, last)
        rows = ends[part] - lengths[part] - before
        gaps = starts[part][1:] != (starts[part] + lengths[part])[:-1]
        edges = [0, *(np.flatnonzero(gaps) + 1).tolist(), last - first]
        pieces = []
        for i, j in pairwise(edges):
            stop = int(starts[first + j - 1] + lengths[first + j - 1])
            pieces.append(Piece((int(starts[first + i]), 0), (stop, n), int(rows[i])))
        yield Block(np.arange(first, last), lengths[part], tuple(pieces))
        first = last


def _box_step(kept: Ints, unit: Ints, clip_frames: int, size: BlockSize) -> list[int]:
    """Return classes and clips per block: one or several complete chunks if they fit."""
    step = np.minimum(unit, kept)
    if step.prod() * clip_frames > size.most:  # split chunks into as few blocks as possible
        return [1, int(np.clip(size.most // clip_frames, 1, kept[1]))]
    for axis in (1, 0):  # clips first, as they are adjacent
        one = int(step.prod()) * clip_frames // int(step[axis])
        more = size.usual // one // unit[axis] * unit[axis]
        step[axis] = np.clip(more, step[axis], kept[axis])
        if step[1] < kept[1]:
            break
    return [int(count) for count in step]


def _cuts(whole: slice, step: int) -> Iterator[tuple[int, int]]:
    for start in range(whole.start, whole.stop, step):
        yield start, min(start + step, whole.stop)
