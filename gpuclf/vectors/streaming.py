"""Streaming of blocks of clips from a feature file to the device.

While one block is processed, the next is copied to the device and another is read and decoded by
threads. Blocks are delivered in the order of the plan.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

from gpuclf._typing import Array
from gpuclf._utils.system_errors import system_reason
from gpuclf.backend import Backend
from gpuclf.backend.staging import StagingBuffer
from gpuclf.errors import FeatureFileError
from gpuclf.features.feature_set import FeatureSet
from gpuclf.features.hdf5.blocks import Block
from gpuclf.features.read_plan import BLOCKS, ReadPlan


class DeviceBlock(NamedTuple):
    """Block of clips on the device; valid until the next block is requested."""

    block: Block
    frames: Array  # (rows, n) float32
    waited: float  # seconds


class _Loading(NamedTuple):
    block: Block
    buffer: StagingBuffer
    futures: Sequence[Any]


@contextmanager
def workers(threads: int) -> Iterator[ThreadPoolExecutor]:
    """Thread pool that is shut down at the end of the ``with`` block, also after an error."""
    pool = ThreadPoolExecutor(threads, thread_name_prefix="gpuclf-stream")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def stream(
    features: FeatureSet, plan: ReadPlan, backend: Backend, pool: ThreadPoolExecutor
) -> Iterator[DeviceBlock]:
    """Read a feature set block by block and copy the blocks to the device.

    Parameters
    ----------
    features : FeatureSet
        Feature set to read.
    plan : ReadPlan
        Blocks to read.
    backend : Backend
        Backend whose device receives the frames.
    pool : ThreadPoolExecutor
        Threads for reading and decoding.

    Yields
    ------
    DeviceBlock
        In the order of the plan. The caller may overwrite its frames.

    Raises
    ------
    FeatureFileError
        If the file cannot be read; the message names the clip.
    """
    n = features.n_features
    offset = features.source.reader.offset
    waiting = deque((block, offset(block.pieces)) for block in plan.blocks)
    plain = None not in (start for _, start in waiting) and features.identity() is not None
    file = features.path if plain else None
    free = deque(backend.staging_buffers(min(BLOCKS, len(waiting)), plan.numbers, file))
    loading: deque[_Loading] = deque()
    try:
        while waiting or loading:
            while waiting and free:
                block, start = waiting.popleft()
                with _errors_naming_clips(features, block):
                    loading.append(_load(features, block, start, free.popleft(), pool))
            block, buffer, futures = loading[0]
            started = time.perf_counter()
            with _errors_naming_clips(features, block):
                for future in futures:
                    future.result()
            waited = time.perf_counter() - started
            loading.popleft()
            yield DeviceBlock(block, buffer.deliver(block.rows * n).reshape(block.rows, n), waited)
            buffer.release()
            free.append(buffer)
    finally:  # no thread may write into a freed buffer
        for _, _, futures in loading:
            for future in futures:
                future.cancel() or future.exception()


def _load(
    features: FeatureSet,
    block: Block,
    start: int | None,
    buffer: StagingBuffer,
    pool: ThreadPoolExecutor,
) -> _Loading:
    """Start reading a block into a staging buffer."""
    n = features.n_features
    futures = buffer.load(
        block.rows * n,
        start,
        lambda numbers: features.tasks(block, numbers.reshape(-1, n)),
        pool.submit,
    )
    return _Loading(block, buffer, futures)


@contextmanager
def _errors_naming_clips(features: FeatureSet, block: Block) -> Iterator[None]:
    """Convert errors of the operating system to errors that name the clip."""
    try:
        yield
    except OSError as error:
        features.raise_damage(block)
        raise FeatureFileError(str(features.path), got=system_reason(error)) from error
