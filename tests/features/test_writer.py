"""Writing feature files; see test_layout.py and test_feature_file.py for reading them back."""

import os

import h5py
import numpy as np
import pytest
from gpuclf.errors import FeatureFileError, GpuclfError, InputError
from gpuclf.features.writer import write_clips, write_grid


def test_each_clip_is_one_chunk(tmp_path):
    write_grid(tmp_path / "f", {"Z": np.zeros((2, 3, 4, 2, 5))}, ["a", "b"])
    with h5py.File(tmp_path / "f") as file:
        assert file["Z"].chunks == (1, 1, 4, 2, 5)
        assert (file["Z"].compression, file["Z"].shuffle) == ("gzip", True)


def test_files_may_be_uncompressed_and_unlabelled_and_have_attributes(tmp_path):
    frames = np.zeros((2, 3, 4, 5))
    write_grid(tmp_path / "g", {"Z": frames}, None, attributes={"sr": 22050}, filters={})
    write_clips(tmp_path / "c", {"Z": frames[0]}, None, None, filters={})
    with h5py.File(tmp_path / "g") as file:
        assert dict(file.attrs) == {"sr": 22050}
        assert file["Z"].chunks is None
    with h5py.File(tmp_path / "c") as file:
        assert "labels" not in file.attrs and list(file["clips"]) == ["id"]


@pytest.mark.parametrize(
    ("write", "error"),
    [
        (lambda path: write_grid(path, {"Z": np.zeros((2, 3))}, ["a", "b"]), FeatureFileError),
        (lambda path: write_grid(path, {"Z": np.zeros((2, 3, 4, 5))}, ["a"]), InputError),
        (
            lambda path: write_grid(path, {"Z": np.zeros((2, 3, 4, 0))}, ["a", "b"]),
            FeatureFileError,
        ),
        (lambda path: write_grid(path, {"Z": np.zeros((0, 3, 4, 5))}, []), FeatureFileError),
        (lambda path: write_clips(path, {"Z": [np.zeros((2, 0))]}, ["a"], [0]), InputError),
        (lambda path: write_clips(path, {"Z": [np.zeros((2, 3))]}, ["a"], [0, 0]), InputError),
        (lambda path: write_clips(path, {"Z": [np.zeros(3)]}, ["a"], [0]), InputError),
        (
            lambda path: write_clips(
                path, {"Z": [np.zeros((2, 3))], "Y": [np.zeros((2, 3))] * 2}, ["a"], [0]
            ),
            InputError,
        ),
        (
            lambda path: write_clips(
                path, {"Z": [np.zeros((2, 3)), np.zeros((2, 4))]}, ["a"], [0, 0]
            ),
            InputError,
        ),
        (lambda path: write_clips(path, {"Z": [np.zeros((2, 3))]}, ["a"], [1]), FeatureFileError),
        (lambda path: write_clips(path, {"Z": [np.zeros((0, 3))]}, ["a"], [0]), InputError),
        (lambda path: write_clips(path, {"Z": []}, ["a"], []), InputError),
        (lambda path: write_clips(path, {"clips": [np.zeros((2, 3))]}, ["a"], [0]), InputError),
        (
            lambda path: write_clips(path, {"Z": [np.zeros((2, 3), complex)]}, ["a"], [0]),
            FeatureFileError,
        ),
        (
            lambda path: write_clips(
                path, {"Z": [np.zeros((2, 3))] * 2}, ["a"], [0, 0], ids=["x", "x"]
            ),
            FeatureFileError,
        ),
    ],
)
def test_invalid_arguments_raise_and_write_no_file(tmp_path, write, error):
    with pytest.raises(error) as caught:
        write(tmp_path / "f")
    assert isinstance(caught.value, GpuclfError)
    assert os.listdir(tmp_path) == []
