"""CSV files with one row per frame; error messages name the line."""

import os

import numpy as np
import pytest
from gpuclf.errors import GpuclfError, InputError
from gpuclf.features.importers.csv_table import read_rows
from gpuclf.features.importers.frame_rows import find_clips, find_columns, read_frames
from gpuclf.features.importers.pack import pack_rows

ROWS = "clip,label,f,g\na,rock,1,2\na,rock,3,4\nb,jazz,5,6\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "got an empty file"),
        ("clip,label,f\n", "got no row, expected one row per frame"),
        ("clip,label\na,b\n", "line 1: got no feature columns, expected one"),
        ("clip;label;f\na;b;1\n", "line 1: got columns separated by semicolons"),
        ("clip,labels,f\na,b,1\n", "column: got 'label', expected labels"),
        ("clip,label,f,f\na,b,1,1\n", "line 1: got the column 'f' twice"),
        (",clip,label,f\n0,a,b,1\n", "line 1: got the column '' among the features"),
        ("clip,label,f,Unnamed: 0\na,b,1,0\n", "got the column 'Unnamed: 0' among the features"),
        ("clip,label,f,Class\na,b,1,0\n", "got the column 'Class' among the features"),
        (ROWS + "a,rock,1,2\n", "line 5, clip: got 'a' again, expected the rows of a clip"),
        (ROWS + "b,rock,1,2\n", "line 5, label: got 'rock', expected 'jazz', as in the prev"),
        (ROWS + "b,jazz,1\n", "line 5: got cells: 3, expected 4"),
        (ROWS + "b,,1,2\n", "line 5, label: got an empty cell"),
        (ROWS + " ,jazz,1,2\n", "line 5, clip: got an empty cell"),
        (ROWS + "b,jazz,,2\n", "line 5, column 'f': got '', expected a finite number"),
        (ROWS + "b,jazz,1,loud\n", "line 5, column 'g': got 'loud', expected a finite"),
        (
            ROWS + "b,jazz,1,nan\n",
            "line 5, column 'g': got 'nan', expected a finite number in the range .* are features",
        ),
        (ROWS + "b,jazz,1e39,1\n", "line 5, column 'f': got '1e39', expected .* float32"),
        (ROWS + '\nc,"jazz,1,1\n', "line 6: got unexpected end of data"),
        ("clip,label,fold,f\na,b,1.5,1\n", "line 2, fold: got '1.5', expected an integer"),
        ("clip,label,fold,f\na,b,1,1\na,b,2,1\n", "line 3, fold: got '2', expected '1'"),
        ("clip,label,group,f\na,b,,1\n", "line 2, group: got an empty cell"),
    ],
)
def test_invalid_rows_raise_and_the_line_is_named(tmp_path, text, message):
    (tmp_path / "rows.csv").write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        pack_rows(tmp_path / "rows.csv", tmp_path / "f")
    assert str(tmp_path / "rows.csv") in str(caught.value)
    assert os.listdir(tmp_path) == ["rows.csv"]


def test_unreadable_files_raise(tmp_path):
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    for name, message in {"bytes": "not UTF-8", "none": "no such file", ".": "a folder"}.items():
        with pytest.raises(InputError, match=message):
            pack_rows(tmp_path / name, tmp_path / "f")


def test_columns_clips_and_frames_are_read(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("fold,f,clip,g,group\n3,1,a,.5,x\n3,2,a,1e2,x\n-1,0,b,7,y\n")
    (_, header), *rows = read_rows(path)
    roles, features = find_columns("line 1", header, "clip", None)
    assert (roles, features) == ({"clip": 2, "group": 4, "fold": 0}, [1, 3])
    clips, lengths = find_clips(path, rows, roles)
    assert [(clip.id, clip.label, clip.group, clip.fold) for clip in clips] == [
        ("a", None, "x", 3),
        ("b", None, "y", -1),
    ]
    assert lengths == [2, 1]
    frames = read_frames(path, rows[:2], header, features)
    assert frames.dtype == np.float32 and frames.tolist() == [[1, 0.5], [2, 100]]
    assert read_frames(path, [], header, features).shape == (0, 2)


def test_a_file_that_shrinks_while_it_is_read_raises(tmp_path, monkeypatch):
    path = tmp_path / "rows.csv"
    path.write_text(ROWS)
    monkeypatch.setattr(
        "gpuclf.features.importers.pack.find_columns",
        lambda *a: (path.write_text(ROWS[:-10]), ({"clip": 0, "label": 1}, [2, 3]))[1],
    )
    size = (tmp_path / "f").write_bytes(b"old")
    with pytest.raises(GpuclfError):
        pack_rows(path, tmp_path / "f")
    assert len((tmp_path / "f").read_bytes()) == size


def test_names_are_in_normal_form_and_column_names_without_blanks_and_case(tmp_path):
    text = "Clip, Label, f\nCafe\u0301, re\u0301, 1\nCaf\u00e9, r\u00e9, 2\n"
    (tmp_path / "t.csv").write_text(text, encoding="utf-8-sig")
    _, *rows = read_rows(tmp_path / "t.csv")
    roles, features = find_columns("line 1", ["Clip", "Label", "f"], "clip", "label")
    assert (roles, features) == ({"clip": 0, "label": 1}, [2])
    [clip], lengths = find_clips(tmp_path / "t.csv", rows, roles)
    assert (clip.id, clip.label, lengths) == ("Caf\u00e9", "r\u00e9", [2])
