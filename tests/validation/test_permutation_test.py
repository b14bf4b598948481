"""Permutation test: validity of p-values, permutation among groups, errors."""

from dataclasses import replace

import numpy as np
import pytest
from gpuclf import ClipClassifier, cross_validate
from gpuclf.errors import InputError
from gpuclf.svm import KernelMatrix
from gpuclf.validation import permutation_test as permutation
from gpuclf.validation.fold_fitting import FoldFitting
from gpuclf.validation.label_permutation import permute_labels
from gpuclf.validation.plan import make_plan
from scipy import stats

from clips import ONE_CORE, Reported, make_clips

CLF = ClipClassifier(backend=ONE_CORE)
RUNS, PERMUTATIONS = 120, 19
SHORT = {"split": "stratified-kfold", "folds": 2, "repeats": 2}


@pytest.fixture(scope="module")
def without_signal():
    """Accuracies ``(RUNS, 1 + PERMUTATIONS)`` of noise, the observed one first, and p-values."""
    results = []
    for seed in range(RUNS):
        noise = make_clips(n_classes=2 + seed % 2, clips=6, per_clip=1, n=2, apart=0, seed=seed)
        options = {"split": "kfold", "folds": 3, "repeats": 1, "seed": seed}
        results.append(cross_validate(CLF, noise, permutations=PERMUTATIONS, **options))
    table = np.array([[result.accuracy, *result.permuted] for result in results])
    return table.round(9), np.array([result.p_value for result in results])


def limit_at(level):
    """Number of p-values up to a level that is exceeded with a probability of 1 / 20,000."""
    return stats.binom.ppf(1 - 1 / 20_000, RUNS, level)


LEVELS = np.arange(1, PERMUTATIONS + 1) / (PERMUTATIONS + 1)


def test_p_values_of_noise_are_not_too_small(without_signal):
    """Under the null hypothesis, a p-value is at most a level with at most that probability.

    A correct implementation fails at one of the 19 levels with a probability below 1 / 1000; the
    seeds are fixed. An implementation that does not count ties fails.
    """
    table, p = without_signal
    observed, permuted = table[:, :1], table[:, 1:]
    np.testing.assert_allclose(p, (1 + (permuted >= observed).sum(axis=1)) / (1 + PERMUTATIONS))
    ignoring_ties = (1 + (permuted > observed).sum(axis=1)) / (1 + PERMUTATIONS)
    assert all((p <= level + 1e-9).sum() <= limit_at(level) for level in LEVELS)
    assert any((ignoring_ties <= level + 1e-9).sum() > limit_at(level) for level in LEVELS)


