"""Plans to read a feature set within a memory limit."""

import h5py
import numpy as np
import pytest
from gpuclf.errors import InputError
from gpuclf.features import read_plan
from gpuclf.features.feature_file import open_features
from gpuclf.features.read_plan import BLOCKS
from gpuclf.features.writer import write_clips
from hypothesis import given
from hypothesis import strategies as st

from conftest import grid_frames

CLIP = 40 * 8 * 4  # bytes of a clip of grid_frames()


def grid(path, **options):
    with h5py.File(path, "w") as file:
        file.create_dataset("Z", data=grid_frames(), **options)
        file.attrs["labels"] = list("abc")
    return open_features(path)


@given(data=st.data())
def test_a_plan_stays_within_the_memory_limit(tmp_path_factory, data):
    unit = tuple(data.draw(st.integers(1, size)) for size in (3, 6, 20, 2, 8))
    with grid(tmp_path_factory.mktemp("f") / "f", chunks=unit) as store:
        features = store["Z"]
        least = BLOCKS * CLIP + features.source.reader.scratch
        limit = data.draw(st.integers(least, 4 * least))
        plan = features.plan(limit)
    assert BLOCKS * 4 * plan.numbers + plan.threads * features.source.reader.scratch <= limit
    assert plan.numbers == 8 * max(block.rows for block in plan.blocks)
    clips = np.concatenate([block.clips for block in plan.blocks])
    assert sorted(clips.tolist()) == list(range(18))


def test_a_limit_too_small_for_a_clip_raises_and_names_it(tmp_path):
    frames = [np.ones((length, 64), np.float32) for length in (30, 4000, 40)]
    write_clips(tmp_path / "f", {"Z": frames}, ["a", "b"], [0, 1, 1], ids=["x", "y", "z"])
    with open_features(tmp_path / "f") as store:
        with pytest.raises(InputError, match="clip 'y' has 1000 KiB of frames") as error:
            store["Z"].plan("2M")
        assert "memory: got 2 MiB, expected at least" in str(error.value)
        store["Z"].plan("8M")


def test_a_limit_too_small_for_a_chunk_raises_with_its_size(tmp_path):
    with grid(tmp_path / "f", chunks=(3, 6, 20, 2, 8), compression="gzip") as store:
        message = r"clip 'a/0' has 1.25 KiB of frames, decoding takes 45 KiB per thread"
        with pytest.raises(InputError, match=message):
            store["Z"].plan("32K")


def test_large_chunks_reduce_the_number_of_threads(tmp_path, monkeypatch):
    monkeypatch.setattr(read_plan, "cores", lambda: 64)
    with grid(tmp_path / "f", chunks=(3, 6, 20, 2, 8), compression="gzip") as store:
        scratch = store["Z"].source.reader.scratch
        assert store["Z"].plan(100 * scratch).threads == 25
        assert store["Z"].plan(1000 * scratch).threads == 64
        assert store["Z"].plan(scratch + 3 * CLIP).threads == 1


def test_blocks_contain_complete_chunks_if_memory_allows(tmp_path):
    with grid(tmp_path / "f", chunks=(1, 6, 1, 2, 8), compression="gzip") as store:
        assert len(store["Z"].plan().blocks) == 1
        assert len(store["Z"].plan(130 * CLIP).blocks) == 3
        assert len(store["Z"].plan(41 * CLIP).blocks) == 9
