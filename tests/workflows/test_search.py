"""Hyper-parameter search from a feature file to a result."""

import json

import gpuclf
import numpy as np
import pytest
from gpuclf import Experiment
from gpuclf.config.search_grid import parse_space
from gpuclf.errors import GpuclfError, InputError
from gpuclf.features.feature_set import FeatureSet
from gpuclf.tuning.strategy import Strategy

from conftest import grid_frames

SHORT = {"folds": 3, "repeats": 1, "split": "stratified-kfold"}


def search(grid_file, grid, *, options=None, **strategy):
    experiment = Experiment(file=str(grid_file), **{**SHORT, **(options or {})})
    search_strategy = Strategy(**{"inner": 2, **strategy})
    return gpuclf.search(experiment, parse_space(grid), strategy=search_strategy, backend="cpu")


def test_search_equals_aggregate_and_nested_search(grid_file, svm_backend):
    experiment = Experiment(file=str(grid_file), n_vectors=3, **SHORT)
    space = parse_space(["C=0.01,1", "scale=std,minmax"])
    result = gpuclf.search(experiment, space, strategy=Strategy(inner=2), backend=svm_backend)
    with gpuclf.open_features(grid_file) as store:
        vectors = gpuclf.aggregate(store["Z"], 3, backend=svm_backend)
    clf = gpuclf.ClipClassifier(backend=svm_backend)
    expected = gpuclf.nested_search(clf, vectors, space, inner=2, **SHORT)
    assert result.parameters == expected.parameters
    np.testing.assert_array_equal(result.inner_scores, expected.inner_scores)
    np.testing.assert_array_equal(result.result.scores, expected.result.scores)


@pytest.mark.parametrize("method", ["grid", "guided"])
def test_hyper_parameters_of_the_features_can_be_searched(grid_file, method):
    grid = ["n_vectors=1,4", "statistics=sum,mean+std"]
    result = search(grid_file, grid, method=method, trials=4)
    points = [tuple(point.values()) for point in result.parameters]
    assert set(points) <= {(n, s) for n in (1, 4) for s in (("sum",), ("mean", "std"))}
    assert len(points) == 4 or method == "guided"
    experiment = Experiment(file=str(grid_file), **SHORT, **result.parameters[0])
    alone = gpuclf.evaluate(experiment, backend="cpu")
    if method == "grid":
        assert np.abs(result.scores[0] - alone.scores).mean() < 0.1
    assert json.dumps(result.to_dict(), allow_nan=False)


def test_overlap_can_be_searched(grid_file):
    result = search(grid_file, ["overlap=half,none", "n_vectors=2,4"])
    assert sorted(point["overlap"] for point in result.parameters) == ["half"] * 2 + ["none"] * 2
    for point, scores in zip(result.parameters, result.scores, strict=True):
        alone = gpuclf.evaluate(Experiment(file=str(grid_file), **SHORT, **point), backend="cpu")
        np.testing.assert_array_equal(scores, alone.scores)


def test_all_svm_types_can_be_searched_in_one_grid(grid_file):
    result = search(grid_file, ["svm_type=C,nu,linear", "nu=0.3", "kernel=linear,rbf"])
    assert len(result.parameters) == 6 and not np.isnan(result.scores).any()
    by_kind = {
        (point["svm_type"], point["kernel"]): scores
        for point, scores in zip(result.parameters, result.scores, strict=True)
    }
    np.testing.assert_array_equal(by_kind["linear", "linear"], by_kind["linear", "rbf"])
    used = {result.parameters[n]["svm_type"] for n in result.chosen.ravel()}
    solvers = {"library" if kind == "linear" else "shared" for kind in used}
    assert set(result.result.solver.split(", ")) == solvers


def test_feature_sets_can_be_searched(tmp_path):
    frames = grid_frames(spread=0.2)
    noise = np.random.default_rng(0).random(frames.shape).astype(np.float32)
    gpuclf.write_grid(tmp_path / "two", {"noise": noise, "Z": frames}, list("abc"))
    result = search(tmp_path / "two", ["dataset=noise,Z"])
    assert result.best == {"dataset": "Z"} and (result.chosen == 1).all()


def test_reading_and_fitting_times_are_reported_separately(grid_file, monkeypatch):
    import time

    from gpuclf.workflows import run_context

    real = run_context.aggregate

    def aggregate(*args, **options):
        time.sleep(0.02)
        vectors = real(*args, **options)
        vectors.seconds["read"] += 0.02
        return vectors

    monkeypatch.setattr(run_context, "aggregate", aggregate)
    result = search(grid_file, ["n_vectors=2,3,4"])
    seconds = result.result.seconds
    assert set(seconds) == {"read", "aggregate", "fit", "total"}
    assert seconds["read"] >= 0.06
    parts = seconds["read"] + seconds["aggregate"] + seconds["fit"]
    assert parts <= seconds["total"] == result.flat.seconds["total"]


def test_invalid_search_raises_before_any_frame_is_read(grid_file, monkeypatch):
    def tasks(*args):
        raise AssertionError("read")

    monkeypatch.setattr(FeatureSet, "tasks", tasks)
    for grid, options, strategy, message in (
        (["svm_type=C,nu", "nu=0.3,1"], {"split": "kfold"}, {}, "nu: got 1.0, expected at most"),
        (["C=0.1..1"], {}, {}, "grid, C: got the range 0.1..1"),
        (["C=1,2"], {"folds": 19, "split": "kfold"}, {}, "folds: got 19, expected 2 to 18"),
        (["C=1,2"], {}, {"inner": 5}, "fold 1 of repeat 1, inner folds: got 5, expected at most"),
        (["dataset=Z,Y"], {}, {}, "got 'Y', expected one of 'Z'"),
        (["svm_type=C,linear"], {"solver": "shared"}, {}, "solver: got 'shared' for a LinearSVC"),
    ):
        with pytest.raises(GpuclfError) as caught:
            search(grid_file, grid, options=options, **strategy)
        assert message in str(caught.value)


@pytest.mark.parametrize(
    ("grid", "options", "message"),
    [
        (["n_vectors=2,41"], {}, "n_vectors: got 41, expected 1 to 40"),
        (
            ["n_vectors=2,3"],
            {"protocol": "thesis", "majority_voting": False},
            "n_vectors or overlap: got several values, expected one",
        ),
        (
            ["overlap=half,none"],
            {"protocol": "thesis", "majority_voting": False},
            "n_vectors or overlap: got several values, expected one",
        ),
    ],
)
def test_invalid_n_vectors_raises_before_any_frame_is_read(
    grid_file, monkeypatch, grid, options, message
):
    def tasks(*args):
        raise AssertionError("read")

    monkeypatch.setattr(FeatureSet, "tasks", tasks)
    with pytest.raises(InputError, match=message):
        search(grid_file, grid, options=options)
