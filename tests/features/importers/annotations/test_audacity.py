"""Label files of Audacity."""

import pytest
from gpuclf.errors import InputError
from gpuclf.features.importers.annotations.audacity import read_audacity
from gpuclf.features.importers.annotations.event import Event


def read(tmp_path, text, label=None):
    (tmp_path / "a.txt").write_text(text)
    return read_audacity(tmp_path / "a.txt", label)


def test_regions_points_and_frequencies_are_read(tmp_path):
    text = "2.150000\t2.150000\tpoint\n\\\t800.0\t900.0\n3.4\t6.1\ta region, long\n7\t8\n"
    assert read(tmp_path, text) == [
        *(Event(2.15, 2.15, "point"), Event(3.4, 6.1, "a region, long"), Event(7, 8, ""))
    ]


def test_decimal_commas_are_read(tmp_path):
    assert read(tmp_path, "0,5\t1,25\tx\n") == [Event(0.5, 1.25, "x")]


def test_an_empty_file_has_no_labels(tmp_path):
    assert read(tmp_path, "\n") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0\t1\tx\nnotes on the site\n", "a.txt, line 2: got 'notes on the site', expected start"),
        ("0\tlater\tx\n", "a.txt, line 1: got 'later', expected a time in seconds"),
    ],
)
def test_other_text_raises(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, text)


def test_a_label_column_is_refused(tmp_path):
    with pytest.raises(InputError, match="got 'Species', expected no name: labels of Audacity"):
        read(tmp_path, "0\t1\tx\n", "Species")
