import subprocess
import sys
from dataclasses import astuple

import numpy as np
import pytest
from gpuclf.errors import InputError
from gpuclf.metrics.intervals import clustered_mean, corrected_interval, paired_test, permutation_p
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

LEVELS = st.floats(0.5, 0.999)
RATIOS = st.floats(0.0, 2.0)


def accuracies(seed, repeats=3, folds=5):
    return np.random.default_rng(seed).binomial(20, 0.7, size=(repeats, folds)) / 20


seeds = st.integers(0, 2**32 - 1)


# Corrected confidence interval of a mean score.


@given(seeds, LEVELS)
def test_uncorrected_interval_equals_scipy(seed, level):
    scores = np.random.default_rng(seed).normal(size=(3, 5))
    usual = stats.ttest_1samp(scores.ravel(), 0).confidence_interval(level)
    assert corrected_interval(scores, 0, level)[:2] == pytest.approx(tuple(usual), rel=1e-9)


def test_correction_follows_nadeau_and_bengio():
    scores = np.array([[0.5, 0.6, 0.8], [0.7, 0.9, 0.4]])
    error = np.sqrt(scores.var(ddof=1) * (1 / 6 + 1 / 9))
    low, high, level = corrected_interval(scores, 1 / 9, level=0.9)
    assert (low, high) == pytest.approx(stats.t.interval(0.9, 5, scores.mean(), error))
    assert level == 0.9


@given(seeds)
def test_width_of_interval_has_a_lower_bound_for_many_repeats(seed):
    scores = np.random.default_rng(seed).normal(size=(1, 10))
    many = np.tile(scores, (1000, 1))
    low, high, _ = corrected_interval(many, 1 / 9)
    assert high - low == pytest.approx(2 * 1.96 * scores.std() / 3, rel=1e-2)


def test_nan_scores_are_ignored():
    scores = np.array([[0.5, np.nan], [0.75, 0.8]])
    assert corrected_interval(scores, 0.2) == corrected_interval([0.5, 0.75, 0.8], 0.2)


@pytest.mark.parametrize("scores", [[], [0.5], [np.nan, 0.5]])
def test_interval_of_fewer_than_two_scores_is_nan(scores):
    low, high, level = corrected_interval(scores, 0.1, 0.9, within=(0, 1))
    assert np.isnan([low, high]).all() and level == 0.9


def test_interval_is_clipped_to_the_range():
    scores = [0.9, 1.0, 1.0]
    assert corrected_interval(scores, 0.5).high > 1
    clipped = corrected_interval(scores, 0.5, within=(0.0, 1.0))
    assert clipped.high == 1 and clipped.low == corrected_interval(scores, 0.5).low


def test_interval_of_equal_scores_has_zero_width():
    assert corrected_interval(np.ones((2, 5)), 1 / 9) == (1, 1, 0.95)


@pytest.mark.parametrize("level", [0, 1, 95, np.nan])
def test_level_outside_0_to_1_raises(level):
    for call in (
        lambda: corrected_interval([0.5, 0.6], 0.1, level),
        lambda: paired_test([0.5, 0.6], [0.5, 0.7], 0.1, level),
        lambda: clustered_mean([1, 0], [0, 1], level),
    ):
        with pytest.raises(InputError, match=f"level: got {level}, expected a number above 0"):
            call()


@pytest.mark.parametrize("ratio", [-0.1, np.nan, np.inf])
def test_negative_or_infinite_ratio_raises(ratio):
    with pytest.raises(InputError, match=f"test_to_train: got {ratio}"):
        corrected_interval([0.5], ratio)


# Paired test of two classifiers.


