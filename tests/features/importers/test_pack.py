"""Packing of arrays, files of arrays and rows of tables into feature files."""

import csv
import os

import numpy as np
import pytest
from gpuclf import open_features, write_features
from gpuclf.errors import InputError
from gpuclf.features.importers.clip_files import ClipFile, find_clip_files
from gpuclf.features.importers.csv_frames import CsvFrames
from gpuclf.features.importers.pack import SUFFIXES, files_content, write_content
from gpuclf.features.importers.pack_content import table_content
from gpuclf.features.importers.table_columns import ColumnChoice
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

TYPES = ["<f2", "<f4", "<f8", ">f4", "<i2", "|u1", "<i8"]
X = np.ones((9, 4), np.float32)


def read(path):
    """Return the clips of a file and the frames of each feature set."""
    with open_features(path) as store:
        sets = {name: store[name] for name in store.names}
        frames = {
            name: np.split(own.source.dataset[()], own.source.offsets[1:-1])
            for name, own in sets.items()
        }
        return next(iter(sets.values())).clips, frames


def native(frames):
    return frames.dtype.newbyteorder("=")


def same(read, written):
    """Return True if clips are bit-identical, ignoring the byte order."""
    return len(read) == len(written) and all(
        a.shape == b.shape and native(a) == native(b) and np.array_equal(a, b)
        for a, b in zip(read, written, strict=True)
    )


@st.composite
def clips(draw, types=TYPES):
    """Frames of a few clips of any length, with one number of features and one dtype."""
    dtype, n = np.dtype(draw(st.sampled_from(types))), draw(st.integers(1, 4))
    numbers = {"allow_nan": False, "allow_infinity": False} if dtype.kind == "f" else {}
    elements = arrays.from_dtype(dtype, **numbers)
    lengths = draw(st.lists(st.integers(1, 9), min_size=1, max_size=6))
    return [draw(arrays.arrays(dtype, (length, n), elements=elements)) for length in lengths]


LABELS = st.lists(st.sampled_from(["rock", "jazz", "Ä b/c"]), min_size=6, max_size=6)


@settings(max_examples=40)
@given(frames=clips(), labels=LABELS)
def test_arrays_are_read_back_bit_identical(tmp_path_factory, frames, labels):
    path, labels = tmp_path_factory.mktemp("t") / "f", labels[: len(frames)]
    write_features(path, frames, labels)
    table, found = read(path)
    assert same(found["features"], frames)
    assert [table.labels[y] for y in table.y] == labels
    assert list(table.labels) == sorted(set(labels))


@settings(max_examples=40)
@given(
    frames=clips(),
    labels=LABELS,
    save=st.sampled_from([np.save, np.savez, np.savez_compressed]),
    order=st.sampled_from([np.ascontiguousarray, np.asfortranarray]),
)
def test_files_of_arrays_are_read_back_bit_identical(tmp_path_factory, frames, labels, save, order):
    folder = tmp_path_factory.mktemp("t")
    files = []
    for number, (clip, label) in enumerate(zip(frames, labels, strict=False)):
        path = folder / f"{number}{'.npy' if save is np.save else '.npz'}"
        save(path, order(clip))
        files.append(ClipFile(path, f"c{number}", label, group=label, fold=number))
    write_content(folder / "f", files_content(files))
    table, found = read(folder / "f")
    assert same(found["features" if save is np.save else "arr_0"], frames)
    assert table.ids.tolist() == [clip.id for clip in files]
    assert [table.labels[y] for y in table.y] == table.groups.tolist() == labels[: len(frames)]
    assert table.folds.tolist() == list(range(len(frames)))


