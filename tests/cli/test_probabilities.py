"""Probabilities and rejection on the command line: evaluate, train and predict."""

import csv
import json

import pytest
from gpuclf.features.writer import write_grid

from conftest import grid_frames

LABELS = ["blues", "jazz", "rock"]


@pytest.fixture
def files(tmp_path):
    """Feature files of 60 training clips and of other clips of the same classes."""
    frames = grid_frames(n_clips=30)
    write_grid(tmp_path / "train.hdf5", {"Z": frames[:, :20]}, LABELS)
    write_grid(tmp_path / "new.hdf5", {"Z": frames[:, 20:]}, LABELS)
    return tmp_path / "train.hdf5", tmp_path / "new.hdf5"


def test_evaluate_states_the_quality_of_probabilities_and_of_the_rejection(run, files, tmp_path):
    options = ("--folds", 3, "--repeats", 1, "--split", "stratified-kfold")
    status, out, err = run(
        *("evaluate", files[0], *options, "--target-precision", 0.6),
        *("--json", tmp_path / "r.json", "--report", tmp_path / "r.html"),
    )
    assert status == 0, err
    record = json.loads((tmp_path / "r.json").read_text("utf-8"))
    probabilities = record["probabilities"]
    assert f"{probabilities['log_loss']:.3f} of probabilities" in " ".join(out.split())
    assert "rejection for precision 60.0 %" in out
    assert record["metrics"]["clips"]["log_loss"]["mean"] == pytest.approx(
        probabilities["log_loss"]
    )
    rejection = probabilities["rejection"]
    assert rejection["target_precision"] == record["experiment"]["target_precision"] == 0.6
    assert record["experiment"]["probability"] is True
    assert "log loss of probabilities" in (tmp_path / "r.html").read_text("utf-8")


def test_probabilities_are_off_by_default(run, files, tmp_path):
    options = ("--folds", 3, "--repeats", 1, "--split", "stratified-kfold")
    status, out, _ = run("evaluate", files[0], *options, "--json", tmp_path / "r.json")
    assert status == 0 and "log loss" not in out
    record = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert record["probabilities"] is None and "log_loss" not in record["metrics"]["clips"]


def test_clips_below_the_threshold_of_the_model_are_unknown(run, files, tmp_path):
    training, new = files
    model, table = tmp_path / "m.npz", tmp_path / "p.csv"
    status, out, err = run("train", training, "--model", model, "--target-precision", 0.75)
    assert status == 0 and "threshold of predict --reject: probability" in out, err
    threshold = float(out.split("probability ")[1].split()[0])

    def predicted(*options):
        status, out, err = run("predict", model, new, "--csv", table, *options)
        assert status == 0, err
        with table.open(encoding="utf-8") as file:
            return out, list(csv.DictReader(file))

    _, plain = predicted()
    out, rows = predicted("--reject")
    rejected = [row["label"] == "unknown" for row in rows]
    assert 0 < sum(rejected) < len(rows)
    assert f"rejected: {sum(rejected)} of 30 clips, labelled 'unknown'" in out
    assert "precision on accepted clips: " in out
    for row, before, out_of in zip(rows, plain, rejected, strict=True):
        assert before["label"] != "unknown"
        assert out_of or row["label"] == before["label"]
        assert abs(float(row["probability"]) - threshold) < 1e-3 or out_of == (
            float(row["probability"]) < threshold
        )


def test_terminal_table_has_the_probability_and_the_rejection(run, files, tmp_path):
    model = tmp_path / "m.npz"
    assert run("train", files[0], "--model", model, "--target-precision", 0.75)[0] == 0
    status, out, _ = run("predict", model, files[1], "--reject")
    assert status == 0 and "probability" in out and "unknown" in out


def test_rejection_requires_a_model_with_a_threshold(run, files, tmp_path):
    model = tmp_path / "m.npz"
    assert run("train", files[0], "--model", model, "--probability")[0] == 0
    status, _, err = run("predict", model, files[1], "--reject")
    assert status == 2
    assert "reject: got a model without a threshold, expected a model trained with" in err
    assert "gpuclf train --target-precision 0.95" in err


@pytest.mark.parametrize("value", ["1", "0", "95"])
def test_target_precision_is_checked(run, files, tmp_path, value):
    status, _, err = run(
        "train", files[0], "--model", tmp_path / "m.npz", "--target-precision", value
    )
    assert status == 2 and "target_precision: got" in err
