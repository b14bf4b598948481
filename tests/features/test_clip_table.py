"""Groups and folds from a CSV file: matching of rows and clips, and error messages."""

import csv
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from gpuclf.errors import InputError
from gpuclf.features.clip_table import CsvColumn, parse_column, read_folds, read_groups
from gpuclf.features.feature_file import open_features
from gpuclf.features.layout import Clips
from gpuclf.features.names import normalized
from gpuclf.features.writer import write_clips
from hypothesis import given, settings
from hypothesis import strategies as st

# NumPy strings cannot end with NUL; a blank cell counts as empty.
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=4)
NAMES = NAMES.map(lambda name: normalized(name).strip()).filter(bool)
CLIPS = Clips(np.array(["u", "v", "w", "x"]), np.array([1, 0, 1, 1]), ("a", "b"))
GRID = Clips(np.array(["a/0", "a/1", "b/0", "b/1"]), np.array([0, 0, 1, 1]), ("a", "b"))
UNLABELLED = Clips(np.array(["0/0", "0/1"]), None, ())


def write(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return str(path)


@st.composite
def tables(draw):
    """Clips, the header of a table, and its rows: name, group and fold of each clip."""
    labels = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    y = draw(st.lists(st.integers(0, len(labels) - 1), min_size=1, max_size=8))
    ids = draw(st.lists(NAMES, min_size=len(y), max_size=len(y), unique=True))
    if draw(st.booleans()):
        names, header = [[name] for name in ids], ["id"]
    else:
        names = [[labels[c], str(y[:clip].count(c))] for clip, c in enumerate(y)]
        header = draw(st.sampled_from([["label", "clip"], ["class", "number"]]))
    rest = st.tuples(NAMES, st.integers(-(2**40), 2**40))
    rows = [[*name, *draw(rest)] for name in names]
    return Clips(np.array(ids), np.array(y), tuple(labels)), [*header, "artist", "fold"], rows


@settings(max_examples=40)
@given(table=tables(), data=st.data())
def test_rows_are_matched_in_any_order(tmp_path_factory, table, data):
    clips, header, rows = table
    shuffled = data.draw(st.permutations(rows))
    path = write(tmp_path_factory.mktemp("t") / "clips.csv", [header, *shuffled])
    groups = [row[-2].strip() for row in rows]
    assert read_groups(CsvColumn(path, "artist"), clips).tolist() == groups
    folds = read_folds(CsvColumn(path, "fold"), clips)
    assert folds.dtype == np.int64 and folds.tolist() == [row[-1] for row in rows]


@settings(max_examples=40)
@given(table=tables(), data=st.data(), fault=st.sampled_from(["drop", "double", "rename"]))
def test_a_missing_duplicate_or_unknown_row_raises_and_names_the_clip(
    tmp_path_factory, table, data, fault
):
    clips, header, rows = table
    faulty = data.draw(st.sampled_from(rows))
    others = [row for row in rows if row is not faulty]
    renamed = [f"{faulty[0]}-{''.join(map(str, clips.ids))}", *faulty[1:]]
    added = {"drop": [], "double": [faulty, faulty], "rename": [renamed]}[fault]
    named = renamed if fault == "rename" else faulty
    shuffled = data.draw(st.permutations([*others, *added]))
    path = write(tmp_path_factory.mktemp("t") / "clips.csv", [header, *shuffled])
    got = {"drop": "no row for", "double": "more than one row for", "rename": "a row for"}[fault]
    for read, column in ((read_groups, "artist"), (read_folds, "fold")):
        with pytest.raises(InputError) as error:
            read(CsvColumn(path, column), clips)
        assert f"clips.csv: got {got} clip {'/'.join(named[:-2])!r}, " in str(error.value) + ", "


def test_without_ids_rows_are_matched_by_class_and_number(tmp_path):
    rows = [["b", 1, "w"], ["a", 0, "v"], ["b", 2, "x"], ["b", 0, "u"]]
    path = write(tmp_path / "t", [["label", "clip", "group"], *rows])
    assert read_groups(CsvColumn(path, "group"), CLIPS).tolist() == ["u", "v", "w", "x"]


def test_a_column_of_ids_takes_precedence_over_class_and_number(tmp_path):
    rows = [["?", "?", name, name.upper()] for name in "xwvu"]
    path = write(tmp_path / "t", [["label", "clip", "id", "group"], *rows])
    assert read_groups(CsvColumn(path, "group"), CLIPS).tolist() == ["U", "V", "W", "X"]
    assert read_groups(CsvColumn(path, "id"), CLIPS).tolist() == ["u", "v", "w", "x"]


def test_clips_without_labels_are_matched_by_id(tmp_path):
    path = write(tmp_path / "t", [["id", "group"], ["0/1", "y"], ["0/0", "x"]])
    assert read_groups(CsvColumn(path, "group"), UNLABELLED).tolist() == ["x", "y"]


def test_a_byte_order_mark_blank_lines_and_signs_are_accepted(tmp_path):
    text = "\ufeffid,fold\r\n\r\nv,+2\r\nu, 1\r\nx,04\r\nw,-3\r\n\r\n"
    (tmp_path / "t").write_text(text, encoding="utf-8", newline="")
    column = CsvColumn(str(tmp_path / "t"), "fold")
    assert read_folds(column, CLIPS).tolist() == [1, 2, -3, 4]
    assert read_groups(column, CLIPS).tolist() == ["1", "+2", "-3", "04"]


def test_blanks_around_a_group_are_removed(tmp_path):
    path = write(tmp_path / "t", [["id", "group"], ["0/1", "Abba "], ["0/0", "Abba"]])
    assert read_groups(CsvColumn(path, "group"), UNLABELLED).tolist() == ["Abba", "Abba"]


def test_the_last_colon_separates_path_and_column():
    assert parse_column("C:/mine/clips.csv:source") == ("C:/mine/clips.csv", "source")
    for text in ("clips.csv", "clips.csv:", ":source", ""):
        with pytest.raises(InputError, match=f"groups: got '{text}', expected CSV:COLUMN, as in"):
            parse_column(text, "groups")


@pytest.mark.parametrize(
    ("content", "clips", "message"),
    [
        (b"", GRID, "t.csv: got an empty file, expected a first line with the column names"),
        (b"\x89HDF\r\n\x1a\n", GRID, "t.csv: got bytes that are not UTF-8, expected a CSV"),
        ("id,fold\n".encode("utf-16"), GRID, "t.csv: got bytes that are not UTF-8"),
        (b"id,fald\n", GRID, "t.csv, column: got 'fold', expected fald"),
        (b',id,"a\nb"\n', GRID, r"t.csv, column: got 'fold', expected one of id, 'a\nb'"),
        (b"id;fold\na/0;1\n", GRID, "t.csv, line 1: got columns separated by semicolons"),
        (b"id,fold,fold\n", GRID, "t.csv, line 1: got the column 'fold' twice, expected unique"),
        (b"id,id,fold\na,b,1\n", GRID, "t.csv, line 1: got the column 'id' twice"),
        (b"id,fold\na/0,1\na/1\n", GRID, "t.csv, line 3: got cells: 1, expected 2, one per column"),
        (b"id,fold\na/0,1,\n", GRID, "t.csv, line 2: got cells: 3, expected 2, one per column"),
        (b'id,fold\n"a\n/0",1\n\na/1,\n', GRID, "line 5, column 'fold': got an empty cell, exp"),
        (b"id,fold\na/0,1\n ,2\n", GRID, "t.csv, line 3, column 'id': got an empty cell, expected"),
        (b"id,fold\na/0,1\na/1,A\n", GRID, "line 3, column 'fold': got 'A', expected an integer"),
        (b"id,fold\na/0,1.0\n", GRID, "line 2, column 'fold': got '1.0', expected an integer"),
        (b"id,fold\na/0,9999999999999999999\n", GRID, "column 'fold': got '9999999999999999999',"),
        (b"label,clip,fold\na,x,1\n", GRID, "column 'clip': got 'x', expected an integer, or ids"),
        (b'id,fold\n"a/0,1\n', GRID, "t.csv, line 2: got unexpected end of data, expected comma"),
        (b"clip,fold\n1,1\n", GRID, "columns: got 'clip', 'fold', expected 'id', or 'label' (or"),
        (b"label,fold\na,1\n", GRID, "t.csv, columns: got 'label', 'fold', expected 'id', or"),
        (b"class,number,fold\n0,0,1\n", UNLABELLED, "got 'class' and 'number' for a feature set w"),
        (b"id,fold\n", GRID, "no row for clip 'a/0' and 3 more, expected one for each of"),
        (
            b"id,fold\na/1,1\na/2,1\n",
            GRID,
            "a row for clip 'a/2', not in the feature set",
        ),
        (b"label,clip,fold\nc,1,1\nc,2,1\n", GRID, "clip 'c/1' and 1 more, not in the feature set"),
        (b"label,clip,fold\na,1,1\na,01,1\n", GRID, "more than one row for clip 'a/1', expected"),
    ],
)
def test_an_invalid_table_raises_a_one_line_message(tmp_path, content, clips, message):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        read_folds(CsvColumn(str(path), "fold"), clips)
    assert message in str(error.value) and "\n" not in str(error.value)


def test_an_unreadable_table_raises(tmp_path):
    for path, message in {
        tmp_path / "none.csv": "none.csv: got no such file, expected a CSV file",
        tmp_path: "got a folder, expected a CSV file",
    }.items():
        with pytest.raises(InputError, match=message):
            read_groups(CsvColumn(str(path), "artist"), GRID)


def test_grouped_replaces_groups_and_folds(tmp_path):
    frames = [np.ones((9, 2))] * 4
    own = {"groups": ["g", "g", "h", "h"], "folds": [1, 1, 2, 2]}
    write_clips(tmp_path / "f", {"Z": frames}, ["a", "b"], [0, 1, 0, 1], **own)
    with open_features(tmp_path / "f") as store:
        features = store["Z"]
    for given_ in ({}, {"groups": [3, 3, 2, 1]}, {"folds": np.array([4, 5, 6, 7], np.uint8)}):
        other = features.grouped(**given_)
        groups, folds = given_.get("groups", own["groups"]), given_.get("folds", own["folds"])
        assert other.clips.groups.tolist() == list(map(str, groups))
        assert other.clips.folds.tolist() == list(folds) and other.clips.folds.dtype == np.int64
        assert other.subset(n_clips=1).clips.groups.tolist() == list(map(str, groups[:2]))
    assert features.clips.groups.tolist() == own["groups"]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"groups": ["g"]}, r"groups: got an array of shape \(1,\), expected shape \(18,\)"),
        ({"folds": [[1, 2, 3, 4]]}, r"folds: got an array of shape \(1, 4\), expected shape"),
        ({"folds": np.ones(18)}, "folds: got values of type float64, expected integers"),
    ],
)
def test_grouped_raises_for_invalid_groups_and_folds(grid_file, columns, message):
    with open_features(grid_file) as store, pytest.raises(InputError, match=message):
        store["Z"].grouped(**columns)


