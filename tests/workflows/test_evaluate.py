"""Evaluation of an experiment from a feature file to a result."""

import gpuclf
import numpy as np
import pytest
from gpuclf import Experiment
from gpuclf.config.experiment import NAMES
from gpuclf.errors import InputError
from gpuclf.features.feature_set import FeatureSet
from gpuclf.workflows.experiment_options import ExperimentOptions
from gpuclf.workflows.run_context import RunOptions


def test_evaluate_equals_aggregate_and_cross_validate(grid_file, svm_backend):
    experiment = Experiment(file=str(grid_file), n_vectors=3, folds=4, repeats=2, C=0.5)
    result = gpuclf.evaluate(experiment, backend=svm_backend)
    with gpuclf.open_features(grid_file) as store:
        vectors = gpuclf.aggregate(store["Z"], 3, backend=svm_backend)
    clf = gpuclf.ClipClassifier(C=0.5, backend=svm_backend)
    expected = gpuclf.cross_validate(clf, vectors, folds=4, repeats=2)
    np.testing.assert_array_equal(result.scores, expected.scores)
    assert set(result.seconds) == {"read", "aggregate", "fit", "total"}


def test_invalid_experiment_raises_before_any_frame_is_read(grid_file, monkeypatch):
    def tasks(*args):
        raise AssertionError("read")

    monkeypatch.setattr(FeatureSet, "tasks", tasks)
    for options in (
        {"n_vectors": 41},
        {"split": "kfold", "folds": 19},
        {"svm_type": "nu", "nu": 1.0},
        {"split": "predefined"},
        {"n_clips": 1},
        {"n_classes": 1},
    ):
        with pytest.raises(InputError):
            gpuclf.evaluate(Experiment(file=str(grid_file), **options), backend="cpu")
    with pytest.raises(InputError, match="file: got none"):
        gpuclf.evaluate(Experiment(), backend="cpu")


def test_permutation_test_equals_that_of_cross_validate(grid_file):
    experiment = Experiment(
        file=str(grid_file), n_vectors=2, folds=3, repeats=1, split="kfold", permutations=4, seed=3
    )
    result = gpuclf.evaluate(experiment, backend="cpu")
    with gpuclf.open_features(grid_file) as store:
        vectors = gpuclf.aggregate(store["Z"], 2, backend="cpu")
    clf = gpuclf.ClipClassifier(backend="cpu")
    options = {"folds": 3, "repeats": 1, "split": "kfold", "permutations": 4, "seed": 3}
    expected = gpuclf.cross_validate(clf, vectors, **options)
    np.testing.assert_array_equal(result.permuted, expected.permuted)
    assert result.p_value == expected.p_value


def test_evaluate_takes_a_file_and_hyper_parameters_by_keyword(tmp_path):
    demo_file = tmp_path / "demo.hdf5"
    gpuclf.write_demo(demo_file)
    options = {"kernel": "rbf", "C": 10, "n_classes": 2, "folds": 3, "repeats": 1}
    for file in (demo_file, str(demo_file)):
        got = gpuclf.evaluate(file, **options, backend="cpu")
        expected = gpuclf.evaluate(Experiment.for_file(file, **options), backend="cpu")
        assert got.to_dict() | {"seconds": 0} == expected.to_dict() | {"seconds": 0}
    thesis = gpuclf.evaluate(demo_file, preset="thesis", n_classes=2, repeats=1, backend="cpu")
    assert thesis.scores.shape == (1, 10)


def test_keywords_replace_values_of_an_experiment(grid_file):
    experiment = Experiment(file=str(grid_file), n_vectors=3, folds=4, repeats=2)
    got = gpuclf.evaluate(experiment, C=0.5, repeats=1, backend="cpu")
    expected = gpuclf.evaluate(experiment.replace(C=0.5, repeats=1), backend="cpu")
    np.testing.assert_array_equal(got.scores, expected.scores)


def test_every_run_takes_a_file_and_keywords(grid_file):
    options = {"n_vectors": 3, "folds": 3, "repeats": 1, "backend": "cpu"}
    assert gpuclf.search(grid_file, {"C": [1, 2]}, **options).result.scores.shape == (1, 3)
    assert len(gpuclf.sweep(grid_file, "C", [1, 2], **options).rows()) == 2
    assert gpuclf.train(grid_file, **options).labels
    assert gpuclf.audit(grid_file, {"C": [1, 2]}, inner=2, **options).missing


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kernell": "rbf"}, "options: got unknown name 'kernell', expected kernel"),
        ({"backendd": "cpu"}, "options: got unknown name 'backendd', expected backend"),
        ({"kernel": "poly"}, "kernel: got 'poly', expected one of linear, rbf"),
        ({"preset": "thesys"}, "preset: got 'thesys'"),
    ],
)
def test_a_misspelled_option_is_one_line_that_names_the_nearest(grid_file, options, message):
    with pytest.raises(InputError, match=message):
        gpuclf.evaluate(grid_file, **options)


def test_a_preset_of_an_experiment_raises(grid_file):
    with pytest.raises(InputError, match="preset: got 'thesis' with an Experiment"):
        gpuclf.evaluate(Experiment(file=str(grid_file)), preset="thesis")


def test_options_of_a_run_are_the_hyper_parameters_and_the_options_of_the_run():
    known = {*NAMES, "preset", *RunOptions.__annotations__} - {"file"}
    assert ExperimentOptions.__annotations__.keys() | RunOptions.__annotations__.keys() == known
