"""Streaming of blocks from a file to the device."""

import threading

import numpy as np
import pytest
from gpuclf.errors import FeatureFileError
from gpuclf.features.feature_file import open_features
from gpuclf.vectors.streaming import stream, workers

from conftest import grid_frames

MEMORY = 30_000  # blocks of a few clips


def stream_threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("gpuclf-stream")]


def test_blocks_are_delivered_on_the_device_in_the_order_of_the_plan(grid_file, backend):
    frames = grid_frames().reshape(18, 40, 8)
    with open_features(grid_file) as store, workers(2) as pool:
        plan = store["Z"].plan(MEMORY)
        assert len(plan.blocks) > 3
        for block, arrived in zip(
            plan.blocks, stream(store["Z"], plan, backend, pool), strict=True
        ):
            assert arrived.block is block
            assert isinstance(arrived.frames, type(backend.xp.zeros(1)))
            expected = frames[block.clips].reshape(-1, 8)
            np.testing.assert_array_equal(backend.to_host(arrived.frames), expected)


def test_interrupt_leaves_no_thread(grid_file, backend):
    with (
        open_features(grid_file) as store,
        pytest.raises(KeyboardInterrupt),
        workers(2) as pool,
    ):
        for _ in stream(store["Z"], store["Z"].plan(MEMORY), backend, pool):
            raise KeyboardInterrupt
    assert not stream_threads()


def test_read_error_names_the_clip_and_leaves_no_thread(grid_file, backend):
    with open_features(grid_file) as store:
        features = store["Z"]
        plan = features.plan(MEMORY)
        with grid_file.open("r+b") as file:  # truncated while open
            file.truncate(grid_file.stat().st_size // 2)
        with pytest.raises(FeatureFileError, match=r"clip '\w+/\d'"), workers(2) as pool:
            list(stream(features, plan, backend, pool))
    assert not stream_threads()