def test_the_table_of_esc10_is_read(esc10):
    path = Path(esc10).with_name("clips.csv")
    if not path.exists():
        pytest.skip(f"there is no table of ESC-10's clips: {path}")
    with open_features(esc10) as store:
        clips = store["Xs"].clips
    groups = read_groups(CsvColumn(str(path), "source"), clips)
    folds = read_folds(CsvColumn(str(path), "fold"), clips)
    assert (len(groups), len(np.unique(groups))) == (400, 304)
    assert np.unique(folds, return_counts=True)[1].tolist() == [80] * 5
    in_order = sorted(zip(groups.tolist(), folds.tolist(), strict=True))
    assert all(a[0] != b[0] or a[1] == b[1] for a, b in pairwise(in_order))


def test_rows_match_clips_in_any_normal_form_and_without_surrounding_blanks(tmp_path):
    clips = Clips(np.array(["Caf\u00e9/0 ", "b/0"]), np.array([1, 0]), ("b", "Caf\u00e9"))
    for header, rows in (
        (["Id", "artist"], [["Cafe\u0301/0", "Abba"], [" b/0 ", "Blur"]]),
        (["LABEL", "Clip", "artist"], [["Cafe\u0301 ", 0, "Abba"], ["b", 0, "Blur"]]),
    ):
        path = write(tmp_path / "t.csv", [header, *rows])
        assert read_groups(CsvColumn(path, "Artist"), clips).tolist() == ["Abba", "Blur"]