@settings(max_examples=40)
@given(frames=clips(["<f4"]), labels=LABELS, data=st.data())
def test_rows_are_read_back_bit_identical(tmp_path_factory, frames, labels, data):
    folder = tmp_path_factory.mktemp("t")
    n = frames[0].shape[1]
    header = ["clip", "label", "group", "fold", *(f"f{k}" for k in range(n))]
    rows = [
        [f"c {number}", labels[number], f"g,{number}", -number, *map(repr, frame.tolist())]
        for number, clip in enumerate(frames)
        for frame in clip
    ]
    columns = data.draw(st.permutations(range(len(header))))
    with (folder / "rows.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([row[k] for k in columns] for row in [header, *rows])
    content = table_content(CsvFrames(folder / "rows.csv"), ColumnChoice(), "features")
    write_content(folder / "f", content)
    names = [header[k] for k in columns if k > 3]
    table, found = read(folder / "f")
    order = [int(name[1:]) for name in names]
    assert same(found["features"], [clip[:, order] for clip in frames])
    assert table.ids.tolist() == [f"c {number}" for number in range(len(frames))]
    assert [table.labels[y] for y in table.y] == labels[: len(frames)]
    assert table.groups.tolist() == [f"g,{number}" for number in range(len(frames))]
    assert table.folds.tolist() == [-number for number in range(len(frames))]


def test_several_sets_single_frames_and_all_columns_are_written(tmp_path):
    sets = {"mel": [[[1, 2], [3, 4]], [[5.5, 6]]], "embedding": np.eye(2)}
    write_features(
        tmp_path / "f",
        sets,
        None,
        ids=["u", "v"],
        groups=np.array(["Abba", "Bach"]),
        folds=[1, 0],
        attributes={"model": "vgg"},
    )
    table, found = read(tmp_path / "f")
    assert found["mel"][0].tolist() == [[1, 2], [3, 4]] and found["mel"][1].tolist() == [[5.5, 6]]
    assert [clip.tolist() for clip in found["embedding"]] == [[[1, 0]], [[0, 1]]]
    assert table.y is None and table.ids.tolist() == ["u", "v"]
    assert table.groups.tolist() == ["Abba", "Bach"] and table.folds.tolist() == [1, 0]
    with open_features(tmp_path / "f") as store:
        assert store.attributes["model"] == "vgg"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"features": []}, "features: got 0 values, expected at least one clip"),
        ({"features": {}}, "labels: got 2 values, expected at least"),
        ({"labels": ["a"]}, "labels: got 1 values, expected 2, one per clip"),
        ({"labels": ["a", float("nan")]}, "labels: got nan, expected a non-blank UTF-8 string"),
        ({"labels": ["a", " "]}, "labels: got ' '"),
        ({"labels": ["a", "b\0"]}, "without NUL"),
        ({"labels": ["a", "\udc80"]}, "expected a non-blank UTF-8"),
        ({"ids": ["u"]}, "ids: got 1"),
        ({"ids": ["u", "u"]}, "ids: got 'u' twice"),
        ({"groups": ["u", None]}, "groups: got None"),
        ({"folds": [1]}, "folds: got 1 values, expected 2"),
        ({"folds": 1}, "folds: got 1 values, expected 2"),
        ({"folds": [0.5, 1]}, "folds: got values of type float64, expected integers"),
        ({"folds": [0, None]}, "folds: got values of type object"),
        ({"name": "a/b"}, "feature set: got the name 'a/b'"),
        ({"name": "clips"}, "feature set: got the name 'clips'"),
        ({"name": ""}, "feature set: got ''"),
        ({"features": {"Z": [X, X], "Y": [X]}}, "Y: got 1 values, expected 2"),
        ({"features": [X, X[:, :3]]}, "features, clip '1': got 3 features, expected 4"),
        ({"features": [X, X[:0]]}, r"clip '1': got an array of shape \(0, 4\)"),
        ({"features": [X, X[None]]}, r"clip '1': got an array of shape \(1, 9, 4\)"),
        ({"features": [X, 5]}, r"clip '1': got an array of shape \(\)"),
        ({"features": [X, [[1], [1, 2]]]}, "clip '1': got .*inhomogeneous"),
        ({"features": [X, X > 0]}, "clip '1': got values of type bool"),
        ({"features": [X, X * 1j]}, "clip '1': got values of type complex"),
        ({"features": [X, [["a"]]]}, "clip '1': got values of type <U1"),
        ({"features": [X, X * np.nan], "ids": ["u", "v"]}, "clip 'v', frame 0, feature 0: got nan"),
        ({"features": [X, X.astype(np.longdouble)]}, "expected .* at most 64 bits"),
    ],
)
def test_invalid_arrays_raise_and_write_no_file(tmp_path, changed, message):
    given = {"features": [X, X], "labels": ["a", "b"], **changed}
    with pytest.raises(InputError, match=message):
        write_features(tmp_path / "f", **given)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("clips", "more", "message"),
    [
        (lambda a, b: [], {}, "clips: got none"),
        (lambda a, b: [ClipFile(a, "u", "x"), ClipFile(a, "u", "x")], {}, "ids: got 'u' twice"),
        (lambda a, b: [ClipFile(a, "u", "x"), ClipFile(a, "v")], {}, "'v': got no label"),
        (
            lambda a, b: [ClipFile(a, "u", group="g"), ClipFile(a, "v")],
            {},
            "clip 'v': got no group, expected a group for every",
        ),
        (lambda a, b: [ClipFile(a, "u", start=0.5)], {}, "0.npy: got start 0.5, end None"),
        (lambda a, b: [ClipFile(b, "u")], {"name": "Z"}, "0.npz: got the name 'Z' for a .npz file"),
        (lambda a, b: [ClipFile(a, "u")], {"name": "."}, "feature set: got the name '.'"),
    ],
)
def test_inconsistent_clips_raise_and_write_no_file(tmp_path, clips, more, message):
    np.save(tmp_path / "0.npy", X)
    np.savez(tmp_path / "0.npz", X)
    with pytest.raises(InputError, match=message):
        content = files_content(clips(tmp_path / "0.npy", tmp_path / "0.npz"), **more)
        write_content(tmp_path / "f", content)
    assert sorted(os.listdir(tmp_path)) == ["0.npy", "0.npz"]


