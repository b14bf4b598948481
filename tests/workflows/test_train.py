"""Training on all clips of a feature file, and prediction for another file."""

import csv
from dataclasses import replace

import gpuclf
import numpy as np
import pytest
from gpuclf import Experiment
from gpuclf.errors import InputError
from gpuclf.model.predictions import Predictions
from sklearn.exceptions import ConvergenceWarning

from clips import Reported
from conftest import grid_frames


def test_hyper_parameters_of_the_features_are_applied(grid_file):
    experiment = Experiment(
        file=str(grid_file),
        n_classes=2,
        n_clips=5,
        n_frames=10,
        n_vectors=2,
        rectify=False,
        statistics=("mean", "std"),
    )
    reported = Reported()
    model = gpuclf.train(experiment, backend="cpu", progress=reported)
    assert reported.counts("clips")[-1] == (10, 10)
    assert model.labels == ("blues", "jazz")
    assert model.classifier.n_features_in_ == 4 * 2 * 8


def share_correct(predictions):
    """Accuracy on all clips, whether or not the model was trained on them."""
    return predictions.correct.mean()


def test_only_clips_of_the_file_that_are_not_training_clips_are_scored(grid_file, svm_backend):
    experiment = Experiment(file=str(grid_file), kernel="rbf", C=100, n_clips=5)
    model = gpuclf.train(experiment, backend=svm_backend)
    predictions = gpuclf.predict(model, grid_file)
    assert len(predictions.ids) == 18  # all clips, not only the first five of a class
    assert predictions.votes.sum(axis=1).tolist() == [12] * 18
    assert share_correct(predictions) > 0.8
    assert predictions.true[:2] == ["blues", "blues"]
    new = [number % 6 == 5 for number in range(18)]
    assert predictions.scored.tolist() == new
    assert predictions.accuracy == predictions.correct[new].mean()


@pytest.mark.parametrize("memory", ["32K", "1M"])
def test_training_clips_are_recognised_under_any_memory_limit(grid_file, memory):
    model = gpuclf.train(Experiment(file=str(grid_file)), backend="cpu")
    predictions = gpuclf.predict(model, grid_file, memory=memory, cache=False)
    assert predictions.training.in_training.all() and predictions.accuracy is None


def test_new_clips_of_training_groups_are_recognised(tmp_path):
    frames = grid_frames().reshape(18, 40, 8)
    artists = np.array([f"artist {clip % 6}" for clip in range(18)])

    def write(name, clips):
        y = np.arange(18)[clips] // 6
        columns = {"groups": artists[clips], "ids": [f"{name} {clip}" for clip in clips]}
        gpuclf.write_clips(tmp_path / name, {"Z": frames[clips]}, list("abc"), y, **columns)
        return str(tmp_path / name)

    trained_on = write("train", [0, 1, 2, 6, 7, 8, 12, 13, 14])
    model = gpuclf.train(Experiment(file=trained_on), backend="cpu")
    overlap = gpuclf.predict(model, write("new", [0, 3, 4])).training
    assert overlap.groups == () and overlap.in_training.tolist() == [True, False, False]
    artists[4] = "artist 2"
    overlap = gpuclf.predict(model, write("new", [0, 3, 4])).training
    assert overlap.groups == ("artist 2",)
    assert overlap.same_group.tolist() == [False, False, True]
    assert not overlap.same_id.any()


def test_saved_model_aggregates_new_clips_with_its_overlap(grid_file, tmp_path):
    experiment = Experiment(file=str(grid_file), n_vectors=3, overlap="none", C=100)
    gpuclf.save_model(tmp_path / "m.npz", gpuclf.train(experiment, backend="cpu"))
    predictions = gpuclf.predict(gpuclf.load_model(tmp_path / "m.npz", "cpu"), grid_file)
    assert predictions.votes.sum(axis=1).tolist() == [3] * 18
    assert predictions.vectors.shape == (18, 3)


def test_model_that_was_saved_before_overlap_was_an_option_has_half_overlap(grid_file, tmp_path):
    model = gpuclf.train(Experiment(file=str(grid_file), n_vectors=3), backend="cpu")
    older = {name: value for name, value in model.experiment.items() if name != "overlap"}
    gpuclf.save_model(tmp_path / "m.npz", replace(model, experiment=older))
    predictions = gpuclf.predict(gpuclf.load_model(tmp_path / "m.npz", "cpu"), grid_file)
    np.testing.assert_array_equal(predictions.votes, gpuclf.predict(model, grid_file).votes)
    assert predictions.votes.sum(axis=1).tolist() == [6] * 18


