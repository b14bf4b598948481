"""The command predict: training clips, and recordings with time line, CSV file and errors."""

import csv
import json

import numpy as np
import pytest
import soundfile
from gpuclf.features.writer import write_clips, write_grid

from conftest import grid_frames

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


LABELS = ["blues", "jazz", "rock"]


@pytest.fixture
def model(run, grid_file, tmp_path):
    """A model trained on all clips of the grid file."""
    status, out, err = run("train", grid_file, "--model", tmp_path / "m.npz", "--C", "3")
    assert status == 0 and "trained on all 18 clips" in out, err
    return tmp_path / "m.npz"


def test_training_clips_alone_are_not_scored(run, model, grid_file):
    status, out, _ = run("predict", model, grid_file)
    assert status == 0 and out.startswith("used for training: 18 of 18 clips (not scored)\n")
    assert "accuracy on clips" not in out
    assert f"for an honest estimate: gpuclf evaluate {grid_file}" in out.splitlines()[-1]
    assert out.splitlines()[-1].endswith(f"{grid_file} --C 3")


def test_new_clips_alone_are_scored(run, model, tmp_path):
    frames = np.concatenate([grid_frames(), grid_frames(seed=0, n_clips=8)[:, 6:]], axis=1)
    write_grid(tmp_path / "more", {"Z": frames}, LABELS)
    status, out, _ = run("predict", model, tmp_path / "more", "--csv", tmp_path / "p.csv")
    assert status == 0 and out.startswith("used for training: 18 of 24 clips (not scored)\n")
    rows = list(csv.DictReader((tmp_path / "p.csv").read_text("utf-8").splitlines()))
    assert [row["in_training"] for row in rows] == (["yes"] * 6 + ["no"] * 2) * 3
    new = [row["label"] == row["true"] for row in rows if row["in_training"] == "no"]
    assert f"accuracy on clips: {100 * np.mean(new):.1f} % (6 clips;" in out


def test_other_clips_at_the_same_positions_are_scored(run, model, tmp_path):
    write_grid(tmp_path / "other", {"Z": grid_frames(seed=1)}, LABELS)
    status, out, _ = run("predict", model, tmp_path / "other")
    assert status == 0 and "used for training: 0 of 18 clips\n" in out
    assert "same id" not in out and "% (18 clips;" in out


def test_other_clips_with_the_same_ids_are_scored_and_named(run, tmp_path):
    for name, seed in (("train", 0), ("other", 1)):
        clips = list(grid_frames(seed=seed).reshape(18, 40, 8))
        ids = [f"{number}.wav" for number in range(18)]
        write_clips(tmp_path / name, {"Z": clips}, LABELS, np.arange(18) // 6, ids=ids)
    assert run("train", tmp_path / "train", "--model", tmp_path / "m", "--backend", "cpu")[0] == 0
    status, out, _ = run("predict", tmp_path / "m", tmp_path / "other")
    assert status == 0 and "% (18 clips;" in out
    assert "same id as a training clip, other feature vectors: 18 clips: other clips, or" in out


def test_training_clips_of_an_older_model_are_unknown(run, model, grid_file):
    with np.load(model) as archive:
        arrays = {name: archive[name] for name in archive if not name.startswith("training.")}
    header = json.loads(arrays["header"].item()) | {"protocol": 1}
    np.savez(model, **(arrays | {"header": np.array(json.dumps(header))}))
    status, out, _ = run("predict", model, grid_file)
    assert status == 0 and out.startswith("training clips unknown: ")
    assert "accuracy on clips" in out


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
    assert [row["in_training"] for row in rows] == ["yes"] * 3
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
