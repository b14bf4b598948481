"""Labels of clips from a CSV file with one row per clip."""

from pathlib import Path

import pytest
from gpuclf.errors import InputError
from gpuclf.features.importers.clip_files import ClipFile
from gpuclf.features.importers.label_table import label_clips
from gpuclf.features.importers.pack_content import PackContent
from gpuclf.features.importers.table_columns import ColumnChoice


def labelled(tmp_path, text, ids, named=True, **choice):
    (tmp_path / "l.csv").write_text(text)
    clips = [ClipFile(Path("x"), name, group="old") for name in ids]
    content = PackContent(clips, [], {}, 0, named=named)
    return label_clips(content, str(tmp_path / "l.csv"), ColumnChoice(**choice))


def labels(content):
    return [(clip.id, clip.label) for clip in content.clips]


def test_rows_are_matched_by_name_in_any_order(tmp_path):
    found = labelled(tmp_path, "file,genre,fold\nb,rock,2\na,jazz,1\nc,pop,3\n", ["a", "b"])
    assert labels(found) == [("a", "jazz"), ("b", "rock")]
    assert [(clip.fold, clip.group) for clip in found.clips] == [(1, "old"), (2, "old")]
    assert found.summary[-1] == f"not used: 1 rows of {tmp_path / 'l.csv'}"


def test_rows_are_matched_by_file_name_where_folders_differ(tmp_path):
    found = labelled(tmp_path, "path,label\nx/b.wav,s\na.wav,r\n", ["/data/a.wav", r"C:\d\b.wav"])
    assert [clip.label for clip in found.clips] == ["r", "s"]


def test_rows_are_in_order_if_either_side_names_no_clips(tmp_path):
    found = labelled(tmp_path, "label,group\nr,g\ns,h\n", ["a", "b"])
    assert labels(found) == [("a", "r"), ("b", "s")]
    assert [clip.group for clip in found.clips] == ["g", "h"]
    found = labelled(tmp_path, "file,label\nu,r\nv,s\n", ["0", "1"], named=False)
    assert labels(found) == [("u", "r"), ("v", "s")]


def test_columns_are_named_and_parts_of_cells_used(tmp_path):
    text = "track,kind\n7_a,rock\n8_b,jazz\n"
    found = labelled(tmp_path, text, ["a", "b"], clip=r"track:\d_(.)", label="kind", group="track")
    assert labels(found) == [("a", "rock"), ("b", "jazz")]


def test_the_column_of_the_clip_may_be_that_of_the_source(tmp_path):
    found = labelled(tmp_path, "file,label\nb,s\na,r\n", ["a", "b"], clip="track")
    assert labels(found) == [("a", "r"), ("b", "s")]
    with pytest.raises(InputError, match=r"'track', expected .*--clip-column"):
        labelled(tmp_path, "file,label\nb,s\na,r\n", ["0", "1"], named=False, clip="track")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,label\na,r\n", "got no row for clip 'b', expected one for each clip, as for 'a'"),
        ("file,label\na,r\na,s\n", "got clip 'a' twice, expected one row per clip"),
        ("file,label\na,\nb,s\n", "line 2, label: got an empty cell"),
        ("file,label,fold\na,r,x\nb,s,1\n", "line 2, fold: got 'x', expected an integer"),
        ("label\nr\n", "got 1 rows, expected 2, one per clip"),
        ("label\n", "got 0 rows, expected 2"),
        ("file,kind\na,r\nb,s\n", "no column of the label, expected --label-column to name one"),
        ("file,label,label\na,r,r\nb,s,s\n", "the column 'label' twice"),
        ("", "an empty file"),
    ],
)
def test_invalid_labels_raise(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        labelled(tmp_path, text, ["a", "b"])
