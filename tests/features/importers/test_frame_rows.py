"""Clips of tables with one row per frame; error messages name the line."""

import os

import pytest
from gpuclf.errors import GpuclfError, InputError
from gpuclf.features.importers.csv_frames import CsvFrames
from gpuclf.features.importers.frame_rows import find_clips
from gpuclf.features.importers.pack_content import table_content, write_content
from gpuclf.features.importers.table_columns import ColumnChoice, assign_columns

ROWS = "clip,label,f,g\na,rock,1,2\na,rock,3,4\nb,jazz,5,6\n"


def pack(path, out, choice=None):
    write_content(out, table_content(CsvFrames(path), choice or ColumnChoice(), "features"))


def clips_of(path, choice):
    table = CsvFrames(path)
    return find_clips(table, assign_columns(str(path), table.columns, choice))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "got an empty file"),
        ("clip,label,f\n", "got no row, expected one row per frame"),
        ("clip,label\na,b\n", "got no feature columns, expected numbers in columns other than"),
        ("clip;label;f\na;b;1\n", "line 1: got columns separated by semicolons"),
        ("clip,labels,f\na,b,1\n", "got no column of the label, expected --label-column to name"),
        ("clip,label,f,f\na,b,1,1\n", "got the column 'f' twice"),
        (",clip,label,f\n0,a,b,1\n", "got the column '' among the features"),
        ("clip,label,f,Unnamed: 0\na,b,1,0\n", "got the column 'Unnamed: 0' among the features"),
        ("clip,label,f,Class\na,b,1,0\n", "got the column 'Class' among the features"),
        ("clip,label,f,target\na,b,1,0\n", "got the column 'target' among the features, .*--excl"),
        (ROWS + "a,rock,1,2\n", "line 5, clip: got 'a' again, expected the rows of a clip"),
        (ROWS + "b,rock,1,2\n", "line 5, label: got 'rock', expected 'jazz', as in the prev"),
        (ROWS + "b,jazz,1\n", "line 5: got cells: 3, expected 4"),
        (ROWS + "b,,1,2\n", "line 5, label: got an empty cell"),
        (ROWS + " ,jazz,1,2\n", "line 5, clip: got an empty cell"),
        (ROWS + "b,jazz,,2\n", "line 5, column 'f': got '', expected a finite number"),
        (ROWS + "b,jazz,1,loud\n", "line 5, column 'g': got 'loud', expected a finite"),
        (
            ROWS + "b,jazz,1,nan\n",
            "line 5, column 'g': got 'nan', expected a finite number in the range .* --exclude",
        ),
        (ROWS + "b,jazz,1e39,1\n", "line 5, column 'f': got '1e39', expected .* float32"),
        (ROWS + '\nc,"jazz,1,1\n', "line 6: got unexpected end of data"),
        ("clip,label,fold,f\na,b,1.5,1\n", "line 2, fold: got '1.5', expected an integer"),
        ("clip,label,fold,f\na,b,1,1\na,b,2,1\n", "line 3, fold: got '2', expected '1'"),
        ("clip,label,group,f\na,b,,1\n", "line 2, group: got an empty cell"),
        (
            "clip,label,start,f\na,b,3,1\na,b,0,1\n",
            "line 3, time: got 0 after 3, expected the rows of a clip in temporal order",
        ),
        ('clip,label,e\na,b,"1,2"\na,b,"1,2,3"\n', "line 3: got 3 features, expected 2"),
        ('clip,label,e\na,b,"[1, 2]"\na,b,"[1, x]"\n', "line 3, column 'e': got ' x'"),
    ],
)
def test_invalid_rows_raise_and_the_line_is_named(tmp_path, text, message):
    (tmp_path / "rows.csv").write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        pack(tmp_path / "rows.csv", tmp_path / "f")
    assert str(tmp_path / "rows.csv") in str(caught.value)
    assert os.listdir(tmp_path) == ["rows.csv"]


def test_unreadable_files_raise(tmp_path):
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    for name, message in {"bytes": "not UTF-8", "none": "no such file", ".": "a folder"}.items():
        with pytest.raises(InputError, match=message):
            pack(tmp_path / name, tmp_path / "f")


def test_clips_are_runs_of_rows_with_their_label_group_and_fold(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("fold,f,clip,g,group\n3,1,a,.5,x\n3,2,a,1e2,x\n-1,0,b,7,y\n")
    clips, lengths = clips_of(path, ColumnChoice(labelled=False))
    assert [(clip.id, clip.label, clip.group, clip.fold) for clip in clips] == [
        ("a", None, "x", 3),
        ("b", None, "y", -1),
    ]
    assert lengths == [2, 1]


def test_times_restart_with_each_clip(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("clip,start,f\na,0,1\na,3,1\nb,0,1\nb,0,1\n")
    assert clips_of(path, ColumnChoice(labelled=False))[1] == [2, 2]


def test_a_part_of_a_cell_is_the_clip_or_the_group(tmp_path):
    """As in GTZAN's features_3_sec.csv: ten rows per song, named blues.00000.0.wav and so on."""
    path = tmp_path / "features_3_sec.csv"
    rows = [
        f"blues.{song:05}.{part}.wav,66149,{part}.5,blues" for song in (0, 1) for part in (0, 1)
    ]
    path.write_text("\n".join(["filename,length,chroma_stft_mean,label", *rows]))
    choice = ColumnChoice(
        clip=r"filename:^\w+\.\d+", group=r"filename:(\d+)\.\d\.wav", exclude=("length",)
    )
    clips, lengths = clips_of(path, choice)
    assert [(clip.id, clip.group) for clip in clips] == [
        ("blues.00000", "00000"),
        ("blues.00001", "00001"),
    ]
    assert lengths == [2, 2]
    with pytest.raises(
        InputError, match=r"line 2, clip: got 'blues.*', expected a match of 'rock'"
    ):
        clips_of(path, ColumnChoice(clip="filename:rock"))


def test_each_row_is_a_clip_on_request(tmp_path):
    (tmp_path / "rows.csv").write_text("label,f\nrock,1\nrock,2\n")
    with pytest.raises(InputError, match=r"no column of the clip, expected .*--row-per-clip"):
        clips_of(tmp_path / "rows.csv", ColumnChoice())
    clips, lengths = clips_of(tmp_path / "rows.csv", ColumnChoice(row_per_clip=True))
    assert [clip.id for clip in clips] == ["0", "1"] and lengths == [1, 1]


def test_a_file_that_shrinks_while_it_is_read_raises(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(ROWS)
    content = table_content(CsvFrames(path), ColumnChoice(), "features")
    path.write_text(ROWS.removesuffix("b,jazz,5,6\n"))
    (tmp_path / "f").write_bytes(b"old")
    with pytest.raises(GpuclfError, match="got 0 rows of the last clip, expected 1"):
        write_content(tmp_path / "f", content)
    assert (tmp_path / "f").read_bytes() == b"old"


def test_names_are_in_normal_form_and_column_names_without_blanks_and_case(tmp_path):
    text = "Clip, Label, f\nCafe\u0301, re\u0301, 1\nCaf\u00e9, r\u00e9, 2\n"
    (tmp_path / "t.csv").write_text(text, encoding="utf-8-sig")
    [clip], lengths = clips_of(tmp_path / "t.csv", ColumnChoice())
    assert (clip.id, clip.label, lengths) == ("Caf\u00e9", "r\u00e9", [2])
