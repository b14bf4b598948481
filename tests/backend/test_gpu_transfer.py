"""Staging buffers of the GPU, with streams and events simulated in Python (see streams.py)."""

import dataclasses
import logging
import sys
import threading

import numpy as np
import pytest
from gpuclf.backend import gpu_transfer as transfer
from gpuclf.errors import FeatureFileError
from gpuclf.features.feature_file import open_features
from gpuclf.features.writer import write_grid
from gpuclf.vectors.streaming import stream, workers

from conftest import grid_frames
from fake_cupy import install
from fence import FENCE, FenceArray
from streams import CuFile, Event, KvikioDefaults, Stream

BACKEND = dataclasses.replace(FENCE, staging_buffers=transfer.device_buffers)
FRAMES = grid_frames(n_clips=30)
MEMORY = 1_100_000  # bytes; blocks of one or two clips, as a plain file is read in pieces of 1 MiB


@pytest.fixture
def cuda(simulated_cupy):
    cuda = simulated_cupy.cuda
    cuda.get_current_stream().eager = False
    return cuda


@pytest.fixture
def kvikio(cuda, monkeypatch):
    defaults = install(monkeypatch, "kvikio.defaults", **vars(KvikioDefaults()))
    return install(monkeypatch, "kvikio", CuFile=CuFile, defaults=defaults)


@pytest.fixture
def plain_file(tmp_path):
    write_grid(tmp_path / "plain", {"Z": FRAMES}, list("abc"), filters={})
    return tmp_path / "plain"


def computed(path, cuda):
    """Return the frames that the device reads, at the time when it computes each block."""
    seen = []
    with open_features(path) as store, workers(2) as pool:
        plan = store["Z"].plan(MEMORY)
        assert len(plan.blocks) > 6
        for _, frames, _ in stream(store["Z"], plan, BACKEND, pool):
            cuda.get_current_stream().give(lambda frames=frames: seen.append(frames._hidden.copy()))
    for cuda_stream in Stream.made:
        cuda_stream.synchronize()
    return np.concatenate(seen)


@pytest.mark.parametrize("eager_copies", [True, False])
@pytest.mark.parametrize("eager_computing", [True, False])
def test_computation_reads_the_frames_of_each_block_in_any_order_of_execution(
    plain_file, cuda, eager_copies, eager_computing
):
    Stream.eager_by_default = eager_copies
    cuda.get_current_stream().eager = eager_computing
    np.testing.assert_array_equal(computed(plain_file, cuda), FRAMES.reshape(-1, 8))


@pytest.mark.parametrize(
    "omitted", ["read after copy", "copy after computation", "computation after copy"]
)
def test_each_synchronisation_is_necessary(plain_file, cuda, monkeypatch, omitted):
    """Without any of the three events, wrong frames are computed."""
    plain = transfer.PinnedBuffer.__init__

    def omit_event(self, *args):
        plain(self, *args)
        event = type("NoEvent", (), {"synchronize": lambda: None, "snapshot": lambda: int})
        if omitted == "read after copy":
            self.copied.synchronize = lambda: None
        elif omitted == "copy after computation":
            self.computed.snapshot = event.snapshot
        else:
            self.copied.snapshot = event.snapshot

    monkeypatch.setattr(transfer.PinnedBuffer, "__init__", omit_event)
    Stream.eager_by_default = omitted == "copy after computation"
    assert not np.array_equal(computed(plain_file, cuda), FRAMES.reshape(-1, 8))


def test_only_the_calling_thread_calls_cupy(plain_file, cuda, monkeypatch):
    """The current device of CuPy is one per thread."""
    threads = set()
    for kind, name in [(Stream, "give"), (Event, "record"), (FenceArray, "__getitem__")]:
        plain = getattr(kind, name)

        def record(*args, plain=plain):
            threads.add(threading.get_ident())
            return plain(*args)

        monkeypatch.setattr(kind, name, record)
    computed(plain_file, cuda)
    assert threads == {threading.get_ident()}


def test_kvikio_reads_plain_files_into_device_memory(plain_file, kvikio, cuda, monkeypatch):
    monkeypatch.setattr(transfer, "PinnedBuffer", None)
    np.testing.assert_array_equal(computed(plain_file, cuda), FRAMES.reshape(-1, 8))


@pytest.mark.parametrize(
    ("environment", "set_before", "threads"),
    [
        ({}, 1, 5),
        ({}, 3, 3),
        ({"KVIKIO_NTHREADS": "1"}, 1, 1),
        ({"KVIKIO_NUM_THREADS": "1"}, 1, 1),
    ],
)
def test_kvikio_reads_with_one_thread_per_core_unless_the_user_sets_their_number(
    plain_file, kvikio, monkeypatch, environment, set_before, threads
):
    monkeypatch.setattr(transfer, "cores", lambda: 5)
    for variable in ("KVIKIO_NTHREADS", "KVIKIO_NUM_THREADS"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    kvikio.defaults.values["num_threads"] = set_before
    transfer.device_buffers(2, 8, plain_file)
    assert kvikio.defaults.values == {"num_threads": threads}


def test_truncated_file_raises_naming_the_clip(plain_file, kvikio, cuda):
    with open_features(plain_file) as store, workers(2) as pool:
        plan = store["Z"].plan(MEMORY)
        last = store["Z"].source.reader.offset(plan.blocks[-1].pieces)
        with plain_file.open("r+b") as file:
            file.truncate(last + 100)
        with pytest.raises(FeatureFileError, match="clip 'c/2"):
            list(stream(store["Z"], plan, BACKEND, pool))


def test_compressed_files_are_read_through_pinned_memory(tmp_path, kvikio, cuda):
    write_grid(tmp_path / "f", {"Z": grid_frames()}, list("abc"))
    with open_features(tmp_path / "f") as store:
        assert store["Z"].source.reader.offset(store["Z"].plan().blocks[0].pieces) is None
    buffers = transfer.device_buffers(2, 8, None)
    assert [type(buffer).__name__ for buffer in buffers] == ["PinnedBuffer"] * 2


def test_missing_kvikio_is_logged(plain_file, cuda, monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "kvikio", None)
    monkeypatch.setattr(transfer.importlib.util, "find_spec", lambda name: None)
    with caplog.at_level(logging.INFO, "gpuclf"):
        buffers = transfer.device_buffers(1, 8, plain_file)
    assert type(buffers[0]).__name__ == "PinnedBuffer"
    assert "kvikio is not installed (extra gds)" in caplog.text


def test_failure_of_kvikio_is_logged(plain_file, kvikio, cuda, monkeypatch, caplog):
    def fail(file, flags):
        raise RuntimeError("libcufile.so is missing\nand more")

    monkeypatch.setattr(kvikio, "CuFile", fail)
    with caplog.at_level(logging.INFO, "gpuclf"):
        transfer.device_buffers(1, 8, plain_file)
    assert "kvikio failed (libcufile.so is missing)" in caplog.text
