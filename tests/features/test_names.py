"""All writers raise for names and values that HDF5 cannot store unchanged."""

import os

import h5py
import numpy as np
import pytest
from gpuclf import open_features, write_clips, write_features, write_grid
from gpuclf.errors import GpuclfError, InputError
from gpuclf.features.names import (
    checked_integers,
    checked_names,
    name_of_file,
    normalized,
    number_classes,
    numbered_duplicates,
    unique_names,
)
from gpuclf.features.writer import stream_clips, stream_grid
from hypothesis import example, given, settings
from hypothesis import strategies as st

X = np.ones((4, 3), np.float32)
GRID = np.ones((2, 1, 4, 3), np.float32)


def clips(path, sets=("Z",), labels=("a", "b"), y=(0, 1), **columns):
    write_clips(path, {name: [X, X] for name in sets}, labels, y, **columns)


def streamed(path, sets=("Z",), labels=("a", "b"), y=(0, 1), ids=("u", "v"), **columns):
    lengths = {name: [len(X)] * 2 for name in sets}
    frames = (dict.fromkeys(sets, X) for _ in range(2))
    stream_clips(path, frames, lengths, labels, y, ids=ids, **columns)


def features(path, sets=("Z",), labels=("a", "b"), **columns):
    write_features(path, {name: [X, X] for name in sets}, labels, **columns)


def grid(path, sets=("Z",), labels=("a", "b"), **columns):
    write_grid(path, dict.fromkeys(sets, GRID), labels, **columns)


def streamed_grid(path, sets=("Z",), labels=("a", "b"), **columns):
    frames = (dict.fromkeys(sets, X) for _ in range(2))
    stream_grid(path, frames, labels, 1, **columns)


TABLES, GRIDS = [clips, streamed, features], [grid, streamed_grid]
BAD = ["a\0", "\0", "\udc80", "a\ud800b", "", " \n", None, 1.5, float("nan"), b"a"]


def refused(tmp_path, write, what, **changed):
    """Check that a writer raises a one-line message and writes no file; return the message."""
    with pytest.raises(InputError) as caught:
        write(tmp_path / "f", **changed)
    message = str(caught.value)
    assert message.startswith(what) and "got " in message and "expected " in message
    assert len(message.splitlines()) == 1 and message.isprintable()
    assert os.listdir(tmp_path) == []
    return message


@pytest.mark.parametrize("bad", BAD, ids=repr)
@pytest.mark.parametrize("write", [*TABLES, *GRIDS])
def test_writers_raise_for_invalid_class_and_set_names(tmp_path, write, bad):
    assert repr(bad) in refused(tmp_path, write, "labels: ", labels=["a", bad])
    assert repr(bad) in refused(tmp_path, write, "feature set: ", sets=["Z", bad])


@pytest.mark.parametrize("name", [".", "a/b", "/", "/Z", "Z/", "./Z"])
@pytest.mark.parametrize("write", [*TABLES, *GRIDS])
def test_writers_raise_for_a_set_name_that_is_a_path(tmp_path, write, name):
    refused(tmp_path, write, "feature set: got the name", sets=[name])


@pytest.mark.parametrize("bad", BAD, ids=repr)
@pytest.mark.parametrize("write", TABLES)
def test_writers_raise_for_invalid_ids_and_groups(tmp_path, write, bad):
    assert repr(bad) in refused(tmp_path, write, "ids: ", ids=["u", bad])
    assert repr(bad) in refused(tmp_path, write, "groups: ", groups=["u", bad])


@pytest.mark.parametrize(
    ("folds", "got"),
    [
        ([0, None], "values of type object"),
        ([None, None], "values of type object"),
        ([0, 2**70], "values of type object"),
        ([0, 1.5], "values of type float64"),
        (["0", "1"], "values of type <U1"),
        ([True, False], "values of type bool"),
        ([[0], [0, 1]], "setting an array element with a sequence"),
        ([[0], [1]], r"an array of shape (2, 1)"),
    ],
)
@pytest.mark.parametrize("write", TABLES)
def test_writers_raise_for_folds_and_classes_that_are_not_integers(tmp_path, write, folds, got):
    assert f"got {got}" in refused(tmp_path, write, "folds: ", folds=folds)
    if write is not features:
        assert f"got {got}" in refused(tmp_path, write, "y: ", y=folds)


@pytest.mark.parametrize("write", [clips, streamed])
def test_writers_raise_for_columns_of_another_length(tmp_path, write):
    for what, column in {"y": [0], "groups": ["u"], "folds": 1, "ids": ["u"]}.items():
        with pytest.raises(InputError, match="values, expected") as caught:
            write(tmp_path / "f", **{what: column})
        assert os.listdir(tmp_path) == [], caught.value


