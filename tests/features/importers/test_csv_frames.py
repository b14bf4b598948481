"""CSV files with one row per frame: a column per feature or a column of lists."""

import numpy as np
import pytest
from gpuclf.errors import InputError
from gpuclf.features.importers.csv_frames import CsvFrames


def table(tmp_path, text):
    (tmp_path / "t.csv").write_text(text)
    return CsvFrames(tmp_path / "t.csv")


def contents(found):
    return [(column.content, column.width) for column in found.columns]


@pytest.mark.parametrize(
    ("cell", "content"),
    [
        ("1", ("number", 1)),
        ("-2.5e-3", ("number", 1)),
        ("nan", ("number", 1)),
        ("", ("number", 1)),
        ("loud", ("text", 0)),
        ("00:01:02.50", ("text", 0)),
        ('"1,2,3"', ("list", 3)),
        ('"[0.5, 1e3]"', ("list", 2)),
        ('"a,b"', ("text", 0)),
    ],
)
def test_the_first_row_determines_the_content_of_a_column(tmp_path, cell, content):
    assert contents(table(tmp_path, f"x,y\n{cell},1\n"))[0] == content


def test_cells_have_the_line_of_their_row_and_blank_lines_are_ignored(tmp_path):
    found = table(tmp_path, 'a,b\n\n1,"x\ny"\n2,z\n')
    assert [(row.number, row.texts) for row in found.cells([1])] == [(4, ["x\ny"]), (5, ["z"])]


def test_numbers_and_lists_are_features_side_by_side(tmp_path):
    found = table(tmp_path, 'e,a,b\n"1,2",x,3\n"4,5",y,6\n')
    (block,) = found.frames([0, 2])
    assert block.dtype == np.float32 and block.tolist() == [[1, 2, 3], [4, 5, 6]]


def test_the_size_of_blocks_does_not_change_the_frames(tmp_path, monkeypatch):
    found = table(tmp_path, "a\n" + "".join(f"{number}\n" for number in range(9)))
    (whole,) = found.frames([0])
    monkeypatch.setattr("gpuclf.features.importers.csv_frames.BLOCK_BYTES", 2 * 32)
    blocks = list(found.frames([0]))
    assert [len(block) for block in blocks] == [2, 2, 2, 2, 1]
    assert np.array_equal(np.concatenate(blocks), whole)


def test_a_file_without_rows_raises(tmp_path):
    with pytest.raises(InputError, match="got no row"):
        table(tmp_path, "clip,label,a\n")
