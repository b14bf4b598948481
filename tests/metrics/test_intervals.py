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


# The corrected interval of a cross-validation's mean.


@given(seeds, LEVELS)
def test_uncorrected_it_is_the_usual_interval_of_students_t(seed, level):
    scores = np.random.default_rng(seed).normal(size=(3, 5))
    usual = stats.ttest_1samp(scores.ravel(), 0).confidence_interval(level)
    assert corrected_interval(scores, 0, level)[:2] == pytest.approx(tuple(usual), rel=1e-9)


def test_the_correction_is_that_of_nadeau_and_bengio():
    scores = np.array([[0.5, 0.6, 0.8], [0.7, 0.9, 0.4]])
    error = np.sqrt(scores.var(ddof=1) * (1 / 6 + 1 / 9))
    low, high, level = corrected_interval(scores, 1 / 9, level=0.9)
    assert (low, high) == pytest.approx(stats.t.interval(0.9, 5, scores.mean(), error))
    assert level == 0.9


@given(seeds)
def test_more_repeats_narrow_it_only_as_far_as_the_folds_overlap(seed):
    scores = np.random.default_rng(seed).normal(size=(1, 10))
    many = np.tile(scores, (1000, 1))
    low, high, _ = corrected_interval(many, 1 / 9)
    assert high - low == pytest.approx(2 * 1.96 * scores.std() / 3, rel=1e-2)


def test_scores_that_are_missing_are_left_out():
    scores = np.array([[0.5, np.nan], [0.75, 0.8]])
    assert corrected_interval(scores, 0.2) == corrected_interval([0.5, 0.75, 0.8], 0.2)


@pytest.mark.parametrize("scores", [[], [0.5], [np.nan, 0.5]])
def test_fewer_than_two_scores_have_no_interval(scores):
    low, high, level = corrected_interval(scores, 0.1, 0.9, within=(0, 1))
    assert np.isnan([low, high]).all() and level == 0.9


def test_an_accuracy_cannot_leave_its_bounds():
    scores = [0.9, 1.0, 1.0]
    assert corrected_interval(scores, 0.5).high > 1
    clipped = corrected_interval(scores, 0.5, within=(0.0, 1.0))
    assert clipped.high == 1 and clipped.low == corrected_interval(scores, 0.5).low


def test_scores_that_are_all_the_same_have_an_interval_of_no_width():
    assert corrected_interval(np.ones((2, 5)), 1 / 9) == (1, 1, 0.95)


@pytest.mark.parametrize("level", [0, 1, 95, np.nan])
def test_a_level_is_a_share(level):
    for call in (
        lambda: corrected_interval([0.5, 0.6], 0.1, level),
        lambda: paired_test([0.5, 0.6], [0.5, 0.7], 0.1, level),
        lambda: clustered_mean([1, 0], [0, 1], level),
    ):
        with pytest.raises(InputError, match=f"level: got {level}, expected a number above 0"):
            call()


@pytest.mark.parametrize("ratio", [-0.1, np.nan, np.inf])
def test_a_ratio_of_samples_is_not_negative(ratio):
    with pytest.raises(InputError, match=f"test_to_train: got {ratio}"):
        corrected_interval([0.5], ratio)


# The comparison of two classifiers.


@given(seeds, LEVELS)
def test_uncorrected_it_is_the_usual_paired_t_test(seed, level):
    a, b = np.random.default_rng(seed).normal(size=(2, 3, 5))
    usual = stats.ttest_rel(a.ravel(), b.ravel())
    found = paired_test(a, b, 0, level)
    assert (found.t, found.p) == pytest.approx((usual.statistic, usual.pvalue), rel=1e-8)
    assert (found.low, found.high) == pytest.approx(
        tuple(usual.confidence_interval(level)), rel=1e-8
    )
    assert found.difference == pytest.approx(np.mean(a - b)) and found.count == 15


@given(seeds, RATIOS)
def test_its_interval_is_the_corrected_one_of_the_differences(seed, ratio):
    a, b = np.random.default_rng(seed).normal(size=(2, 3, 5))
    found = paired_test(a, b, ratio, 0.9)
    expected = corrected_interval(a - b, ratio, 0.9)
    assert (found.low, found.high, found.level) == pytest.approx(expected)


@given(seeds, seeds, RATIOS, LEVELS)
def test_it_is_significant_just_where_the_interval_leaves_out_zero(seed, other, ratio, level):
    found = paired_test(accuracies(seed), accuracies(other), ratio, level)
    if abs(found.p - (1 - level)) > 1e-6:
        assert (found.p < 1 - level) == (not found.low <= 0 <= found.high)


@given(seeds, seeds, RATIOS)
def test_the_second_less_the_first_is_the_opposite(seed, other, ratio):
    a, b = accuracies(seed), accuracies(other)
    there, back = paired_test(a, b, ratio), paired_test(b, a, ratio)
    assert (back.difference, back.t, back.p) == (-there.difference, -there.t, there.p)
    assert (back.low, back.high) == (-there.high, -there.low)


def test_equal_scores_do_not_differ_however_they_were_summed():
    scores = np.array([0.1 + 0.2, 0.5, 0.7])
    for other in (scores, np.array([0.3, 0.5, 0.7])):
        assert astuple(paired_test(scores, other, 0.1)) == (0, 0, 0, 0, 1, 3, 0.95)


