"""Feature sets: subsets, reading single clips, and identity."""

import h5py
import numpy as np
import pytest
from gpuclf.errors import FeatureFileError
from gpuclf.features.feature_file import open_features
from gpuclf.features.writer import write_clips, write_grid

from conftest import all_clips, grid_frames

CLIP = 40 * 8 * 4  # bytes of a clip of grid_frames()


def test_read_returns_one_clip_of_a_subset(tmp_path):
    write_grid(tmp_path / "f", {"Z": grid_frames()}, list("abc"))
    with open_features(tmp_path / "f") as store:
        frames = store["Z"].subset(n_clips=4, n_frames=7).read(6)
    np.testing.assert_array_equal(frames, grid_frames()[1, 2, :7].reshape(14, 8))


def test_a_subset_reads_the_rows_of_the_file(tmp_path):
    lengths = [5, 9, 4, 7, 6]
    frames = [np.full((length, 3), i, np.float32) for i, length in enumerate(lengths)]
    write_clips(tmp_path / "f", {"Z": frames}, ["a", "b"], [0, 1, 0, 1, 0])
    with open_features(tmp_path / "f") as store:
        got = all_clips(store["Z"].subset(n_clips=1, n_frames=6))
    assert [(len(clip), clip[0, 0]) for clip in got] == [(5, 0), (6, 1)]


def test_identity_differs_between_files_and_subsets(tmp_path):
    for name in "ab":
        write_grid(tmp_path / name, {"Z": grid_frames(), "Xs": grid_frames()}, list("abc"))
    with open_features(tmp_path / "a") as a, open_features(tmp_path / "b") as b:
        parts = [a["Z"], a["Xs"], b["Z"], a["Z"].subset(n_clips=3), a["Z"].subset(n_frames=3)]
        identities = [str(part.identity()) for part in parts]
        assert len(set(identities)) == len(parts)
        assert a["Z"].identity() == a["Z"].subset(n_clips=6).identity()


def test_reading_a_closed_file_raises(tmp_path):
    for name, value in (("a", 1), ("b", 2)):
        frames = np.full((2, 3, 20, 2, 8), value, np.float32)
        write_grid(tmp_path / name, {"Z": frames}, ["x", "y"], filters={})
    with open_features(tmp_path / "a") as store:
        features = store["Z"]
    with open_features(tmp_path / "b"):
        for work in (features.plan, lambda: features.read(0)):
            with pytest.raises(FeatureFileError, match="got a closed file, expected an open file"):
                work()


def test_identity_is_none_if_the_path_does_not_determine_the_frames(tmp_path):
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
        write_grid(
            tmp_path / "far", {"Z": grid_frames(seed=1)}, list("abc")
        )  # replaces the open file
        assert store["Z"].identity() is None
        (tmp_path / "far").unlink()
        assert store["Z"].identity() is None


def test_an_unreadable_clip_raises_and_is_named(tmp_path):
    write_grid(tmp_path / "f", {"Z": grid_frames()}, list("abc"), filters={})
    with open_features(tmp_path / "f") as store:
        begin = store["Z"].source.reader.begin
        with (tmp_path / "f").open("r+b") as file:
            file.truncate(begin + 7 * CLIP + 100)
        store["Z"].read(6)
        with pytest.raises(FeatureFileError, match=r"clip 'b/1': got data .*the file ends at byte"):
            store["Z"].read(7)
