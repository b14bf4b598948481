"""The command predict with --window: outputs, messages, and options that have no effect."""

import csv

import numpy as np
import pytest
from gpuclf.cli import window_options
from gpuclf.model import region_files
from gpuclf.workflows.predict_windows import WindowPredictor

from recordings import tones, write

RATE = 8000
NOTES = {"high": 1500, "low": 300}


@pytest.fixture
def model(run, tmp_path):
    """A model of two notes."""
    folder = tmp_path / "training"
    for label, hertz in NOTES.items():
        for seed in range(3):
            write(folder / label / f"{seed}.wav", tones([hertz], 1, RATE, seed), RATE)
    quick = ("--sr", RATE, "--n-fft", "512", "--hop", "160", "--n-mels", "20", "--workers", "1")
    assert run("extract", folder, tmp_path / "f.hdf5", *quick)[0] == 0
    arguments = ("--model", tmp_path / "m.npz", "--backend", "cpu")
    assert run("train", tmp_path / "f.hdf5", *arguments)[0] == 0
    return tmp_path / "m.npz"


@pytest.fixture
def night(tmp_path):
    """A recording of high, low, silence and low."""
    high, low = (tones([hertz], 3, RATE, seed=9) for hertz in NOTES.values())
    sound = np.concatenate([high, low, np.zeros(2 * RATE), low])
    return write(tmp_path / "field" / "night.wav", sound, RATE)


@pytest.fixture
def label(run, model):
    """Function that labels windows of a second and returns standard output."""

    def label(*arguments):
        status, out, err = run("predict", model, *arguments, "--window", "1", "--backend", "cpu")
        assert status == 0, err
        return out

    return label


def cells(path):
    return [line.split("\t") for line in path.read_text("utf-8").splitlines()]


def test_regions_are_printed_without_an_output(label, night):
    out = label(night, "--hop", "1", "--merge")
    rows = [line.split()[1:] for line in out.splitlines() if "night.wav" in line]
    assert rows == [
        ["0.00", "3.00", "high", "100.0", "%"],
        ["3.00", "6.00", "low", "100.0", "%"],
        ["8.00", "11.00", "low", "100.0", "%"],
    ]
    assert "windows" in out and "11 of 1 recording" in out
    assert "3 regions: low 2, high 1" in out
    assert "the window is silent" in out and "2 windows" in out


def test_long_output_is_printed_in_part(label, night):
    out = label(night, "--hop", "0.1")
    assert out.count("night.wav") == 40 and "which --out writes" in out


def test_raven_table_is_written_by_suffix(label, night, tmp_path):
    out = label(night, "--hop", "1", "--merge", "--out", tmp_path / "n.txt")
    header, *rows = cells(tmp_path / "n.txt")
    assert header[0] == "Selection" and [row[7] for row in rows] == ["high", "low", "low"]
    assert "n.txt" in out and "night.wav" not in out


def test_format_is_chosen(label, night, tmp_path):
    label(night, "--hop", "1", "--merge", "--out", tmp_path / "n.txt", "--format", "audacity")
    assert [row[2] for row in cells(tmp_path / "n.txt")] == ["high", "low", "low"]


def test_folder_receives_a_file_for_each_recording(label, night, tmp_path):
    write(night.parent / "sub" / "day.wav", tones([300], 2, RATE), RATE)
    label(night.parent, "--out", tmp_path / "labels")
    found = sorted(path.relative_to(tmp_path / "labels") for path in tmp_path.rglob("*.wav.txt"))
    assert [path.as_posix() for path in found] == ["night.wav.txt", "sub/day.wav.txt"]


def test_table_of_windows_has_the_scores_of_all_classes(label, night, tmp_path):
    label(night, "--hop", "1", "--min-score", "0.9", "--out", tmp_path / "n.csv")
    rows = list(csv.DictReader((tmp_path / "n.csv").read_text("utf-8").splitlines()))
    assert [float(row["start"]) for row in rows] == [0, 1, 2, 3, 4, 5, 8, 9, 10]
    assert all(float(row[f"vote_share_{row['label']}"]) >= 0.9 for row in rows)
    assert {row["recording"] for row in rows} == {str(night)}


def test_interrupted_command_leaves_no_output(run, model, night, tmp_path, monkeypatch):
    write(night.parent / "day.wav", tones([300], 2, RATE), RATE)
    predictions = WindowPredictor.predictions

    def interrupted(predictor, progress=None):
        yield next(predictions(predictor, progress))
        raise KeyboardInterrupt

    monkeypatch.setattr(WindowPredictor, "predictions", interrupted)
    before = sorted(tmp_path.iterdir())
    out = tmp_path / "n.csv"
    status, _, err = run("predict", model, night.parent, "--window", "1", "--out", out)
    assert status == 130 and "Traceback" not in err
    assert sorted(tmp_path.iterdir()) == before


def test_skipped_and_damaged_recordings_are_reported(run, model, night, tmp_path):
    (night.parent / "bad.wav").write_bytes(b"RIFF")
    content = night.read_bytes()
    night.write_bytes(content[: len(content) // 2])
    status, _, err = run("predict", model, night.parent, "--window", "1", "--backend", "cpu")
    assert status == 0
    assert "skipped: " in err and "bad.wav cannot be decoded" in err
    assert "night.wav is truncated: 5.50 of 11.00 s" in err


@pytest.mark.parametrize(
    "arguments",
    [("--hop", "1"), ("--merge",), ("--min-score", "0.5"), ("--out", "n.txt"), ("--format", "csv")],
)
def test_options_of_windows_need_a_window(refused, model, night, arguments):
    err = refused("predict", model, night, *arguments)
    assert f"{arguments[0]}: got no effect without --window, expected --window SECONDS" in err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [(("--csv", "n.csv"), "--out"), (("--no-cache",), "no --cache or"), (("--memory", "1G"), "no")],
)
def test_options_of_clips_have_no_effect_on_windows(refused, model, night, arguments, expected):
    err = refused("predict", model, night, "--window", "1", *arguments)
    assert f"got no effect with --window, expected {expected}" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--window", "0"), "window: got 0.0, expected at least 0.001 seconds"),
        (("--window", "1", "--hop", "0"), "hop: got 0.0, expected at least 0.001 seconds"),
        (("--window", "1", "--min-score", "2"), "min_score: got 2.0, expected 0 to 1"),
        (("--window", "1", "--format", "csv"), "--format: got no --out"),
        (("--window", "1", "--out", "n.mp4"), "n.mp4: got '.mp4', expected .txt, .csv"),
        (("--window", "1", "--out", "no/such/n.csv"), "got a folder that does not exist"),
    ],
)
def test_wrong_values_are_one_line(refused, model, night, arguments, message):
    assert message in refused("predict", model, night, *arguments)


def test_formats_are_those_that_can_be_written():
    assert window_options.FORMATS == region_files.FORMATS