@pytest.mark.parametrize("write", [*TABLES, *GRIDS])
def test_writers_raise_for_too_many_classes(tmp_path, write):
    many = [f"class {number}" for number in range(5000)]
    if write is features:
        with pytest.raises(
            InputError, match="labels: got 5000 classes, expected at most about 4000"
        ):
            write_features(tmp_path / "f", [X[:1]] * 5000, many)
        assert os.listdir(tmp_path) == []
    else:
        refused(tmp_path, write, "labels: got 5000 classes, expected at most", labels=many)


def test_four_thousand_class_names_of_any_length_are_stored(tmp_path):
    many = [f"{number} {'long ' * 20}" for number in range(4000)]
    write_features(tmp_path / "f", [X[:1]] * 4000, many)
    with open_features(tmp_path / "f") as store:
        assert store.labels == tuple(sorted(many))


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("a\0", 1),
        ("\udc80", 1),
        ("", 1),
        (5, 1),
        ("about", None),
        ("about", {}),
        ("about", "a\0"),
        ("about", "\udc80"),
        ("about", [[1], [1, 2]]),
        ("about", np.zeros(9000)),
    ],
)
@pytest.mark.parametrize("write", [*TABLES, *GRIDS])
def test_writers_raise_for_invalid_attributes(tmp_path, write, attribute, value):
    refused(tmp_path, write, "attribute", attributes={attribute: value})


NAMES = st.text(st.characters(), max_size=4)


@settings(max_examples=50)
@given(names=st.lists(NAMES, min_size=2, max_size=2, unique=True), name=NAMES)
@example(["..", " a"], "..")
@example(["a\n", "Ä/b"], "\x01")
@example(["clips", "."], "clips")
@example(["A\u0301", "A"], "A")
def test_a_name_raises_or_is_read_back_in_normal_form(tmp_path_factory, names, name):
    for write in (clips, streamed, features, grid, streamed_grid):
        path = tmp_path_factory.mktemp("t") / "f"
        columns = {"ids": names, "groups": names} if write in TABLES else {}
        try:
            write(path, sets=[name], labels=sorted(names), attributes={name: name}, **columns)
        except GpuclfError:
            assert not path.exists()
            continue
        with open_features(path) as store:
            table = store[name].clips
            normal = [normalized(own) for own in names]
            assert store.names == [name] and sorted(store.labels) == sorted(normal)
            if write in TABLES:
                assert table.ids.tolist() == table.groups.tolist() == normal


def test_integers_are_converted_to_names(tmp_path):
    clips(tmp_path / "f", labels=[3, np.int64(1)], ids=range(2), groups=np.array([7, 7]))
    with open_features(tmp_path / "f") as store:
        table = store["Z"].clips
        assert (store.labels, table.ids.tolist()) == (("3", "1"), ["0", "1"])
        assert table.groups.tolist() == ["7", "7"]


def test_numpy_strings_objects_and_integers_are_accepted(tmp_path):
    features(
        tmp_path / "f",
        labels=np.array(["x", "y"]),
        ids=np.array(["u", "v"], object),
        folds=np.array([2, 1], ">u2"),
    )
    with h5py.File(tmp_path / "f") as file:
        assert file["clips/fold"][()].tolist() == [2, 1]


def test_unique_names_and_class_numbers():
    assert checked_names("ids", "ab") == unique_names("ids", "ab") == ["a", "b"]
    with pytest.raises(InputError, match="ids: got '1' twice, expected unique ids"):
        unique_names("ids", ["1", 1])
    assert number_classes(None) == (None, None)
    assert number_classes(["b", "Ä", "a", "b"]) == (["a", "b", "Ä"], [1, 2, 0, 1])
    assert checked_integers("folds", 3).tolist() == [3] and checked_integers("folds", []).size == 0


CAFE, DECOMPOSED = "Caf\u00e9", "Cafe\u0301"


def test_names_that_look_the_same_are_the_same():
    assert number_classes([CAFE, DECOMPOSED]) == ([CAFE], [0, 0])
    with pytest.raises(InputError, match="ids: got 'Caf\u00e9' twice"):
        unique_names("ids", [CAFE, DECOMPOSED])


@given(st.binary(min_size=1, max_size=6).filter(lambda name: not {0, 47} & set(name)))
def test_the_name_of_any_file_can_be_stored(name):
    [stored] = checked_names("ids", ["x" + name_of_file(os.fsdecode(name))])
    assert stored.encode()


@given(st.lists(st.sampled_from(["a", "a (2)", "b", "a (2) (2)"])))
def test_numbered_duplicates_are_unique_and_first_occurrences_are_unchanged(names):
    unique = numbered_duplicates(names)
    assert len(set(unique)) == len(names)
    for place, name in enumerate(names):
        assert unique[place].startswith(name)
        if name not in names[:place]:
            assert unique[place] == name


@pytest.mark.parametrize("write", TABLES[:2])
def test_writers_raise_for_labels_without_classes_and_classes_without_labels(tmp_path, write):
    refused(tmp_path, write, "y: got none, expected values, or labels to be None", y=None)
    refused(tmp_path, write, "labels: got none, expected values, or y", labels=None)