def test_predictions_for_unlabelled_clips_have_no_accuracy(tmp_path, grid_file):
    model = gpuclf.train(Experiment(file=str(grid_file)), backend="cpu")
    gpuclf.write_grid(tmp_path / "new", {"Z": grid_frames(n_classes=1)}, None)
    predictions = gpuclf.predict(model, tmp_path / "new")
    assert predictions.true is None and predictions.accuracy is None
    assert predictions.ids.tolist() == [f"0/{clip}" for clip in range(6)]
    predictions.write_csv(tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [
        *("clip", "label", "margin", "in_training"),
        *("votes blues", "votes jazz", "votes rock"),
    ]
    assert [row["label"] for row in rows] == [model.labels[p] for p in predictions.predicted]


def test_accuracy_compares_labels_by_name(tmp_path, grid_file):
    model = gpuclf.train(Experiment(file=str(grid_file), C=100), backend="cpu")
    reversed_frames = grid_frames()[::-1]
    gpuclf.write_grid(tmp_path / "reversed", {"Z": reversed_frames}, ["rock", "jazz", "blues"])
    there, here = gpuclf.predict(model, tmp_path / "reversed"), gpuclf.predict(model, grid_file)
    assert share_correct(there) == share_correct(here) > 0.8


def test_class_without_training_clips_is_named_and_gets_no_votes(tmp_path):
    frames = [np.abs(clip) for clip in grid_frames().reshape(18, 40, 8)]
    gpuclf.write_clips(tmp_path / "f", {"Z": frames}, ["a", "none", "b"], [0] * 9 + [2] * 9)
    with pytest.warns(UserWarning, match="of class 'none', which the model never predicts"):
        model = gpuclf.train(Experiment(file=str(tmp_path / "f")), backend="cpu")
    predictions = gpuclf.predict(model, tmp_path / "f")
    assert predictions.votes.shape == (18, 3) and predictions.votes[:, 1].sum() == 0
    assert set(predictions.predicted) <= {0, 2}


def test_file_with_another_number_of_features_raises(tmp_path, grid_file):
    model = gpuclf.train(Experiment(file=str(grid_file)), backend="cpu")
    gpuclf.write_grid(tmp_path / "wide", {"Z": grid_frames(n=9)}, ["a", "b", "c"])
    with pytest.raises(
        InputError, match="got 9 features, expected 8, the number of features that the model"
    ):
        gpuclf.predict(model, tmp_path / "wide")


def test_margin_is_the_vote_share_difference_of_the_top_two_classes():
    votes = np.array([[6, 6, 0], [9, 1, 2], [0, 0, 12]])
    ids, vectors = np.array(list("abc")), np.zeros((3, 12), int)
    predictions = Predictions(ids, tuple("xyz"), votes.argmax(axis=1), votes, None, vectors)
    np.testing.assert_allclose(predictions.margin, [0, 7 / 12, 1])
    assert predictions.timeline(0) == []


def test_model_predicts_with_its_own_feature_set(tmp_path):
    frames = grid_frames()
    gpuclf.write_grid(tmp_path / "one", {"Xs": frames}, list("abc"))
    gpuclf.write_grid(tmp_path / "two", {"Xs": frames, "Z": frames[::-1]}, list("abc"))
    model = gpuclf.train(Experiment(file=str(tmp_path / "one"), C=100), backend="cpu")
    assert share_correct(gpuclf.predict(model, tmp_path / "two")) > 0.8


def test_messages_of_training_name_the_classes(tmp_path, grid_file, monkeypatch):
    uneven = [np.ones((20, 2)) * i for i in range(12)]
    path = str(tmp_path / "uneven")
    gpuclf.write_clips(path, {"Z": uneven}, ["few", "many"], [0] * 2 + [1] * 10)
    with pytest.raises(InputError, match="for 24 vectors of 'few' against 120 of 'many'"):
        gpuclf.train(Experiment(file=path, svm_type="nu"), backend="cpu")
    monkeypatch.setattr("gpuclf.backend.interface.SHARED_ITERATIONS", 2)
    with pytest.warns(ConvergenceWarning, match="'blues' against 'jazz'"):
        gpuclf.train(Experiment(file=str(grid_file)), backend="cpu")


def test_sum_over_clips_of_another_length_warns(tmp_path, grid_file):
    gpuclf.write_grid(tmp_path / "longer", {"Z": grid_frames(n_frames=30)}, list("abc"))
    trained = {
        name: gpuclf.train(Experiment(file=str(grid_file), statistics=name), backend="cpu")
        for name in ("sum", "mean")
    }
    with pytest.warns(
        UserWarning, match="60 frames, the model was trained on 40 to 40: the statistic sum"
    ):
        gpuclf.predict(trained["sum"], tmp_path / "longer")
    gpuclf.predict(trained["mean"], tmp_path / "longer")


def test_unscaled_features_are_named_before_the_fit(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("fitted")

    monkeypatch.setattr("gpuclf.model.classifier.ClipClassifier.fit", refuse)
    gpuclf.write_grid(tmp_path / "f", {"Z": 1e6 * grid_frames()}, list("abc"))
    experiment = Experiment(file=str(tmp_path / "f"), scale="none")
    with (
        pytest.warns(ConvergenceWarning, match="not scaled"),
        pytest.raises(AssertionError, match="fitted"),
    ):
        gpuclf.train(experiment, backend="cpu")


@pytest.mark.parametrize("column", ["group", "fold"])
def test_calibration_keeps_groups_or_predefined_folds_together(tmp_path, monkeypatch, column):
    given = []
    fit = gpuclf.ClipClassifier.fit

    def keep(self, X, y, **options):
        given.append(options["groups"])
        return fit(self, X, y, **options)

    monkeypatch.setattr(gpuclf.ClipClassifier, "fit", keep)
    frames = np.random.default_rng(0).normal(size=(24, 5, 3))
    values = np.arange(24) % 3
    columns = {"group": {"groups": values.astype(str)}, "fold": {"folds": values}}[column]
    gpuclf.write_features(tmp_path / "f", list(frames), ["a", "b"] * 12, **columns)
    experiment = Experiment.for_file(tmp_path / "f", probability=True)
    model = gpuclf.train(experiment, backend="cpu")
    assert [str(value) for value in given[0]] == values.astype(str).tolist()
    predictions = gpuclf.predict(model, tmp_path / "f")
    np.testing.assert_allclose(predictions.probabilities.sum(axis=1), 1)
