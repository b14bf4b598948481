"""The plan to read a feature set: within a limit of memory, whatever the file."""

import h5py
import numpy as np
import pytest
from gpuclf.errors import FeatureFileError, InputError
from gpuclf.features import feature_set as features_module
from gpuclf.features.feature_file import open_features
from gpuclf.features.feature_set import BLOCKS
from gpuclf.features.writer import write_clips, write_grid
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import all_clips, grid_frames

CLIP = 40 * 8 * 4  # bytes of a clip of grid_frames()


def grid(path, **options):
    with h5py.File(path, "w") as file:
        file.create_dataset("Z", data=grid_frames(), **options)
        file.attrs["labels"] = list("abc")
    return open_features(path)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_memory_stays_within_its_limit(tmp_path_factory, data):
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


def test_a_clip_beyond_the_limit_is_named_with_its_size(tmp_path):
    frames = [np.ones((length, 64), np.float32) for length in (30, 4000, 40)]
    write_clips(tmp_path / "f", {"Z": frames}, ["a", "b"], [0, 1, 1], ids=["x", "y", "z"])
    with open_features(tmp_path / "f") as store:
        with pytest.raises(InputError, match="clip 'y' has 1000 KiB of frames") as error:
            store["Z"].plan("2M")
        assert "memory: got 2 MiB, expected at least" in str(error.value)
        store["Z"].plan("8M")


def test_a_chunk_beyond_the_limit_is_told_with_its_size(tmp_path):
    with grid(tmp_path / "f", chunks=(3, 6, 20, 2, 8), compression="gzip") as store:
        message = r"clip 'a/0' has 1.25 KiB of frames, decoding takes 45 KiB a thread"
        with pytest.raises(InputError, match=message):
            store["Z"].plan("32K")


def test_large_chunks_leave_room_for_few_threads(tmp_path, monkeypatch):
    monkeypatch.setattr(features_module, "cores", lambda: 64)
    with grid(tmp_path / "f", chunks=(3, 6, 20, 2, 8), compression="gzip") as store:
        scratch = store["Z"].source.reader.scratch
        assert store["Z"].plan(100 * scratch).threads == 25
        assert store["Z"].plan(1000 * scratch).threads == 64
        assert store["Z"].plan(scratch + 3 * CLIP).threads == 1


def test_blocks_do_not_cut_chunks_when_there_is_room(tmp_path):
    with grid(tmp_path / "f", chunks=(1, 6, 1, 2, 8), compression="gzip") as store:
        assert len(store["Z"].plan().blocks) == 1
        assert len(store["Z"].plan(130 * CLIP).blocks) == 3
        assert len(store["Z"].plan(41 * CLIP).blocks) == 9


def test_one_clip_is_read_for_a_look_at_it(tmp_path):
    write_grid(tmp_path / "f", {"Z": grid_frames()}, list("abc"))
    with open_features(tmp_path / "f") as store:
        frames = store["Z"].subset(n_clips=4, n_frames=7).read(6)
    np.testing.assert_array_equal(frames, grid_frames()[1, 2, :7].reshape(14, 8))


def test_rows_of_a_part_are_those_of_the_whole(tmp_path):
    lengths = [5, 9, 4, 7, 6]
    frames = [np.full((length, 3), i, np.float32) for i, length in enumerate(lengths)]
    write_clips(tmp_path / "f", {"Z": frames}, ["a", "b"], [0, 1, 0, 1, 0])
    with open_features(tmp_path / "f") as store:
        got = all_clips(store["Z"].subset(n_clips=1, n_frames=6))
    assert [(len(clip), clip[0, 0]) for clip in got] == [(5, 0), (6, 1)]


def test_identity_tells_files_and_parts_apart(tmp_path):
    for name in "ab":
        write_grid(tmp_path / name, {"Z": grid_frames(), "Xs": grid_frames()}, list("abc"))
    with open_features(tmp_path / "a") as a, open_features(tmp_path / "b") as b:
        parts = [a["Z"], a["Xs"], b["Z"], a["Z"].subset(n_clips=3), a["Z"].subset(n_frames=3)]
        identities = [str(part.identity()) for part in parts]
        assert len(set(identities)) == len(parts)
        assert a["Z"].identity() == a["Z"].subset(n_clips=6).identity()


def test_a_closed_file_is_not_mistaken_for_another(tmp_path):
    for name, value in (("a", 1), ("b", 2)):
        frames = np.full((2, 3, 20, 2, 8), value, np.float32)
        write_grid(tmp_path / name, {"Z": frames}, ["x", "y"], filters={})
    with open_features(tmp_path / "a") as store:
        features = store["Z"]
    with open_features(tmp_path / "b"):
        for work in (features.plan, lambda: features.read(0)):
            with pytest.raises(FeatureFileError, match="got a closed file, expected an open one"):
                work()


def test_no_identity_is_better_than_a_wrong_one(tmp_path):
    """Where the file at the path does not settle what is read."""
    write_grid(tmp_path / "far", {"Z": grid_frames()}, list("abc"))
    with h5py.File(tmp_path / "near", "w") as file:
        file.attrs["labels"] = list("abc")
        file["Z"] = h5py.ExternalLink(tmp_path / "far", "Z")
        layout = h5py.VirtualLayout((3, 6, 20, 2, 8), "<f4")
        layout[:] = h5py.VirtualSource(tmp_path / "far", "Z", (3, 6, 20, 2, 8))
        file.create_virtual_dataset("V", layout)
    with open_features(tmp_path / "near") as store:
        assert store["Z"].identity() is None and store["V"].identity() is None
    with open_features(tmp_path / "far") as store:
        assert store["Z"].identity() is not None
        write_grid(tmp_path / "far", {"Z": grid_frames(seed=1)}, list("abc"))  # in its place
        assert store["Z"].identity() is None
        (tmp_path / "far").unlink()
        assert store["Z"].identity() is None


def test_a_clip_that_cannot_be_read_is_named(tmp_path):
    write_grid(tmp_path / "f", {"Z": grid_frames()}, list("abc"), filters={})
    with open_features(tmp_path / "f") as store:
        begin = store["Z"].source.reader.begin
        with (tmp_path / "f").open("r+b") as file:
            file.truncate(begin + 7 * CLIP + 100)
        store["Z"].read(6)
        with pytest.raises(FeatureFileError, match=r"clip 'b/1': got data .*the file ends at byte"):
            store["Z"].read(7)
