"""Files of regions are read as their programs read them, and complete or not there."""

import csv
import sys
from pathlib import Path

import numpy as np
import pytest
from gpuclf.errors import InputError, OutputError
from gpuclf.model.region_files import RegionOutput
from gpuclf.model.window_predictions import WindowPredictions

LABELS = ("wren", "house\tmartin", "crow, grey")


def predictions_of(recording="in/a.wav", name="a.wav"):
    return WindowPredictions(
        recording=recording,
        name=Path(name),
        labels=LABELS,
        times=np.array([[0, 3], [1.5, 4.5], [3, 5.25]]),
        predicted=np.array([0, 1, 2]),
        votes=np.array([[3, 0, 0], [0, 3, 0], [1, 0, 2]]),
        band=(100, 11_025),
    )


def write(path, *predictions, format=None):
    with RegionOutput(path, format).opened(LABELS) as write:
        for each in predictions:
            write(each, each.regions())
    return path


def test_raven_table_has_one_selection_per_region(tmp_path):
    path = write(tmp_path / "a.txt", predictions_of())
    rows = list(csv.DictReader(path.read_text("utf-8").splitlines(), delimiter="\t"))
    assert list(rows[0]) == [
        *("Selection", "View", "Channel", "Begin Time (s)", "End Time (s)"),
        *("Low Freq (Hz)", "High Freq (Hz)", "label", "score"),
    ]
    assert [row["Selection"] for row in rows] == ["1", "2", "3"]
    assert [(float(row["Begin Time (s)"]), float(row["End Time (s)"])) for row in rows] == [
        (0, 3),
        (1.5, 4.5),
        (3, 5.25),
    ]
    assert rows[0]["Low Freq (Hz)"] == "100" and rows[0]["High Freq (Hz)"] == "11025"
    assert [row["label"] for row in rows] == ["wren", "house?martin", "crow, grey"]
    assert rows[2]["score"] == "0.6667"


def test_audacity_labels_are_start_end_and_label(tmp_path):
    path = write(tmp_path / "a.txt", predictions_of(), format="audacity")
    cells = [line.split("\t") for line in path.read_text("utf-8").splitlines()]
    assert [(float(start), float(end), label) for start, end, label in cells] == [
        (0, 3, "wren"),
        (1.5, 4.5, "house?martin"),
        (3, 5.25, "crow, grey"),
    ]


def as_csv(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def as_parquet(path):
    from pyarrow.parquet import read_table

    return read_table(path).to_pylist()


@pytest.mark.parametrize(("name", "read"), [("all.csv", as_csv), ("all.parquet", as_parquet)])
def test_table_has_the_regions_of_all_recordings_with_the_scores_of_all_classes(
    tmp_path, name, read
):
    rows = read(write(tmp_path / name, predictions_of(), predictions_of("in/b.wav", "b.wav")))
    assert [row["recording"] for row in rows] == ["in/a.wav"] * 3 + ["in/b.wav"] * 3
    assert [row["label"] for row in rows[:3]] == list(LABELS)
    times = [(float(row["start"]), float(row["end"])) for row in rows[:3]]
    assert times == [(0, 3), (1.5, 4.5), (3, 5.25)]
    assert [float(row["score"]) for row in rows[:3]] == [1, 1, 2 / 3]
    shares = [float(rows[2][f"vote_share_{label}"]) for label in LABELS]
    assert shares == [1 / 3, 0, 2 / 3]


def test_file_without_regions_has_its_columns_only(tmp_path):
    predictions = predictions_of()
    predictions.predicted[:] = -1
    assert write(tmp_path / "a.txt", predictions).read_text("utf-8").count("\n") == 1
    assert write(tmp_path / "a.csv", predictions).read_text("utf-8").count("\n") == 1
    assert as_parquet(write(tmp_path / "a.parquet", predictions)) == []
    assert write(tmp_path / "b.txt", predictions, format="audacity").read_bytes() == b""


def test_folder_has_a_file_per_recording_named_as_it(tmp_path):
    write(tmp_path / "out", predictions_of(), predictions_of("in/x/a.wav", "x/a.wav"))
    files = sorted(path.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*.txt"))
    assert [path.as_posix() for path in files] == ["a.wav.txt", "x/a.wav.txt"]


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.parquet"])
def test_interrupted_output_is_not_there_and_keeps_an_older_one(tmp_path, name):
    for content in (None, b"older"):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(KeyboardInterrupt), RegionOutput(tmp_path / name).opened(LABELS) as one:
            one(predictions_of(), predictions_of().regions())
            raise KeyboardInterrupt
        kept = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        assert kept == ({} if content is None else {name: content})


@pytest.mark.parametrize(
    ("name", "format", "expected"),
    [
        ("a.txt", None, ("raven", False)),
        ("a.TXT", "audacity", ("audacity", False)),
        ("a.tsv", "raven", ("raven", False)),
        ("out", None, ("raven", True)),
        ("out", "audacity", ("audacity", True)),
        ("out", "csv", ("csv", False)),
        ("a.parquet", None, ("parquet", False)),
    ],
)
def test_format_follows_from_the_suffix_unless_it_is_given(name, format, expected):
    output = RegionOutput(name, format)
    assert (output.format, output.is_folder) == expected


@pytest.mark.parametrize(
    ("name", "format", "message"),
    [
        ("a.xlsx", None, r"a\.xlsx: got '\.xlsx', expected \.txt, \.csv, \.parquet, or --format"),
        ("a.txt", "praat", "format: got 'praat', expected one of raven, audacity, csv, parquet"),
    ],
)
def test_unknown_format_raises(name, format, message):
    with pytest.raises(InputError, match=message):
        RegionOutput(name, format)


def test_missing_pyarrow_raises_with_the_install_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"no module pyarrow, expected .*'gpuclf\[parquet\]'"):
        RegionOutput("a.parquet")


def recordings(folder, *names):
    found = {}
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        found[path] = Path(name)
    return found


def test_one_file_of_a_format_of_one_recording_is_refused_for_several(tmp_path):
    found = recordings(tmp_path, "a.wav", "b.wav")
    RegionOutput(tmp_path / "all.csv").check(found)
    RegionOutput(tmp_path / "out").check(found)
    with pytest.raises(OutputError, match="got one file for 2 recordings, expected a folder"):
        RegionOutput(tmp_path / "all.txt").check(found)


def test_output_that_would_replace_an_input_is_refused(tmp_path):
    found = recordings(tmp_path, "a.csv")
    with pytest.raises(OutputError, match=r"a\.csv: got the path of an input"):
        RegionOutput(tmp_path / "a.csv").check(found)
    (tmp_path / "m.npz").touch()
    with pytest.raises(OutputError, match=r"m\.npz: got the path of an input"):
        RegionOutput(tmp_path / "m.npz", "csv").check(found, tmp_path / "m.npz")


def test_folder_that_is_a_file_or_whose_files_would_collide_is_refused(tmp_path):
    found = recordings(tmp_path, "x/a.wav")
    (tmp_path / "out").touch()
    with pytest.raises(OutputError, match="out: got a file, expected a folder"):
        RegionOutput(tmp_path / "out").check(found)
    twice = {tmp_path / "x" / "a.wav": Path("a.wav"), tmp_path / "y" / "a.wav": Path("a.wav")}
    with pytest.raises(OutputError, match="got the path of another output"):
        RegionOutput(tmp_path / "labels").check(twice)
