"""Plan the reading of a feature set within a memory limit: blocks and number of threads.

The limit includes logarithms, which are computed in place, but not the resulting feature vectors.
"""

from __future__ import annotations

from dataclasses import dataclass

from gpuclf._typing import AnyArray, Ints
from gpuclf._utils.memory import cores, memory_limit, size_text
from gpuclf.errors import InputError
from gpuclf.features.hdf5.blocks import Block, BlockSize
from gpuclf.features.layout import FrameSource

BLOCKS = 3  # blocks in memory: one being computed, one ready, one being read
# Fractions of the memory limit: 1/32 for a block, 1/20 for a block that grows to avoid splitting
# chunks, 1/4 for decoding in all threads.
USUAL, MOST, SCRATCH = 32, 20, 4


@dataclass(frozen=True)
class ReadPlan:
    """Blocks and threads to read a feature set within a memory limit.

    Parameters
    ----------
    blocks : tuple of Block
        Blocks that together contain each clip once.
    numbers : int
        Size of the largest block, in float32 numbers.
    threads : int
        Number of threads that read and decode.
    """

    blocks: tuple[Block, ...]
    numbers: int
    threads: int


def plan_reading(
    source: FrameSource, rows: Ints, lengths: Ints, ids: AnyArray, memory: int | str | None
) -> ReadPlan:
    """Return the division of clips into blocks and the number of threads for a memory limit.

    Parameters
    ----------
    source : FrameSource
        Frames of the feature set.
    rows, lengths : int64 arrays, shape (clips,)
        Row and number of consecutive frames of each clip.
    ids : array of str, shape (clips,)
        Names of the clips, for error messages.
    memory : int, str or None
        Memory limit, see `gpuclf._utils.memory.memory_limit`.

    Raises
    ------
    InputError
        If the limit is too small for the longest clip or for a chunk; the message contains the
        required size.
    """
    limit, frame_bytes, scratch = memory_limit(memory), 4 * source.n_features, source.reader.scratch
    longest = int(lengths.argmax())
    clip_bytes = int(lengths[longest]) * frame_bytes
    least = BLOCKS * clip_bytes + scratch
    if least > limit:
        clip = f"clip {str(ids[longest])!r} has {size_text(clip_bytes)} of frames"
        expected = f"at least {size_text(least)}: {clip}, decoding takes {size_text(scratch)}"
        raise InputError("memory", got=size_text(limit), expected=f"{expected} per thread")
    room = (limit - scratch) // BLOCKS
    size = BlockSize(*(min(limit // share, room) // frame_bytes for share in (USUAL, MOST)))
    blocks = tuple(source.blocks(rows, lengths, size))
    largest = max(block.rows for block in blocks)
    spare = min(limit - BLOCKS * largest * frame_bytes, limit // SCRATCH)
    threads = min(cores(), max(1, spare // max(1, scratch)))
    return ReadPlan(blocks, largest * source.n_features, threads)
