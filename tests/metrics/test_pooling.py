"""Pooled metrics: one value per repeat, and jackknife pseudo-values."""

import numpy as np
import pytest
from gpuclf.metrics import accuracy, balanced_accuracy
from gpuclf.metrics.intervals import corrected_interval
from gpuclf.metrics.pooling import Pooling
from hypothesis import given
from hypothesis import strategies as st


def confusions(seed, repeats=2, folds=4, classes=3):
    rng = np.random.default_rng(seed)
    return rng.integers(1, 6, (repeats, folds, classes, classes))


def pool(metric, counts, ratio=1 / 3):
    return Pooling(counts.sum(axis=(-2, -1)), ratio).pool(metric, counts)


@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_pseudo_values_of_a_mean_are_the_means_of_the_folds(seed, folds):
    counts = confusions(seed, folds=folds)  # folds of different sizes
    np.testing.assert_allclose(pool(accuracy, counts).folds, accuracy(counts))


@given(st.integers(0, 2**32 - 1))
def test_metric_of_a_repeat_is_that_of_the_sum_of_its_folds(seed):
    counts = confusions(seed)
    pooled = pool(balanced_accuracy, counts)
    np.testing.assert_allclose(pooled.repeats, [balanced_accuracy(c.sum(axis=0)) for c in counts])
    assert pooled.mean == pytest.approx(pooled.repeats.mean())
    assert pooled.std == pytest.approx(pooled.repeats.std())


@given(st.integers(0, 2**32 - 1))
def test_interval_is_that_of_the_pseudo_values_around_the_mean(seed):
    pooled = pool(balanced_accuracy, confusions(seed))
    expected = corrected_interval(pooled.folds, 1 / 3, within=(0, 1), mean=pooled.mean)
    assert pooled.interval == expected
    assert pooled.interval.low <= pooled.mean <= pooled.interval.high


def test_a_class_that_a_fold_lacks_counts_in_the_other_folds():
    without, only = [[4, 0], [0, 0]], [[0, 0], [4, 0]]
    pooled = pool(balanced_accuracy, np.array([[without, without, only]]))
    assert pooled.mean == 0.5  # the mean over folds is 2 / 3


def test_one_fold_has_no_interval():
    pooled = pool(accuracy, confusions(0, repeats=1, folds=1))
    assert np.isnan(pooled.interval.low) and pooled.to_dict()["low"] is None
