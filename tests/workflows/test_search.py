"""A search from end to end, in Python."""

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
    chosen = Strategy(**{"inner": 2, **strategy})
    return gpuclf.search(experiment, parse_space(grid), strategy=chosen, backend="cpu")


def test_a_search_is_read_aggregate_nested_search(grid_file, svm_backend):
    experiment = Experiment(file=str(grid_file), n_vectors=3, **SHORT)
    space = parse_space(["C=0.01,1", "scale=std,minmax"])
    got = gpuclf.search(experiment, space, strategy=Strategy(inner=2), backend=svm_backend)
    with gpuclf.open_features(grid_file) as store:
        vectors = gpuclf.aggregate(store["Z"], 3, backend=svm_backend)
    clf = gpuclf.ClipClassifier(backend=svm_backend)
    expected = gpuclf.nested_search(clf, vectors, space, inner=2, **SHORT)
    assert got.parameters == expected.parameters
    np.testing.assert_array_equal(got.inner_scores, expected.inner_scores)
    np.testing.assert_array_equal(got.result.scores, expected.result.scores)


@pytest.mark.parametrize("method", ["grid", "guided"])
def test_hyper_parameters_of_the_features_are_chosen_as_well(grid_file, method):
    grid = ["n_vectors=1,4", "statistics=sum,mean+std"]
    found = search(grid_file, grid, method=method, trials=4)
    tried = [tuple(point.values()) for point in found.parameters]
    assert set(tried) <= {(n, s) for n in (1, 4) for s in (("sum",), ("mean", "std"))}
    assert len(tried) == 4 or method == "guided"
    experiment = Experiment(file=str(grid_file), **SHORT, **found.parameters[0])
    alone = gpuclf.evaluate(experiment, backend="cpu")
    if method == "grid":
        assert np.abs(found.scores[0] - alone.scores).mean() < 0.1
    assert json.dumps(found.to_dict(), allow_nan=False)


def test_c_nu_and_linear_svms_in_one_grid(grid_file):
    found = search(grid_file, ["svm_type=C,nu,linear", "nu=0.3", "kernel=linear,rbf"])
    assert len(found.parameters) == 6 and not np.isnan(found.scores).any()
    by_kind = {
        (point["svm_type"], point["kernel"]): scores
        for point, scores in zip(found.parameters, found.scores, strict=True)
    }
    np.testing.assert_array_equal(by_kind["linear", "linear"], by_kind["linear", "rbf"])
    used = {found.parameters[n]["svm_type"] for n in found.chosen.ravel()}
    solvers = {"library" if kind == "linear" else "shared" for kind in used}
    assert set(found.result.solver.split(", ")) == solvers


def test_feature_sets_are_chosen_among(tmp_path):
    frames = grid_frames(spread=0.2)
    noise = np.random.default_rng(0).random(frames.shape).astype(np.float32)
    gpuclf.write_grid(tmp_path / "two", {"noise": noise, "Z": frames}, list("abc"))
    found = search(tmp_path / "two", ["dataset=noise,Z"])
    assert found.best == {"dataset": "Z"} and (found.chosen == 1).all()


def test_times_of_reading_and_fitting_are_told_apart(grid_file, monkeypatch):
    import time

    from gpuclf.workflows import run_context

    quick = run_context.aggregate

    def aggregate(*args, **options):
        time.sleep(0.02)
        vectors = quick(*args, **options)
        vectors.seconds["read"] += 0.02
        return vectors

    monkeypatch.setattr(run_context, "aggregate", aggregate)
    found = search(grid_file, ["n_vectors=2,3,4"])
    seconds = found.result.seconds
    assert set(seconds) == {"read", "aggregate", "fit", "total"}
    assert seconds["read"] >= 0.06
    parts = seconds["read"] + seconds["aggregate"] + seconds["fit"]
    assert parts <= seconds["total"] == found.flat.seconds["total"]


def test_what_cannot_be_searched_is_refused_before_a_frame_is_read(grid_file, monkeypatch):
    def tasks(*args):
        raise AssertionError("read")

    monkeypatch.setattr(FeatureSet, "tasks", tasks)
    for grid, options, strategy, message in (
        (["svm_type=C,nu", "nu=0.3,1"], {"split": "kfold"}, {}, "nu: got 1.0, expected at most"),
        (["C=0.1..1"], {}, {}, "grid, C: got the range 0.1..1"),
        (["C=1,2"], {"folds": 19, "split": "kfold"}, {}, "folds: got 19, expected 2 to 18"),
        (["C=1,2"], {}, {"inner": 5}, "fold 1 of repeat 1, inner split 'stratified-kfold'"),
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
            "n_vectors: got several values, expected one",
        ),
    ],
)
def test_numbers_of_vectors_that_cannot_be_are_refused_before_a_frame_is_read(
    grid_file, monkeypatch, grid, options, message
):
    def tasks(*args):
        raise AssertionError("read")

    monkeypatch.setattr(FeatureSet, "tasks", tasks)
    with pytest.raises(InputError, match=message):
        search(grid_file, grid, options=options)
