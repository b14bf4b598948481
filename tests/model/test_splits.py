"""Splits of clips, compared with scikit-learn; groups are never split."""

import numpy as np
import pytest
from gpuclf.errors import InputError
from gpuclf.model.splits import largest_folds, make_splits
from hypothesis import given
from hypothesis import strategies as st
from sklearn import model_selection

Y = np.repeat([0, 1, 2], 10)


@pytest.mark.parametrize(
    ("split", "reference"),
    [
        ("shuffle", lambda seed: model_selection.ShuffleSplit(5, test_size=0.2, random_state=seed)),
        (
            "stratified-shuffle",
            lambda seed: model_selection.StratifiedShuffleSplit(
                5, test_size=0.2, random_state=seed
            ),
        ),
        ("kfold", lambda seed: model_selection.KFold(5, shuffle=True, random_state=seed)),
        (
            "stratified-kfold",
            lambda seed: model_selection.StratifiedKFold(5, shuffle=True, random_state=seed),
        ),
    ],
)
def test_splits_equal_those_of_scikit_learn(split, reference):
    splits = make_splits(Y, split=split, folds=5, test_size=0.2, seed=7)
    for (train, test), one in zip(reference(7).split(Y, Y), splits, strict=True):
        np.testing.assert_array_equal(one.train, train)
        np.testing.assert_array_equal(one.test, test)


@given(
    split=st.sampled_from(["shuffle", "kfold", "stratified-kfold"]),
    groups=st.lists(st.integers(0, 7), min_size=21, max_size=21),
    seed=st.integers(0, 1000),
)
def test_groups_are_never_split_between_training_and_test(split, groups, seed):
    groups = np.reshape(groups, (3, 7))
    groups = np.hstack([groups, [[0, 1, 2]] * 3]).ravel()  # every class has three groups or more
    for one in make_splits(Y, split=split, folds=3, test_size=0.3, seed=seed, groups=groups):
        assert not set(groups[one.train]) & set(groups[one.test])
        assert sorted([*one.train, *one.test]) == list(range(30))


@given(
    split=st.sampled_from(["shuffle", "stratified-shuffle", "kfold", "stratified-kfold"]),
    seed=st.integers(0, 1000),
)
def test_training_and_test_are_disjoint(split, seed):
    for one in make_splits(Y, split=split, folds=4, test_size=0.25, seed=seed):
        assert len(one.test) and sorted([*one.train, *one.test]) == list(range(30))


def test_predefined_folds_are_tested_in_the_order_of_their_numbers():
    predefined = np.tile([3, 1, 2], 10)
    splits = make_splits(Y, split="predefined", predefined=predefined)
    assert [set(predefined[one.test]) for one in splits] == [{1}, {2}, {3}]
    assert all(len(one.train) == 20 for one in splits)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "random"}, "split: got 'random', expected one of shuffle"),
        ({"test_size": 0}, "test_size: got 0 of 30 clips, expected a fraction"),
        ({"test_size": 0.99}, "test_size: got 0.99 of 30 clips, expected a fraction"),
        ({"split": "kfold", "folds": 31}, "folds: got 31, expected 2 to 30, the number of clips"),
        ({"split": "kfold", "folds": 1}, "folds: got 1, expected 2 to 30"),
        ({"split": "kfold", "folds": 4, "groups": Y}, "expected 2 to 3, the number of groups"),
        ({"split": "stratified-shuffle", "groups": Y}, "got 'stratified-shuffle' with groups"),
        (
            {"split": "stratified-kfold", "folds": 12},
            "folds: got 12, expected at most 10: class 0 has 10",
        ),
        (
            {"split": "stratified-shuffle", "test_size": 0.05},
            "split 'stratified-shuffle'",
        ),
        ({"split": "predefined"}, "got 'predefined' for a file without folds"),
        (
            {"split": "predefined", "predefined": Y * 0},
            "predefined folds: got 1, expected at least 2",
        ),
        (
            {"split": "predefined", "predefined": Y, "groups": np.arange(30) // 4},
            "predefined folds: got group '2' in several folds, expected each",
        ),
    ],
)
def test_infeasible_split_raises(options, message):
    with pytest.raises(InputError, match=message):
        make_splits(Y, **options)


@pytest.mark.parametrize(
    ("y", "groups", "folds", "message"),
    [
        ([0] * 3 + [1] * 9, None, 4, "folds: got 4, expected at most 3: class 'cat' has 3 clips"),
        ([0, 1, 1, 1], None, 3, "folds: got 3, expected at most 2: class 'cat' has 1 clip"),
        (
            [0] * 9 + [1] * 9,
            [*range(9), *[10, 11] * 4, 11],
            5,
            "folds: got 5, expected at most 2: class 'dog' has clips of 2 groups",
        ),
        ([0, 0, 1, 1], [0, 0, 1, 1], 2, "at most 1: class 'cat' has clips of 1 group"),
    ],
)
def test_too_many_stratified_folds_raise_and_name_the_smallest_class(y, groups, folds, message):
    groups = None if groups is None else np.array(groups)
    with pytest.raises(InputError, match=message):
        make_splits(
            np.array(y),
            split="stratified-kfold",
            folds=folds,
            groups=groups,
            labels=("cat", "dog"),
        )


@given(
    sizes=st.lists(st.sampled_from([1, 1, 2, 5, 30]), min_size=4, max_size=12),
    mixed=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_the_largest_number_of_folds_leaves_none_without_test_clips(sizes, mixed, seed):
    groups = np.repeat(np.arange(len(sizes)), sizes)
    y = np.random.default_rng(seed).integers(0, 2, len(groups)) if mixed else groups % 2
    if len(np.unique(y)) < 2:
        return
    folds = largest_folds(y, groups)
    if folds < 2:
        return
    splits = make_splits(y, split="stratified-kfold", folds=folds, groups=groups, seed=seed)
    assert all(len(one.test) and len(one.train) for one in splits)
    assert sorted(np.concatenate([one.test for one in splits])) == list(range(len(y)))
