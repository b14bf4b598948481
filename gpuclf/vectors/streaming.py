"""Blocks of clips on their way from the file to the device.

While one block is computed, the next is ready or being copied to the device, and another is read
and decoded by threads. Blocks arrive in the order of the plan.
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
from gpuclf.features.feature_set import FeatureSet
from gpuclf.features.hdf5.blocks import Block
from gpuclf.features.read_plan import BLOCKS, ReadPlan


class DeviceBlock(NamedTuple):
    """A block whose frames are on the device, until the next one is requested."""

    block: Block
    frames: Array  # (rows, n) float32
    waited: float  # seconds


class _Loading(NamedTuple):
    block: Block
    buffer: StagingBuffer
    futures: Sequence[Any]


@contextmanager
def workers(threads: int) -> Iterator[ThreadPoolExecutor]:
    """Pool of threads that is shut down when the block ends, also after an error."""
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
        Where the frames go.
    pool : ThreadPoolExecutor
        Threads that read.

    Yields
    ------
    DeviceBlock
        In the order of the plan. The caller may overwrite its frames; they are lost once the next
        block is requested.

    Raises
    ------
    FeatureFileError
        If the file cannot be read, naming the clip.
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
    finally:  # no thread may write into a buffer that is freed
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
    try:
        yield
    except OSError as error:
        features.raise_damage(block)
        raise FeatureFileError(str(features.path), got=first_line(error)) from error
