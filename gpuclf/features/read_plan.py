"""How a feature set is read within a limit of memory: its blocks, and the number of threads.

Logarithms add nothing to it: they are computed in place. The feature vectors are not part of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from gpuclf._typing import AnyArray, Ints
from gpuclf._utils.memory import cores, memory_limit, size_text
from gpuclf.errors import InputError
from gpuclf.features.hdf5.blocks import Block, BlockSize
from gpuclf.features.layout import FrameSource

BLOCKS = 3  # in memory: one is computed, one is ready, one is being read
# Shares of the memory limit: 1/32 for a block, 1/20 for one that grows to avoid cutting chunks, and
# 1/4 for decoding by the threads.
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
        Threads that read and decode.
    """

    blocks: tuple[Block, ...]
    numbers: int
    threads: int


def plan_reading(
    source: FrameSource, rows: Ints, lengths: Ints, ids: AnyArray, memory: int | str | None
) -> ReadPlan:
    """Divide clips into blocks and choose the number of threads within a limit of memory.

    Parameters
    ----------
    source : FrameSource
        Where the clips are read.
    rows, lengths : int64 arrays, shape (clips,)
        The clips' rows and consecutive frames.
    ids : array of str, shape (clips,)
        The clips' names.
    memory : int, str or None
        Bytes, see `gpuclf._utils.memory.memory_limit`.

    Raises
    ------
    InputError
        If the limit is too small for the longest clip or for a chunk; the message names the sizes.
    """
    limit, frame_bytes, scratch = memory_limit(memory), 4 * source.n_features, source.reader.scratch
    longest = int(lengths.argmax())
    clip_bytes = int(lengths[longest]) * frame_bytes
    least = BLOCKS * clip_bytes + scratch
    if least > limit:
        clip = f"clip {str(ids[longest])!r} has {size_text(clip_bytes)} of frames"
        expected = f"at least {size_text(least)}: {clip}, decoding takes {size_text(scratch)}"
        raise InputError("memory", got=size_text(limit), expected=f"{expected} a thread")
    room = (limit - scratch) // BLOCKS
    size = BlockSize(*(min(limit // share, room) // frame_bytes for share in (USUAL, MOST)))
    blocks = tuple(source.blocks(rows, lengths, size))
    largest = max(block.rows for block in blocks)
    spare = min(limit - BLOCKS * largest * frame_bytes, limit // SCRATCH)
    threads = min(cores(), max(1, spare // max(1, scratch)))
    return ReadPlan(blocks, largest * source.n_features, threads)