@given(seeds, LEVELS)
def test_uncorrected_paired_test_equals_scipy(seed, level):
    a, b = np.random.default_rng(seed).normal(size=(2, 3, 5))
    usual = stats.ttest_rel(a.ravel(), b.ravel())
    result = paired_test(a, b, 0, level)
    assert (result.t, result.p) == pytest.approx((usual.statistic, usual.pvalue), rel=1e-8)
    assert (result.low, result.high) == pytest.approx(
        tuple(usual.confidence_interval(level)), rel=1e-8
    )
    assert result.difference == pytest.approx(np.mean(a - b)) and result.count == 15


@given(seeds, RATIOS)
def test_interval_of_paired_test_is_the_corrected_one_of_the_differences(seed, ratio):
    a, b = np.random.default_rng(seed).normal(size=(2, 3, 5))
    result = paired_test(a, b, ratio, 0.9)
    expected = corrected_interval(a - b, ratio, 0.9)
    assert (result.low, result.high, result.level) == pytest.approx(expected)


@given(seeds, seeds, RATIOS, LEVELS)
def test_paired_test_is_significant_if_and_only_if_the_interval_excludes_zero(
    seed, other, ratio, level
):
    result = paired_test(accuracies(seed), accuracies(other), ratio, level)
    if abs(result.p - (1 - level)) > 1e-6:
        assert (result.p < 1 - level) == (not result.low <= 0 <= result.high)


@given(seeds, seeds, RATIOS)
def test_paired_test_is_antisymmetric(seed, other, ratio):
    a, b = accuracies(seed), accuracies(other)
    there, back = paired_test(a, b, ratio), paired_test(b, a, ratio)
    assert (back.difference, back.t, back.p) == (-there.difference, -there.t, there.p)
    assert (back.low, back.high) == (-there.high, -there.low)


def test_rounding_errors_are_no_difference():
    scores = np.array([0.1 + 0.2, 0.5, 0.7])
    for other in (scores, np.array([0.3, 0.5, 0.7])):
        assert astuple(paired_test(scores, other, 0.1)) == (0, 0, 0, 0, 1, 3, 0.95)


def test_t_and_p_of_a_constant_difference_are_nan():
    b = np.array([0.1, 0.3, 0.7])
    result = paired_test(b + 0.1, b, 1 / 9)
    assert np.ptp((b + 0.1) - b) > 0  # without rounding, p would be almost 0
    assert (result.low, result.difference, result.high) == pytest.approx((0.1, 0.1, 0.1))
    assert np.isnan([result.t, result.p]).all()


def test_pairs_with_nan_are_ignored():
    a, b = np.array([0.5, np.nan, 0.75, 0.8]), np.array([0.4, 0.5, 0.7, np.nan])
    assert paired_test(a, b, 0.1) == paired_test(a[[0, 2]], b[[0, 2]], 0.1)


@pytest.mark.parametrize(("a", "b", "count"), [([], [], 0), ([0.5], [0.4], 1)])
def test_paired_test_of_fewer_than_two_pairs_is_nan(a, b, count):
    result = paired_test(a, b, 0.1)
    assert result.count == count and np.isnan([result.low, result.high, result.t, result.p]).all()


def test_different_shapes_raise():
    with pytest.raises(InputError, match=r"got shapes \(2, 5\) and \(10,\), expected equal shapes"):
        paired_test(np.ones((2, 5)), np.ones(10), 0.1)


# Permutation test.


@given(st.lists(st.integers(0, 100), min_size=1, max_size=30, unique=True))
def test_p_values_are_uniform_under_the_null_hypothesis(scores):
    result = [permutation_p(own, [s for s in scores if s != own]) for own in sorted(scores)]
    np.testing.assert_allclose(result, np.arange(len(scores), 0, -1) / len(scores))


def test_permutation_p_is_never_zero():
    assert permutation_p(0.9, np.full(99, 0.1)) == 0.01
    assert permutation_p(0.9, []) == 1


def test_scores_equal_up_to_rounding_count_as_equal():
    assert permutation_p(0.1 + 0.2, [0.3, 0.2]) == 2 / 3
    assert permutation_p(0.3, [0.1 + 0.2, 0.2]) == 2 / 3
    assert permutation_p(0.3, [0.3 - 1e-9, 0.2]) == 1 / 3


