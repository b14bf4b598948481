"""An accuracy below that of guessing is explained by the splits, if they are the reason."""

import numpy as np
import pytest
from gpuclf import ClipClassifier, FeatureVectors, cross_validate
from gpuclf.validation.below_baseline import below_baseline

from clips import make_clips

RANDOM = {"folds": 8, "repeats": 3, "test_size": 0.25}


def noise(counts, seed=0):
    """Return clips without any information on their class."""
    y = np.repeat(np.arange(len(counts)), counts)
    X = np.random.default_rng(seed).normal(size=(len(y), 3, 4)).astype(np.float32)
    labels = tuple(f"class {c}" for c in range(len(counts)))
    return FeatureVectors(X, y, labels, np.arange(len(y)).astype(str))


def validated(clips, C=1.0, **options):
    return cross_validate(ClipClassifier(C=C, backend="cpu"), clips, **{**RANDOM, **options})


@pytest.mark.parametrize("split", ["shuffle", "kfold"])
def test_weak_svm_under_a_random_split_predicts_what_is_frequent_in_training(split):
    result = validated(make_clips(n_classes=3, clips=12, apart=0.1), C=1e-6, split=split)
    assert result.accuracy < 1 / 3 and not result.verdict.is_better
    why = below_baseline(result)
    assert why.startswith("100.0 % of the predictions, but only ")
    assert "the more clips of a class a split tests, the fewer it trains on" in why


@pytest.mark.parametrize("split", ["stratified-shuffle", "stratified-kfold"])
def test_stratified_splits_are_not_blamed(split):
    result = validated(noise([12, 12, 12]), 1e-6, split=split, folds=6)
    assert "trains on" not in below_baseline(result)


def test_accuracy_above_the_baseline_has_no_explanation():
    result = validated(make_clips(apart=3.0))
    assert below_baseline(result) == "" and result.verdict.is_better


def test_imbalanced_noise_is_no_better_than_the_majority_and_needs_no_explanation():
    result = validated(noise([52, 8]), folds=10, test_size=0.1)
    assert not result.verdict.is_better and below_baseline(result) == ""


def test_clips_that_resemble_another_class_in_training_are_below_chance():
    """Pairs of nearly equal clips of opposite classes are tested one at a time."""
    rng = np.random.default_rng(0)
    pairs = rng.normal(size=(12, 1, 6))
    X = np.repeat(pairs, 2, axis=0) + 0.01 * rng.normal(size=(24, 2, 6))
    vectors = FeatureVectors(X.astype(np.float32), np.arange(24) % 2, ("a", "b"), np.arange(24))
    clf = ClipClassifier(kernel="rbf", gamma=1.0, C=100, backend="cpu")
    result = cross_validate(clf, vectors, split="stratified-kfold", folds=12, repeats=4)
    assert "resemble test clips of other classes" in below_baseline(result)
