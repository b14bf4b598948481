"""A sweep scores all values, and a baseline with the same values, over the same splits."""

import csv
import json
from dataclasses import replace

import gpuclf
import numpy as np
import pytest
from gpuclf.config.experiment import Experiment
from gpuclf.config.search_grid import parse_axis
from gpuclf.errors import FeatureFileError, InputError
from gpuclf.metrics.intervals import paired_test

from conftest import grid_frames

QUICK = {"split": "stratified-kfold", "folds": 3, "repeats": 2, "solver": "library"}


@pytest.fixture
def experiment(tmp_path):
    """Experiment with an informative feature set and a set of noise."""
    path = tmp_path / "two.hdf5"
    rng = np.random.default_rng(1)
    sets = {"Z": grid_frames(), "noise": np.abs(rng.normal(size=(3, 6, 20, 2, 4)))}
    gpuclf.write_grid(path, sets, ["a", "b", "c"])
    return Experiment(file=str(path), **QUICK)


def sweep(experiment, name, text, **options):
    return gpuclf.sweep(experiment, name, parse_axis(name, text), backend="cpu", **options)


def test_scores_of_values_and_baseline_equal_those_of_evaluate(experiment):
    swept = sweep(experiment, "C", "0.001,1", baseline="noise")
    for C, result, other in zip((0.001, 1), swept.results, swept.baselines, strict=True):
        for one, dataset in ((result, "Z"), (other, "noise")):
            alone = gpuclf.evaluate(replace(experiment, C=C, dataset=dataset), backend="cpu")
            np.testing.assert_array_equal(one.scores, alone.scores)
        assert result.splits == other.splits


def test_gains_are_tested_over_paired_folds(experiment):
    swept = sweep(experiment, "n_vectors", "1,3", baseline="noise")
    for row, result, other in zip(swept.rows(), swept.results, swept.baselines, strict=True):
        gain = paired_test(result.scores, other.scores, result.test_to_train)
        expected = pytest.approx((gain.difference, gain.low, gain.p))
        assert (row["gain"], row["gain_low"], row["p"]) == expected
        assert row["accuracy"] > row["baseline_accuracy"]


def test_feature_sets_can_be_swept(experiment):
    swept = sweep(experiment, "dataset", "Z,noise", baseline="noise")
    assert swept.rows()[1]["gain"] == 0 and swept.rows()[1]["p"] == 1


def test_csv_and_json_have_the_same_content(experiment, tmp_path):
    swept = sweep(experiment, "statistics", "sum,mean+std", baseline="noise")
    swept.write_csv(tmp_path / "sweep.csv")
    with (tmp_path / "sweep.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    content = json.loads(json.dumps(swept.to_dict(), allow_nan=False))
    assert [row["statistics"] for row in rows] == ["sum", "mean+std"]
    assert content["values"] == [["sum"], ["mean", "std"]]
    for row, written in zip(rows, content["rows"], strict=True):
        assert float(row["accuracy"]) == written["accuracy"]
        assert float(row["low"]) <= float(row["accuracy"]) <= float(row["high"])


def test_the_data_frame_has_a_row_per_value(experiment):
    swept = sweep(experiment, "statistics", "sum,mean+std", baseline="noise")
    frame = swept.to_frame()
    assert frame["statistics"].tolist() == ["sum", "mean+std"]
    assert frame["accuracy"].tolist() == [result.accuracy for result in swept.results]
    assert frame["gain"].tolist() == [row["gain"] for row in swept.rows()]


def test_imbalanced_classes_are_swept_by_balanced_accuracy(tmp_path):
    """Else a value that always predicts the frequent class would be the best."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [40, 8])
    clips = [rng.normal(size=(20, 4)).astype(np.float32) + label for label in y]
    sets = {"Z": clips, "noise": [np.flip(clip) for clip in clips]}
    gpuclf.write_clips(tmp_path / "f", sets, ["common", "rare"], y)
    experiment = Experiment(file=str(tmp_path / "f"), dataset="Z", rectify=False, **QUICK)
    swept = sweep(experiment, "C", "1e-6,10", baseline="noise")
    assert swept.metric == "balanced_accuracy" and swept.best == 10
    for row, result, other in zip(swept.rows(), swept.results, swept.baselines, strict=True):
        assert row["balanced_accuracy"] == result.verdict.value
        assert (row["low"], row["high"]) == result.verdict.interval[:2]
        assert row["gain"] == pytest.approx(result.verdict.value - other.verdict.value)
    assert [row["better_than_majority"] for row in swept.rows()] == [False, True]


def test_a_single_fold_is_not_tested(experiment):
    one = replace(experiment, split="shuffle", folds=1, repeats=1, test_size=0.3)
    [row] = sweep(one, "C", "1").rows()
    assert row["better_than_majority"] is None


def test_values_below_guessing_are_marked_and_explained(tmp_path):
    """A tiny C predicts what is frequent in training, and a random split makes that rare."""
    frames = grid_frames(n_clips=20, spread=0.3)
    gpuclf.write_grid(tmp_path / "f", {"Z": frames}, ["a", "b", "c"])
    options = {**QUICK, "split": "shuffle", "test_size": 0.3, "folds": 6}
    random = Experiment(file=str(tmp_path / "f"), **options)
    swept = sweep(random, "C", "1e-6,10")
    assert [row["better_than_majority"] for row in swept.rows()] == [False, True]
    [note] = swept.notes
    assert note.startswith("C = 1e-06: ") and "stratified-kfold" in note
    assert swept.to_dict()["notes"] == [note]
    assert not sweep(replace(random, split="stratified-kfold", folds=4), "C", "1e-6,10").notes


def test_plain_values_are_accepted_and_validation_options_raise(experiment):
    swept = gpuclf.sweep(experiment, "C", [0.001, 1], backend="cpu")
    assert swept.rows() == sweep(experiment, "C", "0.001,1").rows()
    with pytest.raises(InputError, match="grid: got 'folds', expected one of dataset"):
        gpuclf.sweep(experiment, "folds", [3, 4], backend="cpu")
    with pytest.raises(InputError, match="choice: got no values"):
        gpuclf.sweep(experiment, "C", [], backend="cpu")


@pytest.mark.parametrize(
    ("name", "text", "options", "message"),
    [
        ("C", "0.1..10", {}, "C: got the range 0.1..10, expected values"),
        (
            "C",
            "1",
            {"baseline": "Z"},
            "baseline: got 'Z', the dataset itself, expected another feature set",
        ),
        ("C", "0,1", {}, "C: got 0.0, expected a number above 0"),
        ("folds", "3,4", {}, "got 'folds', expected one of dataset"),
        ("n_vectors", "2,40,41", {}, "n_vectors: got 41, expected 1 to 40"),
    ],
)
def test_invalid_sweep_raises(experiment, name, text, options, message):
    with pytest.raises(InputError, match=message):
        sweep(replace(experiment, dataset="Z"), name, text, **options)


def test_unknown_baseline_raises(experiment):
    with pytest.raises(FeatureFileError, match="got 'Y', expected one of 'Z', 'noise'"):
        sweep(experiment, "C", "1", baseline="Y")