def test_nan_counts_against_the_observed_score():
    assert permutation_p(0.9, [np.nan, 0.1, 0.2]) == permutation_p(0.9, [1.0, 0.1, 0.2]) == 0.5
    assert permutation_p(np.nan, [0.1, 0.2]) == 1


# Cluster-robust mean.


@given(seeds, LEVELS)
def test_interval_of_single_sample_clusters_equals_scipy(seed, level):
    values = np.random.default_rng(seed).normal(size=12)
    usual = stats.ttest_1samp(values, 0).confidence_interval(level)
    result = clustered_mean(values, np.arange(12), level)
    assert (result.low, result.high) == pytest.approx(tuple(usual), rel=1e-9, abs=1e-12)
    assert (result.mean, result.level, result.clusters) == (values.mean(), level, 12)


@given(seeds, st.integers(2, 5))
def test_duplicates_within_clusters_do_not_change_the_interval(seed, copies):
    values = np.random.default_rng(seed).normal(size=12)
    clusters = np.arange(12) % 4
    once = clustered_mean(values, clusters)
    again = clustered_mean(np.repeat(values, copies), np.repeat(clusters, copies))
    assert again == pytest.approx(once)


@given(seeds)
def test_order_of_samples_and_names_of_clusters_are_irrelevant(seed):
    rng = np.random.default_rng(seed)
    values, clusters = rng.normal(size=12), rng.permutation(np.repeat([0, 1, 2], 4))
    order = rng.permutation(12)
    named = np.array(["b", "c", "a"])[clusters]
    assert clustered_mean(values[order], named[order]) == pytest.approx(
        clustered_mean(values, clusters)
    )


def test_coverage_of_cluster_robust_interval_is_nominal():
    rng = np.random.default_rng(0)
    clusters = np.repeat(np.arange(30), rng.integers(1, 9, 30))
    held, usual = [], []
    for _ in range(1000):
        values = rng.normal(size=30)[clusters] + 0.5 * rng.normal(size=len(clusters))
        for hits, of in ((held, clusters), (usual, np.arange(len(clusters)))):
            estimate = clustered_mean(values, of)
            hits.append(estimate.low < 0 < estimate.high)
    assert np.mean(held) == pytest.approx(0.94, abs=0.02)
    assert np.mean(usual) < 0.75


def test_interval_of_one_cluster_is_nan():
    result = clustered_mean([1, 0, 1, 1], ["a"] * 4, within=(0, 1))
    assert (
        result.mean == 0.75 and np.isnan([result.low, result.high]).all() and result.clusters == 1
    )


def test_mean_without_samples_is_nan():
    result = clustered_mean([], [])
    assert np.isnan([result.mean, result.low, result.high]).all() and result.clusters == 0


def test_cluster_robust_interval_is_clipped_to_the_range():
    result = clustered_mean([1, 1, 0, 1, 1], [0, 0, 1, 1, 2], within=(0.0, 1.0))
    assert result.high == 1 and result.low == clustered_mean([1, 1, 0, 1, 1], [0, 0, 1, 1, 2]).low


def test_clusters_of_another_shape_raise():
    with pytest.raises(InputError, match=r"clusters: got shape \(2,\), expected \(3,\)"):
        clustered_mean([1, 0, 1], [0, 1])


def test_metrics_do_not_import_slow_libraries():
    code = (
        "import sys, gpuclf.metrics, gpuclf.metrics.intervals;"
        "at_import = {'scipy', 'sklearn', 'pandas'} & sys.modules.keys();"
        "gpuclf.metrics.intervals.paired_test([1, 2, 3], [1, 1, 5], 0.1);"
        "in_use = {'scipy.stats', 'sklearn'} & sys.modules.keys();"
        "sys.exit(str(at_import | in_use) if at_import | in_use else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
