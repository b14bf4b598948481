"""Parts of recordings, and the text of annotation files."""

import pytest
from gpuclf.errors import InputError
from gpuclf.features.importers.annotations.event import Event, lines_of, seconds


@pytest.mark.parametrize("cell", ["1.5", "1,5", " 1.5 ", "15e-1", "+1.50"])
def test_times_have_a_decimal_point_or_comma(cell):
    assert seconds("start", cell) == 1.5


@pytest.mark.parametrize("cell", ["", "soon", "1.234,5", "1:30", "nan", "inf"])
def test_cells_that_are_no_times_raise(cell):
    with pytest.raises(InputError, match=r"start: got .*, expected a time in seconds"):
        seconds("start", cell)


def test_labels_are_in_normal_form_and_have_no_blanks_around():
    assert Event(0, 1, " Cafe\u0301 ").label == "Caf\u00e9"


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "cp1252"])
def test_files_of_unix_and_windows_are_read(tmp_path, coding):
    path = tmp_path / "a.txt"
    path.write_bytes("é\r\n\r\nb\rc\n".encode(coding))
    assert lines_of(path) == [(1, "é"), (3, "b"), (4, "c")]


def test_a_missing_file_raises(tmp_path):
    with pytest.raises(InputError, match=r"a.txt: got no such file, expected an annotation file"):
        lines_of(tmp_path / "a.txt")
