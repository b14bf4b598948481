"""Blocks of clips on their way from the file to the device.

While one block is computed, the next is ready or on its way to the device, and another is read and
decoded by threads. Blocks come in the order of the plan, whoever reads them.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

from gpuclf._typing import Array
from gpuclf.backend import Backend
from gpuclf.backend.staging import StagingBuffer
from gpuclf.errors import FeatureFileError, first_line
from gpuclf.features.feature_set import BLOCKS, FeatureSet, ReadPlan
from gpuclf.features.hdf5.blocks import Block


class DeviceBlock(NamedTuple):
    """A block whose frames are on the device, until the next one is asked for."""

    block: Block
    frames: Array  # (rows, n) float32
    waited: float  # seconds


class _Loading(NamedTuple):
    block: Block
    buffer: StagingBuffer
    futures: Sequence[Any]


@contextmanager
def workers(threads: int) -> Iterator[ThreadPoolExecutor]:
    """Give a pool of threads that is gone when the block ends, however it ends."""
    pool = ThreadPoolExecutor(threads, thread_name_prefix="gpuclf-stream")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def stream(
    features: FeatureSet, plan: ReadPlan, backend: Backend, pool: ThreadPoolExecutor
) -> Iterator[DeviceBlock]:
    """Read a feature set block by block, onto the device.

    Parameters
    ----------
    features : FeatureSet
        What to read.
    plan : ReadPlan
        Its plan.
    backend : Backend
        Where to.
    pool : ThreadPoolExecutor
        Who reads.

    Yields
    ------
    DeviceBlock
        In the order of the plan. Its frames may be overwritten once the next one is asked for.

    Raises
    ------
    FeatureFileError
        If the file cannot be read, naming the clip.
    """
    offset = features.source.reader.offset
    waiting = deque((block, offset(block.pieces)) for block in plan.blocks)
    plain = None not in (place for _, place in waiting) and features.identity() is not None
    file = features.path if plain else None
    free = deque(backend.staging_buffers(min(BLOCKS, len(waiting)), plan.numbers, file))
    loading: deque[_Loading] = deque()
    try:
        while waiting or loading:
            while waiting and free:
                with _named(features, waiting[0][0]):
                    loading.append(_load(features, *waiting.popleft(), free.popleft(), pool))
            block, buffer, futures = loading[0]
            begun = time.perf_counter()
            with _named(features, block):
                for future in futures:
                    future.result()
            waited = time.perf_counter() - begun
            loading.popleft()
            frames = buffer.deliver(block.rows * features.n_features)
            yield DeviceBlock(block, frames.reshape(block.rows, features.n_features), waited)
            buffer.release()
            free.append(buffer)
    finally:  # nobody writes any more into what is given up
        for _, _, futures in loading:
            for future in futures:
                future.cancel() or future.exception()


def _load(
    features: FeatureSet,
    block: Block,
    offset: int | None,
    buffer: StagingBuffer,
    pool: ThreadPoolExecutor,
) -> _Loading:
    n = features.n_features
    count = block.rows * n
    futures = buffer.load(
        count, offset, lambda numbers: features.tasks(block, numbers.reshape(-1, n)), pool.submit
    )
    return _Loading(block, buffer, futures)


@contextmanager
def _named(features: FeatureSet, block: Block) -> Iterator[None]:
    """Turn what goes wrong with a block into an error that names the clip."""
    try:
        yield
    except OSError as error:
        features.damage(block)
        raise FeatureFileError(str(features.path), got=first_line(error)) from error
