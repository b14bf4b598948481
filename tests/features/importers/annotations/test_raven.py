"""Selection tables of Raven."""

import pytest
from gpuclf.errors import InputError
from gpuclf.features.importers.annotations.event import Event
from gpuclf.features.importers.annotations.raven import is_raven, names_recordings, read_raven

HEADER = (
    "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)"
    "\tAvg Power Density (dB FS/Hz)\tAnnotation\n"
)


@pytest.fixture
def table(tmp_path):
    """Function that writes a table and returns its path."""

    def table(text):
        path = tmp_path / "a.Table.1.selections.txt"
        path.write_text(text)
        return path

    return table


def test_a_selection_with_several_views_is_one_event(table):
    path = table(
        HEADER
        + "1\tWaveform 1\t1\t6.709509878\t15.09\t1739.0\t3798.8\t\tbirb\n"
        + "1\tSpectrogram 1\t1\t6.709509878\t15.09\t1739.0\t3798.8\t-75.87\tbirb\n"
        + "2\tWaveform 1\t1\t1.5\t4\t1587.0\t4136.4\t\tdonkey\n"
        + "2\tSpectrogram 1\t1\t1.5\t4\t1587.0\t4136.4\t-75.64\tdonkey\n"
    )
    assert is_raven(path)
    assert read_raven(path) == [Event(6.709509878, 15.09, "birb"), Event(1.5, 4.0, "donkey")]


def test_equal_selections_of_different_numbers_are_kept_apart(table):
    rows = "1\tSpectrogram 1\t1\t1\t2\t0\t9\t\tx\n2\tSpectrogram 1\t2\t1\t2\t0\t9\t\tx\n"
    assert read_raven(table(HEADER + rows)) == 2 * [Event(1.0, 2.0, "x")]


def test_decimal_commas_blank_lines_and_missing_last_cells_are_read(table):
    rows = "\n1\tSpectrogram 1\t1\t0,25\t1,5\t0\t9\n"
    assert read_raven(table(HEADER.replace("\n", "\r\n") + rows)) == [Event(0.25, 1.5, "")]


def test_a_table_without_selections_is_empty(table):
    assert read_raven(table(HEADER)) == []


def test_the_column_of_the_label_is_chosen(table):
    header = HEADER.replace("Annotation", "Type\tCommon Name")
    path = table(header + "1\tSpectrogram 1\t1\t0\t1\t0\t9\t\tcall\tWren\n")
    assert read_raven(path, "Common Name") == [Event(0.0, 1.0, "Wren")]
    assert read_raven(path, "type") == [Event(0.0, 1.0, "call")]
    with pytest.raises(InputError) as raised:
        read_raven(path)
    assert str(raised.value).startswith(f"{path}, column: got 'label', expected one of Selection,")
    assert "Type, Common Name (option --label-column)" in str(raised.value)


def test_a_table_of_several_recordings_names_them_in_its_rows(table):
    path = table(
        "Selection\tView\tBegin Time (s)\tEnd Time (s)\tBegin Path\tFile Offset (s)\tSpecies\n"
        "1\tSpectrogram 1\t3\t6\tC:\\field\\a.wav\t3\twren\n"
        "2\tSpectrogram 1\t603\t606\t/field/b.wav\t3.5\tlark\n"
    )
    assert names_recordings(path)
    assert read_raven(path) == [Event(3, 6, "wren", "a.wav"), Event(3.5, 6.5, "lark", "b.wav")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEADER + "1\tS\t1\t0\tsoon\t\t\t\tx\n", "line 2, column 'End Time .s.': got 'soon'"),
        (HEADER + "1\tS\t1\t\t1\t\t\t\tx\n", "line 2, column 'Begin Time .s.': got an empty cell"),
        (HEADER + "1\tS\t1\t0\t1\t\t\t\tx\ty\n", "line 2: got cells: 10, expected 9, one per col"),
        ("Begin Time (s)\tAnnotation\n1\tx\n", "column: got 'End Time .s.', expected"),
    ],
)
def test_damaged_tables_raise(table, text, message):
    with pytest.raises(InputError, match=message):
        read_raven(table(text))
