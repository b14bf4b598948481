"""Run context: settings of an experiment share the data that is read."""

import gpuclf
import h5py
import numpy as np
import pytest
from gpuclf import Experiment
from gpuclf.backend import resolve
from gpuclf.errors import GpuclfError, InputError
from gpuclf.features.feature_set import FeatureSet
from gpuclf.workflows.run_context import open_run

from conftest import grid_frames

CPU = resolve("cpu")


@pytest.fixture
def two_sets(tmp_path):
    """Path of a file with two feature sets of the same clips."""
    path = tmp_path / "two.hdf5"
    frames = grid_frames()
    gpuclf.write_grid(path, {"Z": frames, "Xs": 2 * frames[..., :5]}, ["blues", "jazz", "rock"])
    return str(path)


def make_all(experiment, points):
    with open_run(experiment, backend=CPU, cache=False) as run:
        run.plan(points)
        return run, [run.setting(point) for point in points]


def test_setting_replaces_hyper_parameters_of_the_experiment(two_sets):
    experiment = Experiment(file=two_sets, dataset="Z", n_vectors=3, C=2, class_weight="balanced")
    point = {"kernel": "rbf", "gamma": 0.5, "n_vectors": 2, "statistics": ("mean", "std")}
    _, [default, other] = make_all(experiment, [{}, point])
    assert (default.clf.C, default.clf.kernel, default.clf.class_weight) == (
        2,
        "linear",
        "balanced",
    )
    assert (other.clf.C, other.clf.kernel, other.clf.gamma) == (2, "rbf", 0.5)
    assert default.vectors.X.shape == (18, 6, 8) and other.vectors.X.shape == (18, 4, 16)
    assert default.parameters == {} and other.parameters == point
    assert default.clf.n_vectors_per_clip == 6 and other.clf.n_vectors_per_clip == 4


def test_settings_with_the_same_vectors_share_them(two_sets, monkeypatch):
    plans = []
    real = FeatureSet.plan
    monkeypatch.setattr(
        FeatureSet, "plan", lambda self, *args: plans.append(self.name) or real(self, *args)
    )
    experiment = Experiment(file=two_sets, dataset="Z")
    points = [
        {"n_vectors": n, "C": C, "dataset": dataset}
        for C in (1.0, 2.0)
        for n in (2, 3)
        for dataset in ("Z", "Xs")
    ]
    run, settings = make_all(experiment, points)
    assert sorted(plans) == ["Xs", "Xs", "Z", "Z"]
    assert len({id(setting.vectors) for setting in settings}) == 4
    assert settings[0].vectors is settings[4].vectors
    distinct = {id(setting.vectors): setting.vectors for setting in settings}.values()
    seconds = run.seconds(fit=1.5)
    for part in ("read", "aggregate"):
        assert seconds[part] == pytest.approx(sum(vectors.seconds[part] for vectors in distinct))
    assert seconds["fit"] == 1.5 and seconds["total"] >= seconds["read"] + seconds["aggregate"]


@pytest.mark.parametrize(
    ("experiment", "points", "message"),
    [
        ({}, [{}, {"svm_type": "nu", "nu": 1.0}], "nu: got 1.0, expected at most"),
        ({}, [{"dataset": "Y"}], "got 'Y', expected one of 'Xs', 'Z'"),
        ({"split": "kfold", "folds": 19}, [{}], "folds: got 19, expected 2 to 18"),
        (
            {"solver": "shared"},
            [{}, {"svm_type": "linear"}],
            "solver: got 'shared' for a LinearSVC",
        ),
    ],
)
def test_invalid_setting_raises(two_sets, experiment, points, message):
    with pytest.raises(GpuclfError, match=message):
        make_all(Experiment(file=two_sets, **{"dataset": "Z", **experiment}), points)


def test_feature_sets_with_different_clips_raise(tmp_path):
    """Feature sets in the grid layout may differ in their number of clips."""
    frames = grid_frames(n_clips=7)
    path = str(tmp_path / "uneven.hdf5")
    gpuclf.write_grid(path, {"Z": frames}, ["blues", "jazz", "rock"])
    with h5py.File(path, "a") as file:
        file["Xs"] = frames[:, :6]
    with pytest.raises(
        InputError, match="feature set 'Xs': got other clips, expected the clips of 'Z'"
    ):
        make_all(Experiment(file=path, dataset="Z"), [{}, {"dataset": "Xs"}])
    _, settings = make_all(Experiment(file=path, dataset="Z", n_clips=6), [{}, {"dataset": "Xs"}])
    np.testing.assert_array_equal(settings[0].vectors.X, settings[1].vectors.X)


def test_experiment_without_a_file_raises():
    run = open_run(Experiment())
    with pytest.raises(InputError, match="file: got none, expected the path of a feature file"):
        run.__enter__()


def test_an_unknown_option_of_a_run_raises(two_sets):
    with pytest.raises(InputError, match="options: got unknown name 'inner'"):
        gpuclf.search(Experiment(file=two_sets, dataset="Z"), {"C": [1, 2]}, inner=2)
