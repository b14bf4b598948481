"""The command predict on recordings: table, time line, CSV file and errors."""

import csv

import numpy as np
import pytest
import soundfile

RATE = 8000


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for label, hertz in {"high": 1500, "low": 300}.items():
        (tmp_path / "recordings" / label).mkdir(parents=True)
        for number in range(3):
            time = np.arange(RATE) / RATE
            tone = 0.3 * np.sin(2 * np.pi * hertz * time) + 0.02 * rng.normal(size=RATE)
            soundfile.write(tmp_path / "recordings" / label / f"{number}.wav", tone, RATE)
    return tmp_path / "recordings"


def test_recordings_are_extracted_trained_on_and_predicted(run, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    quick = ("--sr", RATE, "--n-fft", "512", "--hop", "160", "--n-mels", "20", "--workers", "1")
    status, out, err = run("extract", folder, "f.hdf5", *quick)
    assert status == 0 and "Next: gpuclf evaluate f.hdf5" in out, err
    assert run("train", "f.hdf5", "--model", "m.npz", "--backend", "cpu")[0] == 0
    (folder / "low" / "broken.wav").write_bytes(b"RIFF")
    status, out, err = run("predict", "m.npz", folder, "--backend", "cpu")
    assert status == 0
    assert "timeline" in out and "0.0-" in out and "accuracy" not in out
    assert "gpuclf: warning: " in err and "broken.wav cannot be decoded" in err
    paths = sorted((folder / "high").iterdir())
    status, out, _ = run("predict", "m.npz", *paths, "--csv", "out.csv", "--backend", "cpu")
    assert status == 0 and "3 clips predicted" in out
    rows = list(csv.DictReader((tmp_path / "out.csv").read_text("utf-8").splitlines()))
    assert [row["label"] for row in rows] == ["high"] * 3
    assert rows[0]["time line"].endswith("s high") and rows[0]["votes high"] == "4"


def test_the_table_cannot_replace_a_recording_of_a_folder(refused, run, folder, tmp_path):
    quick = ("--sr", RATE, "--n-fft", "512", "--hop", "160", "--n-mels", "20", "--workers", "1")
    assert run("extract", folder, tmp_path / "f", *quick)[0] == 0
    assert run("train", tmp_path / "f", "--model", tmp_path / "m", "--backend", "cpu")[0] == 0
    recording = folder / "low" / "0.wav"
    before = recording.read_bytes()
    err = refused("predict", tmp_path / "m", folder, "--csv", recording)
    assert "0.wav: got the path of an input" in err and recording.read_bytes() == before


def test_a_model_of_other_features_is_an_error(refused, run, folder, grid_file, tmp_path):
    assert run("train", grid_file, "--model", tmp_path / "m.npz", "--backend", "cpu")[0] == 0
    err = refused("predict", tmp_path / "m.npz", folder)
    assert "expected a model trained on a file written by gpuclf extract" in err