def test_rank_of_the_observed_accuracy_of_noise_is_uniform(without_signal):
    """Chi-square test of ten pairs of ranks, with ties resolved at random.

    A correct implementation fails with a probability of 1 / 200; the seeds are fixed.
    """
    table, _ = without_signal
    without_ties = table + 1e-6 * np.random.default_rng(0).random(table.shape)
    ranks = (without_ties[:, 1:] > without_ties[:, :1]).sum(axis=1)
    counts = np.bincount(ranks // 2, minlength=10)
    assert stats.chisquare(counts).pvalue > 1 / 200


def test_strong_signal_has_the_smallest_possible_p_value():
    result = cross_validate(CLF, make_clips(apart=5.0), permutations=9, folds=4, repeats=1)
    assert result.p_value == 1 / 10 and result.permuted.shape == (9,)
    without = cross_validate(CLF, make_clips(apart=5.0), folds=4, repeats=1)
    assert without.p_value is None and without.permuted.shape == (0,)
    np.testing.assert_array_equal(result.scores, without.scores)


@pytest.mark.parametrize(
    ("options", "columns"),
    [
        ({"split": "shuffle", "folds": 3, "repeats": 2}, {}),
        ({"split": "stratified-kfold", "folds": 3, "repeats": 2}, {}),
        ({"split": "kfold", "folds": 3, "repeats": 1}, {"groups": True}),
        ({"split": "predefined"}, {"folds": np.arange(24) % 3}),
        ({"protocol": "thesis", "majority_voting": False, "folds": 3, "repeats": 1}, {}),
    ],
)
def test_each_permutation_is_a_cross_validation_with_permuted_labels(options, columns):
    vectors = make_clips(**{name: value for name, value in columns.items() if name == "folds"})
    if "groups" in columns:  # two clips of one class per group
        groups = np.empty(24, int)
        groups[np.argsort(vectors.y, kind="stable")] = np.arange(24) // 2
        vectors = replace(vectors, groups=groups)
    result = cross_validate(CLF, vectors, permutations=3, seed=7, **options)
    for number, accuracy in enumerate(result.permuted):
        y = permute_labels(vectors.y, vectors.groups, np.random.default_rng([7, number]))
        assert not np.array_equal(y, vectors.y)
        alone = cross_validate(CLF, replace(vectors, y=y), seed=7, **options)
        assert accuracy == pytest.approx(alone.accuracy, abs=1e-12)


def test_same_seed_gives_the_same_permutations():
    vectors = make_clips()
    first, same, other = (
        cross_validate(CLF, vectors, permutations=5, seed=seed, **SHORT) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first.permuted, same.permuted)
    assert not np.array_equal(first.permuted, other.permuted)


@pytest.fixture
def permuted_labels(monkeypatch):
    """Labels of every permutation."""
    labels = []

    def spy(clips, *args, **options):
        labels.append(clips.y)
        return make_plan(clips, *args, **options)

    monkeypatch.setattr(permutation, "make_plan", spy)
    return labels


def test_labels_are_permuted_among_groups(permuted_labels):
    vectors = make_clips()
    groups = vectors.y * 10 + np.arange(24) % 4  # of different sizes
    cross_validate(CLF, replace(vectors, groups=groups), permutations=8, folds=3, repeats=1)
    assert len({tuple(y) for y in permuted_labels}) == 8
    for y in permuted_labels:
        assert all(len(set(y[groups == group])) == 1 for group in groups)
        assert sorted(y[np.unique(groups, return_index=True)[1]]) == [0] * 4 + [1] * 4 + [2] * 4


def test_permutation_keeps_the_number_of_clips_per_class(permuted_labels):
    vectors = make_clips()
    cross_validate(CLF, vectors, permutations=8, folds=3, repeats=1)
    assert len({tuple(y) for y in permuted_labels}) == 8
    assert all(np.bincount(y).tolist() == [8, 8, 8] for y in permuted_labels)


def big_groups():
    """Clips of two classes, each with one group of six clips and six groups of one clip."""
    vectors = make_clips(n_classes=2, clips=12)
    order = np.argsort(vectors.y, kind="stable")
    groups = np.empty(24, object)
    for label in (0, 1):
        names = [f"big {label}"] * 6 + [f"small {label} {number}" for number in range(6)]
        groups[order[12 * label : 12 * (label + 1)]] = names
    return replace(vectors, groups=groups.astype(str))


@pytest.mark.parametrize(
    ("vectors", "classifier", "options", "message"),
    [
        (
            make_clips(groups=np.array([f"artist {number // 12}" for number in range(24)])),
            {},
            {"split": "shuffle", "test_size": 0.5},
            "permuted labels: got group 'artist 0' with clips of several classes, expected one",
        ),
        (
            big_groups(),
            {"svm_type": "nu", "nu": 0.6},
            {"split": "stratified-kfold"},
            r"permutation \d+, nu: got 0.6, expected at most 0",
        ),
        (make_clips(), {}, {"permute_labels": True}, "permutations: got permute_labels as well"),
        (
            make_clips(),
            {},
            {"permutations": -1},
            "got -1, expected a number at least 0",
        ),
    ],
    ids=["mixed groups", "nu", "twice", "negative"],
)
def test_infeasible_permutations_raise_before_any_fit(
    monkeypatch, vectors, classifier, options, message
):
    def fit(*args):
        raise AssertionError("fitted")

    monkeypatch.setattr(FoldFitting, "__call__", fit)
    with pytest.raises(InputError, match=message):
        cross_validate(
            ClipClassifier(backend=ONE_CORE, **classifier),
            vectors,
            **{"permutations": 20, "folds": 2, "repeats": 1, **options},
        )


def test_kernel_matrix_is_computed_once(monkeypatch):
    computed = []
    real = KernelMatrix.of.__func__

    def of(cls, *args, **options):
        computed.append(args)
        return real(cls, *args, **options)

    monkeypatch.setattr(KernelMatrix, "of", classmethod(of))
    for kernel in ("linear", "rbf"):
        computed.clear()
        clf = ClipClassifier(kernel=kernel, solver="shared", backend=ONE_CORE)
        cross_validate(clf, make_clips(), permutations=5, **SHORT)
        assert len(computed) == 1


def test_folds_of_all_permutations_are_reported():
    reported = Reported()
    cross_validate(CLF, make_clips(), permutations=2, progress=reported, **SHORT)
    assert reported.counts("folds") == [(number, 12) for number in range(1, 13)]
    scores_only = [progress.fold.fold.scores_only for progress in reported.of("folds")]
    assert scores_only == [False] * 4 + [True] * 8
    assert reported.counts("problems")[-1] == (12 * 3, 12 * 3)
