"""Clips along the first axis of arrays."""

import numpy as np
import pytest
from gpuclf import open_features
from gpuclf.errors import InputError
from gpuclf.features.importers.clip_arrays import arrays_content
from gpuclf.features.importers.pack_content import write_content
from gpuclf.features.importers.stored_arrays import stored_arrays
from gpuclf.features.importers.table_columns import ColumnChoice

X = np.arange(12, dtype=np.float16).reshape(4, 3)
FRAMES = np.arange(24.0).reshape(4, 3, 2)


def content(path, **choice):
    return arrays_content(path, stored_arrays(path), ColumnChoice(**choice))


def test_vectors_and_frames_of_clips_are_feature_sets(tmp_path):
    path = tmp_path / "t.npz"
    labels, sites = np.array(["a", "b", "a", "b"]), np.array(["s", "s", "t", "t"])
    np.savez(path, X=X, mel=FRAMES, labels=labels, speaker=sites, folds=[0, 1, 0, 1], rate=8000)
    write_content(tmp_path / "f", content(path))
    with open_features(tmp_path / "f") as store:
        assert store.names == ["X", "mel"]
        assert store["X"].lengths.tolist() == [1] * 4 and store["mel"].lengths.tolist() == [3] * 4
        assert np.array_equal(store["X"].source.dataset[()], X)
        assert np.array_equal(store["mel"].source.dataset[()], FRAMES.reshape(12, 2))
        clips = store["X"].clips
        assert clips.ids.tolist() == ["0", "1", "2", "3"] and clips.y.tolist() == [0, 1, 0, 1]
        assert clips.groups.tolist() == ["s", "s", "t", "t"]
        assert clips.folds.tolist() == [0, 1, 0, 1]


def test_the_summary_says_what_each_array_is_used_for(tmp_path):
    np.savez(tmp_path / "t.npz", X=X, y=[0, 1, 0, 1], filenames=list("abcd"), history=np.ones(9))
    assert content(tmp_path / "t.npz").summary == [
        "clip: filenames",
        "label: y",
        "features: X (1 frame of 3 features per clip)",
        "excluded: history",
    ]


def test_named_arrays_and_patterns_are_used(tmp_path):
    np.savez(tmp_path / "t.npz", mel_a=X, mel_b=X, pca=X[:2], genre=list("rrss"), y=[1, 2, 3, 4])
    found = content(tmp_path / "t.npz", label="genre:(.)", features=("mel_*",), exclude=("*b",))
    assert [clip.label for clip in found.clips] == list("rrss") and list(found.lengths) == ["mel_a"]


@pytest.mark.parametrize(
    ("arrays", "choice", "message"),
    [
        ({"X": X}, {}, "got no array of the labels, expected --labels CSV"),
        ({"X": X, "y": [0, 1, 0]}, {"label": "y"}, "'y': got 3 values, expected 4, one per clip"),
        ({"X": X, "y": [0, 1, 0, 1], "labels": list("abcd")}, {}, "several arrays that could be"),
        ({"X": X, "y": [0.5] * 4}, {"label": "y"}, "'y': got values of type float64, expected str"),
        ({"X": X, "Y": X[:3]}, {"labelled": False}, "'Y': got 3 clips, expected 4, as in 'X'"),
        ({"X": X[:0]}, {"labelled": False}, r"'X': got shape \(0, 3\), expected at least one clip"),
        ({"X": X[:, :0]}, {"labelled": False}, r"'X': got shape \(4, 0\)"),
        ({"X": X[0]}, {"labelled": False}, r"got X \(3,\), float16, expected an array of numbers"),
        ({"X": X > 2}, {"labelled": False}, "bool, expected an array of numbers"),
        ({"X": X[None, None]}, {"labelled": False}, "expected an array of numbers of shape"),
        ({"X": X}, {"labelled": False, "features": ("Z*",)}, "--features: got 'Z.'"),
        ({"X": X, "fold": list("abcd")}, {"labelled": False}, "'fold': got 'a', expected an int"),
    ],
)
def test_invalid_arrays_raise(tmp_path, arrays, choice, message):
    np.savez(tmp_path / "t.npz", **arrays)
    with pytest.raises(InputError, match=message):
        content(tmp_path / "t.npz", **choice)


def test_a_value_that_is_not_finite_raises_and_writes_no_file(tmp_path):
    frames = FRAMES.copy()
    frames[2, 1, 0] = np.nan
    np.save(tmp_path / "t.npy", frames)
    with pytest.raises(InputError, match="'features', clip 2, frame 1, feature 0: got nan"):
        write_content(tmp_path / "f", content(tmp_path / "t.npy", labelled=False))
    assert not (tmp_path / "f").exists()
