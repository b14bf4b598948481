"""Blocks of clips on their way from the file to the device.

The next block is read while the present one is computed; two blocks are in memory at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from gpuclf.backend import Array, Backend
from gpuclf.data.features import BLOCK_BYTES, FeatureSet


class DeviceBlock(NamedTuple):
    """Frames of clips that follow one another, on the device."""

    start: int  # the first clip's place in the feature set
    frames: Array  # (clips, T, n) float32
    seconds: float  # spent reading


def stream(
    features: FeatureSet, backend: Backend, block_bytes: int = BLOCK_BYTES
) -> Iterator[DeviceBlock]:
    """Read a feature set block by block, onto the device.

    Parameters
    ----------
    features : FeatureSet
        What to read.
    backend : Backend
        Where to.
    block_bytes : int
        How large a block may be; it holds one clip at the least.

    Yields
    ------
    DeviceBlock
        Every clip once, in order.

    Raises
    ------
    FeatureFileError
        If the file cannot be read.
    """
    blocks = features.blocks(block_bytes)
    with ThreadPoolExecutor(1, thread_name_prefix="gpuclf-reader") as reader:
        ahead = reader.submit(next, blocks, None)
        while (block := ahead.result()) is not None:
            ahead = reader.submit(next, blocks, None)
            yield DeviceBlock(block.start, backend.asarray(block.frames), block.seconds)
