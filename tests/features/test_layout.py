"""The two layouts, and error messages for files that follow neither."""

import h5py
import numpy as np
import pytest
from gpuclf.errors import FeatureFileError
from gpuclf.features.feature_file import open_features
from gpuclf.features.writer import write_clips, write_grid

from conftest import all_clips

FRAMES = np.arange(2 * 3 * 4 * 2 * 5, dtype=np.float32).reshape(2, 3, 4, 2, 5)


def read(path, name="Z", **limits):
    with open_features(path) as store:
        features = store[name].subset(**limits)
        return all_clips(features), features.clips


def write_raw(path, **datasets):
    with h5py.File(path, "w") as file:
        for name, value in datasets.items():
            file[name] = value
        file.attrs["labels"] = ["a", "b"]
    return path


def test_axis_3_of_a_grid_is_interleaved_in_time(tmp_path):
    write_grid(tmp_path / "f", {"Z": FRAMES}, ["a", "b"])
    clips, table = read(tmp_path / "f")
    np.testing.assert_array_equal(clips[4], FRAMES[1, 1].reshape(8, 5))
    np.testing.assert_array_equal(clips[4][2:4], [FRAMES[1, 1, 1, 0], FRAMES[1, 1, 1, 1]])
    assert table.ids.tolist() == ["a/0", "a/1", "a/2", "b/0", "b/1", "b/2"]
    assert table.y.tolist() == [0, 0, 0, 1, 1, 1]


def test_a_grid_without_overlaps_is_read(tmp_path):
    write_grid(tmp_path / "f", {"Z": FRAMES[:, :, :, 0]}, ["a", "b"])
    clips, _ = read(tmp_path / "f")
    np.testing.assert_array_equal(clips[5], FRAMES[1, 2, :, 0])


def test_clips_of_any_number_and_length_are_read(tmp_path):
    rng = np.random.default_rng(0)
    frames = [rng.normal(size=(length, 5)).astype(np.float32) for length in (3, 7, 7, 1)]
    write_clips(
        tmp_path / "f",
        {"mel": frames},
        ["a", "b"],
        [1, 0, 1, 1],
        ids=["w", "x", "y", "z"],
        groups=["g", "g", "h", "h"],
        folds=[1, 2, 1, 2],
    )
    clips, table = read(tmp_path / "f", "mel")
    for got, written in zip(clips, frames, strict=True):
        np.testing.assert_array_equal(got, written)
    assert table.ids.tolist() == ["w", "x", "y", "z"]
    assert table.groups.tolist() == ["g", "g", "h", "h"]
    assert table.folds.tolist() == [1, 2, 1, 2]


@pytest.mark.parametrize("labels", [["é", "b"], [b"\xc3\xa9", b"b"], np.array(["é", "b"], "O")])
def test_labels_may_be_bytes_or_strings(tmp_path, labels):
    with h5py.File(tmp_path / "f", "w") as file:
        file["Z"] = FRAMES
        file.attrs["labels"] = labels
    with open_features(tmp_path / "f") as store:
        assert store.labels == ("é", "b")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.zeros((3, 4)), r"got a dataset of shape \(3, 4\), expected shape \(n_classes"),
        (np.zeros((2, 3, 4, 3, 5)), r"got a dataset of shape \(2, 3, 4, 3, 5\)"),
        (np.zeros((2, 0, 4, 2, 5)), "got an empty dataset"),
        (np.zeros((2, 3, 4, 2, 5), complex), "got values of type complex128"),
        (np.full((2, 3, 4, 2, 5), b"x"), r"got values of type \|S1"),
    ],
)
def test_an_invalid_grid_dataset_raises(tmp_path, value, message):
    path = write_raw(tmp_path / "f", Z=value)
    with open_features(path) as store, pytest.raises(FeatureFileError, match=message):
        store["Z"]


@pytest.mark.parametrize("classes", [1, 3])
def test_a_grid_with_fewer_or_more_labels_than_classes_raises(tmp_path, classes):
    path = write_raw(tmp_path / "f", Z=np.zeros((classes, 2, 4, 2, 5)))
    message = f"labels: got 2 for {classes} classes of feature set 'Z', expected one label per"
    with open_features(path) as store, pytest.raises(FeatureFileError, match=message):
        store["Z"]


def change(path, edit):
    with h5py.File(path, "r+") as file:
        edit(file)