def test_the_same_difference_in_every_fold_is_no_proof_of_anything():
    b = np.array([0.1, 0.3, 0.7])
    found = paired_test(b + 0.1, b, 1 / 9)
    assert np.ptp((b + 0.1) - b) > 0  # were it not rounded, p would be next to nothing
    assert (found.low, found.difference, found.high) == pytest.approx((0.1, 0.1, 0.1))
    assert np.isnan([found.t, found.p]).all()


def test_folds_that_one_of_them_lacks_are_left_out():
    a, b = np.array([0.5, np.nan, 0.75, 0.8]), np.array([0.4, 0.5, 0.7, np.nan])
    assert paired_test(a, b, 0.1) == paired_test(a[[0, 2]], b[[0, 2]], 0.1)


@pytest.mark.parametrize(("a", "b", "count"), [([], [], 0), ([0.5], [0.4], 1)])
def test_fewer_than_two_pairs_cannot_be_compared(a, b, count):
    found = paired_test(a, b, 0.1)
    assert found.count == count and np.isnan([found.low, found.high, found.t, found.p]).all()


def test_scores_of_other_folds_cannot_be_compared():
    with pytest.raises(InputError, match=r"got shapes \(2, 5\) and \(10,\), expected one"):
        paired_test(np.ones((2, 5)), np.ones(10), 0.1)


# Permuted labels.


@given(st.lists(st.integers(0, 100), min_size=1, max_size=30, unique=True))
def test_if_labels_mean_nothing_every_p_is_as_likely(scores):
    found = [permutation_p(own, [s for s in scores if s != own]) for own in sorted(scores)]
    np.testing.assert_allclose(found, np.arange(len(scores), 0, -1) / len(scores))


def test_a_p_is_never_nothing():
    assert permutation_p(0.9, np.full(99, 0.1)) == 0.01
    assert permutation_p(0.9, []) == 1


def test_a_score_that_is_the_same_but_for_rounding_is_as_good():
    assert permutation_p(0.1 + 0.2, [0.3, 0.2]) == 2 / 3
    assert permutation_p(0.3, [0.1 + 0.2, 0.2]) == 2 / 3
    assert permutation_p(0.3, [0.3 - 1e-9, 0.2]) == 1 / 3


def test_a_score_that_is_missing_counts_against_the_observed_one():
    assert permutation_p(0.9, [np.nan, 0.1, 0.2]) == permutation_p(0.9, [1.0, 0.1, 0.2]) == 0.5
    assert permutation_p(np.nan, [0.1, 0.2]) == 1


# The mean over samples in clusters.


@given(seeds, LEVELS)
def test_if_each_sample_is_its_own_cluster_it_is_the_usual_interval(seed, level):
    values = np.random.default_rng(seed).normal(size=12)
    usual = stats.ttest_1samp(values, 0).confidence_interval(level)
    found = clustered_mean(values, np.arange(12), level)
    assert (found.low, found.high) == pytest.approx(tuple(usual), rel=1e-9, abs=1e-12)
    assert (found.mean, found.level, found.clusters) == (values.mean(), level, 12)


@given(seeds, st.integers(2, 5))
def test_copies_of_a_sample_in_its_cluster_tell_nothing_new(seed, copies):
    values = np.random.default_rng(seed).normal(size=12)
    clusters = np.arange(12) % 4
    once = clustered_mean(values, clusters)
    again = clustered_mean(np.repeat(values, copies), np.repeat(clusters, copies))
    assert again == pytest.approx(once)


@given(seeds)
def test_neither_the_order_of_samples_nor_the_names_of_clusters_matter(seed):
    rng = np.random.default_rng(seed)
    values, clusters = rng.normal(size=12), rng.permutation(np.repeat([0, 1, 2], 4))
    order = rng.permutation(12)
    named = np.array(["b", "c", "a"])[clusters]
    assert clustered_mean(values[order], named[order]) == pytest.approx(
        clustered_mean(values, clusters)
    )


def test_its_interval_holds_the_truth_where_the_usual_one_does_not():
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


def test_one_cluster_tells_nothing_of_others():
    found = clustered_mean([1, 0, 1, 1], ["a"] * 4, within=(0, 1))
    assert found.mean == 0.75 and np.isnan([found.low, found.high]).all() and found.clusters == 1


def test_no_sample_tells_nothing():
    found = clustered_mean([], [])
    assert np.isnan([found.mean, found.low, found.high]).all() and found.clusters == 0


def test_a_share_of_samples_cannot_leave_its_bounds():
    found = clustered_mean([1, 1, 0, 1, 1], [0, 0, 1, 1, 2], within=(0.0, 1.0))
    assert found.high == 1 and found.low == clustered_mean([1, 1, 0, 1, 1], [0, 0, 1, 1, 2]).low


def test_each_sample_has_a_cluster():
    with pytest.raises(InputError, match=r"clusters: got shape \(2,\), expected \(3,\)"):
        clustered_mean([1, 0, 1], [0, 1])


def test_measuring_loads_none_of_the_slow_libraries():
    code = (
        "import sys, gpuclf.metrics, gpuclf.metrics.intervals;"
        "at_import = {'scipy', 'sklearn', 'pandas'} & sys.modules.keys();"
        "gpuclf.metrics.intervals.paired_test([1, 2, 3], [1, 1, 5], 0.1);"
        "in_use = {'scipy.stats', 'sklearn'} & sys.modules.keys();"
        "sys.exit(str(at_import | in_use) if at_import | in_use else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