def test_one_clip_is_read_at_a_time_and_progress_is_reported(tmp_path, monkeypatch):
    for number in range(4):
        (tmp_path / "a").mkdir(exist_ok=True)
        np.save(tmp_path / "a" / f"{number}.npy", X)
    steps = []
    read_array = np.lib.format.read_array
    monkeypatch.setattr(
        "numpy.lib.format.read_array",
        lambda *a, **k: (steps.append("read"), read_array(*a, **k))[1],
    )
    found = find_clip_files(tmp_path, SUFFIXES)
    content = files_content(found)
    write_content(tmp_path / "f", content, on_clips=lambda *progress: steps.append(progress))
    assert steps == ["read", (1, 4), "read", (2, 4), "read", (3, 4), "read", (4, 4)]


def test_rows_with_other_column_names_blanks_and_no_label_are_packed(tmp_path):
    text = "\ufefffile,genre,f\n\na , rock,1\na,rock,2.5e0\n"
    (tmp_path / "rows.csv").write_text(text, encoding="utf-8")
    progress = []
    table, choice = CsvFrames(tmp_path / "rows.csv"), ColumnChoice(clip="file", label="genre")
    content = table_content(table, choice, "mel")
    write_content(tmp_path / "f", content, on_clips=lambda *counts: progress.append(counts))
    table, found = read(tmp_path / "f")
    assert (table.ids.tolist(), table.labels, progress) == (["a"], ("rock",), [(1, 1)])
    assert found["mel"][0].tolist() == [[1], [2.5]] and found["mel"][0].dtype == np.float32
    (tmp_path / "rows.csv").write_text("clip,f\na,1\n")
    content = table_content(CsvFrames(tmp_path / "rows.csv"), ColumnChoice(labelled=False), "mel")
    write_content(tmp_path / "f", content)
    assert read(tmp_path / "f")[0].y is None