def replace_item(name, value):
    def edit(file):
        del file[name]
        file[name] = value

    return edit


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda f: f.attrs.__setitem__("gpuclf_version", 2), "gpuclf_version: got 2, expected 1"),
        (lambda f: f.attrs.__setitem__("gpuclf_layout", "tree"), "got 'tree', expected 'clips'"),
        (lambda f: f.attrs.__setitem__("labels", ["a", "a"]), "labels: got 'a' twice"),
        (lambda f: f.__delitem__("clips"), "clips: got no table of clips"),
        (replace_item("clips/label", [0, 1, 2]), "clips/label: got 2, expected 0 to 1"),
        (replace_item("clips/label", [0, 1]), "clips/label: got 2 values, expected 3, one"),
        (
            replace_item("clips/id", [b"x", b"x", b"y"]),
            "clips/id: got 'x' twice, expected unique ids",
        ),
        (replace_item("mel/offsets", [0, 2, 2, 9]), "offsets: got 0 ... 9, expected increasing"),
        (
            replace_item("mel/offsets", [0, 9]),
            "offsets: got 2 values, expected 4, one more than clips",
        ),
        (replace_item("mel/frames", np.zeros(9)), r"frames: got shape \(9,\), expected \(total, n"),
        (lambda f: f["mel"].__delitem__("offsets"), "expected the datasets frames and offsets"),
        (replace_item("clips/label", [b"a", b"b", b"b"]), "clips/label: got values of type"),
        (replace_item("clips/label", [0, np.nan, 1]), "clips/label: got values of type float64"),
        (replace_item("mel/frames", np.zeros((9, 0))), "mel', frames: got an empty dataset"),
        (lambda f: f.attrs.__setitem__("labels", np.array([b"\xe9", b"b"])), "expected UTF-8"),
    ],
)
def test_an_invalid_clips_file_raises(tmp_path, edit, message):
    path = tmp_path / "f"
    write_clips(path, {"mel": [np.zeros((3, 2))] * 3}, ["a", "b"], [0, 1, 1])
    change(path, edit)
    with pytest.raises(FeatureFileError, match=message), open_features(path) as store:
        store["mel"]


CAFE, DECOMPOSED = "Caf\u00e9", "Cafe\u0301"


def write_table(path, **columns):
    with h5py.File(path, "w") as file:
        file.attrs.update(gpuclf_layout="clips", gpuclf_version=1)
        file.attrs["labels"] = columns.pop("labels", ["a", "b"])
        for name, column in {"id": ["x", "y", "z"], **columns}.items():
            file[f"clips/{name}"] = column
        file["mel/frames"] = np.ones((3, 2))
        file["mel/offsets"] = [0, 1, 2, 3]
    return path


def test_labels_ids_and_groups_in_two_normal_forms_are_the_same(tmp_path):
    ids = [CAFE, DECOMPOSED, "z"]
    path = write_table(
        tmp_path / "f", labels=["a", DECOMPOSED, CAFE], label=[1, 2, 0], id=ids, group=ids
    )
    with open_features(path) as store:
        clips = store["mel"].clips
        assert store.labels == clips.labels == ("a", CAFE)
        assert clips.y.tolist() == [1, 1, 0]
        assert clips.ids.tolist() == [CAFE, f"{CAFE} (2)", "z"]
        assert clips.groups.tolist() == [CAFE, CAFE, "z"]


def test_classes_of_a_grid_in_two_normal_forms_raise(tmp_path):
    path = write_raw(tmp_path / "f", Z=FRAMES)
    with h5py.File(path, "r+") as file:
        file.attrs["labels"] = [CAFE, DECOMPOSED]
    with (
        open_features(path) as store,
        pytest.raises(FeatureFileError, match=f"labels: got '{CAFE}' for two classes"),
    ):
        store["Z"]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"labels": ["a", " "]}, "labels: got the blank name ' ', expected names"),
        ({"id": ["x", "", "z"]}, "clips/id: got the blank name '', expected names"),
        ({"group": ["x", "y", ""]}, "clips/group: got the blank name ''"),
        ({"group": [["x"], ["y"], ["z"]]}, "clips/group: got a dataset of shape .*, expected a d"),
        ({"id": ["x", "x", "z"]}, "clips/id: got 'x' twice, expected unique ids"),
    ],
)
def test_blank_names_and_tables_of_another_shape_raise(tmp_path, columns, message):
    path = write_table(tmp_path / "f", **columns)
    with pytest.raises(FeatureFileError, match=message), open_features(path) as store:
        store["mel"]
