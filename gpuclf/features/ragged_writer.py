"""Write frames of clips of any length, clip by clip, in complete chunks.

The offsets of the clips precede the frames, so that a truncated copy shows which clips are lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

import h5py
import numpy as np

from gpuclf._typing import AnyArray, Ints
from gpuclf._utils.memory import cores
from gpuclf.errors import InputError
from gpuclf.features.hdf5.chunk_writer import ChunkWriter

CHUNK_BYTES = 2**20


class RaggedSet:
    """Writer of a feature set in the clips layout, clip by clip.

    Parameters
    ----------
    group : h5py.Group
        Group of the feature set.
    lengths : sequence of int
        Number of frames of each clip.
    first : array, shape (T, n)
        Frames of the first clip, which determine the number of features and the dtype.
    filters : mapping
        Keyword arguments of ``h5py.Group.create_dataset``; empty for no compression.
    pool : Executor
        Threads that compress chunks.

    Raises
    ------
    InputError
        If the frames have no features, a clip has no frames, or there are no clips.
    """

    def __init__(
        self,
        group: h5py.Group,
        lengths: Sequence[int],
        first: AnyArray,
        filters: Mapping[str, Any],
        pool: Executor,
    ) -> None:
        self.name, self.first = group.name.strip("/"), first
        if first.ndim != 2 or not first.shape[1]:
            got = f"a clip of shape {first.shape}"
            raise InputError(self.name, got=got, expected="shape (T, n) with n > 0")
        if not len(lengths):
            raise InputError(self.name, got="a clip", expected="none, as declared")
        if not all(lengths):
            raise InputError(self.name, got="a clip without frames", expected="at least one frame")
        self.offsets: Ints = np.cumsum([0, *lengths])
        total, width = int(self.offsets[-1]), first.shape[1]
        self.rows = min(max(1, CHUNK_BYTES // max(1, width * first.dtype.itemsize)), total)
        group["offsets"] = self.offsets
        self.frames = group.create_dataset(
            "frames",
            shape=(total, width),
            dtype=first.dtype,
            chunks=(self.rows, width) if filters else None,
            **filters,
        )
        self.chunks = ChunkWriter(self.frames, pool) if ChunkWriter.fits(filters) else None
        self.clip, self.written = 0, 0
        self.waiting = np.empty((0, width), first.dtype)

    def add(self, frames: AnyArray) -> None:
        """Append the frames of the next clip.

        Raises
        ------
        InputError
            If all declared clips are written, the number of frames is not the declared one, or the
            number of features or the dtype differs from the first clip's.
        """
        count = len(self.offsets) - 1
        if self.clip == count:
            raise InputError(
                self.name, got=f"more than {count} clips", expected=f"{count}, as declared"
            )
        length = int(self.offsets[self.clip + 1] - self.offsets[self.clip])
        expected = (length, *self.first.shape[1:]), self.first.dtype
        if (frames.shape, frames.dtype) != expected:
            got = f"a clip of shape {frames.shape}, {frames.dtype}"
            raise InputError(self.name, got=got, expected=f"{expected[0]}, {expected[1]}")
        self.clip += 1
        self.waiting = np.concatenate([self.waiting, frames])
        last = self.clip == count
        ready = len(self.waiting) if last else len(self.waiting) // self.rows * self.rows
        if ready:
            self._write(self.waiting[:ready])
            self.waiting, self.written = self.waiting[ready:], self.written + ready

    def close(self) -> None:
        """Write the chunks that are still being compressed."""
        if self.chunks is not None:
            self.chunks.close()

    def _write(self, rows: AnyArray) -> None:
        if self.chunks is not None:
            self.chunks.write(self.written, rows)
        else:
            self.frames[self.written : self.written + len(rows)] = rows


def write_ragged_sets(
    file: h5py.File,
    clips: Iterable[Mapping[str, AnyArray]],
    lengths: Mapping[str, Sequence[int]],
    filters: Mapping[str, Any],
) -> None:
    """Write feature sets in the clips layout, clip by clip.

    Parameters
    ----------
    file : h5py.File
    clips, lengths, filters
        See `gpuclf.features.writer.stream_clips`.

    Raises
    ------
    InputError
        If a clip does not have the declared feature sets and lengths, or differs in dtype or number
        of features from the first.
    """
    sets: dict[str, RaggedSet] = {}
    with ThreadPoolExecutor(cores()) as pool:
        for number, clip in enumerate(clips):
            if clip.keys() != lengths.keys():
                got = f"the feature sets {sorted(clip)}"
                expected = f"{sorted(lengths)}, as declared"
                raise InputError(f"clip {number}", got=got, expected=expected)
            for name, frames in clip.items():
                if name not in sets:
                    group = file.create_group(name)
                    sets[name] = RaggedSet(group, lengths[name], frames, filters, pool)
                sets[name].add(frames)
        for ragged in sets.values():
            ragged.close()
    for name, own in lengths.items():
        written = sets[name].clip if name in sets else 0
        if not written or written < len(own):
            expected = f"{len(own)}, as declared" if own else "at least one"
            raise InputError(name, got=f"{written} clips", expected=expected)
