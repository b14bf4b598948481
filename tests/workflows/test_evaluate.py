"""Evaluation of an experiment from a feature file to a result."""

import gpuclf
import numpy as np
import pytest
from gpuclf import Experiment
from gpuclf.errors import InputError
from gpuclf.features.feature_set import FeatureSet


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
