"""Accuracies on clips, and their differences over other splits of the same clips."""

import numpy as np
import pytest
from gpuclf import ClipClassifier, cross_validate
from gpuclf.metrics.intervals import clustered_mean
from gpuclf.validation.clip_outcomes import ClipOutcomes, accuracy_difference
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clips import make_clips

KFOLD = {"split": "stratified-kfold", "folds": 4, "repeats": 2}


def validated(clips=None, **options):
    clips = make_clips() if clips is None else clips
    return cross_validate(ClipClassifier(backend="cpu"), clips, **{**KFOLD, **options})


def outcomes(repeats, clips=12):
    """Strategy of outcomes of a cross-validation that tests at least one clip per repeat."""
    counts = arrays(np.int64, (repeats, clips), elements=st.integers(0, 3))
    tested = counts.filter(lambda one: one.sum(axis=1).all())
    shares = arrays(np.float64, (repeats, clips), elements=st.floats(0, 1))
    classes = st.sampled_from([np.zeros(clips, int), np.arange(clips) % 3])
    return st.builds(lambda n, s, y: ClipOutcomes(n, np.floor(n * s), y), tested, shares, classes)


@pytest.mark.parametrize("options", [{}, {"split": "shuffle", "test_size": 0.25, "folds": 3}])
def test_accuracy_is_that_of_folds_of_equal_size(options):
    result = validated(**options)
    assert ClipOutcomes.of(result).accuracy == pytest.approx(result.scores.mean())


def test_balanced_accuracy_is_the_mean_recall_of_the_classes():
    result = validated(make_clips(apart=0.5), repeats=1)
    recall = np.diagonal(result.confusion) / result.confusion.sum(axis=1)
    assert ClipOutcomes.of(result, balanced=True).accuracy == pytest.approx(recall.mean())


def test_clip_votes_once_if_its_vectors_are_split():
    clips = make_clips(per_clip=5)
    split = validated(clips, protocol="thesis", majority_voting=False)
    single = ClipOutcomes.of_split_vectors(split, 5)
    assert (single.tested == 1).all() and single.tested.shape == (2, 24)
    votes = np.zeros((2, 24, 3))
    for score in split.folds:
        for vector, predicted in zip(score.fold.test, score.tested.labels, strict=True):
            votes[score.fold.repeat, vector // 5, predicted] += 1
    np.testing.assert_array_equal(single.correct, votes.argmax(axis=2) == clips.y)


@given(outcomes(2), outcomes(3))
def test_difference_is_that_of_the_accuracies_and_deviations_sum_to_zero(one, other):
    estimate = accuracy_difference(one, other, np.arange(12) // 2)
    assert estimate.mean == pytest.approx(one.accuracy - other.accuracy, abs=1e-12)
    assert one.deviations.sum() == pytest.approx(0, abs=1e-12)
    swapped = accuracy_difference(other, one, np.arange(12) // 2)
    assert (swapped.mean, swapped.low) == pytest.approx(
        (-estimate.mean, -estimate.high), abs=1e-12, nan_ok=True
    )


def test_interval_of_clips_tested_once_is_that_of_their_paired_differences():
    rng = np.random.default_rng(0)
    tested, groups = np.ones((1, 30)), np.arange(30) // 3
    one, other = (ClipOutcomes(tested, rng.integers(0, 2, (1, 30)), np.zeros(30)) for _ in range(2))
    paired = clustered_mean((one.correct - other.correct)[0], groups, within=(-1, 1))
    assert accuracy_difference(one, other, groups) == pytest.approx(paired)


@given(outcomes(2), outcomes(3), st.permutations(range(12)))
def test_order_of_the_clips_does_not_matter(one, other, order):
    groups = np.arange(12) // 2
    estimate = accuracy_difference(one, other, groups)
    one, other = (
        ClipOutcomes(o.tested[:, order], o.correct[:, order], o.classes[order])
        for o in (one, other)
    )
    permuted = accuracy_difference(one, other, groups[order])
    assert permuted == pytest.approx(estimate, abs=1e-12, nan_ok=True)
