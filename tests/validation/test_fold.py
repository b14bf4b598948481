"""Folds: name, digest, inner folds, check of training and test."""

from dataclasses import replace

import numpy as np
import pytest
from gpuclf.errors import InputError
from gpuclf.validation.fold import Fold, check_disjoint, inner_folds
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

Y = np.repeat([0, 1, 2], 10)
FOLD = Fold(repeat=1, number=2, train=np.arange(30)[::2], test=np.arange(30)[1::2], y=Y)


def test_name_of_a_fold_counts_from_1():
    assert str(FOLD) == "fold 3 of repeat 2"
    assert str(inner_folds(FOLD, None, None, 2, 0)[1]) == "inner fold 2 of fold 3 of repeat 2"


def test_digest_depends_on_training_test_labels_and_start():
    assert replace(FOLD, number=0, repeat=0, scores_only=True).digest == FOLD.digest
    others = [
        replace(FOLD, train=FOLD.train[1:]),
        replace(FOLD, test=FOLD.test[::-1]),
        replace(FOLD, train=FOLD.test, test=FOLD.train),
        replace(FOLD, y=Y[::-1]),
        replace(FOLD, base=FOLD.train),
        replace(FOLD, base=FOLD.train[1:]),
    ]
    assert len({FOLD.digest, *(other.digest for other in others)}) == 7


@pytest.mark.parametrize("groups", [None, np.arange(30) // 3])
def test_inner_folds_are_scikit_learns_stratified_folds_of_the_training_clips(groups):
    splitter = StratifiedKFold if groups is None else StratifiedGroupKFold
    expected = splitter(3, shuffle=True, random_state=5).split(
        FOLD.train, Y[FOLD.train], None if groups is None else groups[FOLD.train]
    )
    for (train, test), one in zip(expected, inner_folds(FOLD, groups, None, 3, 5), strict=True):
        np.testing.assert_array_equal(one.train, FOLD.train[train])
        np.testing.assert_array_equal(one.test, FOLD.train[test])
        assert one.outer is FOLD and one.y is FOLD.y and one.scores_only


def test_inner_folds_start_from_the_training_clips_of_their_fold():
    assert all(one.base is FOLD.train for one in inner_folds(FOLD, None, None, 3, 0))


def test_class_with_one_training_clip_is_in_one_of_two_inner_test_sets():
    few = replace(FOLD, y=np.where(np.arange(30) < 2, 0, 1))
    folds = inner_folds(few, None, None, 2, 0)
    assert sum(0 in few.y[one.test] for one in folds) == 1


@pytest.mark.parametrize(
    ("fold", "groups", "count", "message"),
    [
        (
            FOLD,
            np.arange(30) // 10,
            4,
            "fold 3 of repeat 2, inner folds: got 4, expected at most 1: class 0 has clips of 1 gr",
        ),
        (
            FOLD,
            None,
            16,
            "fold 3 of repeat 2, inner folds: got 16, expected at most 5: class 0 has 5 clips",
        ),
    ],
)
def test_too_few_clips_for_inner_folds_raise_and_name_the_fold(fold, groups, count, message):
    with pytest.raises(InputError, match=f"^{message}"):
        inner_folds(fold, groups, None, count, 0)


@given(st.data())
def test_check_disjoint_raises_if_and_only_if_training_and_test_overlap(data):
    units = np.array(data.draw(st.lists(st.integers(0, 9), min_size=10, max_size=10)))
    train = data.draw(st.lists(st.integers(0, 9), min_size=1))
    test = data.draw(st.lists(st.integers(0, 9), min_size=1))
    fold = Fold(0, 0, np.array(train), np.array(test), np.zeros(10, int))
    names = np.array([f"artist {number}" for number in range(10)])
    overlap = set(units[train]) & set(units[test])
    if not overlap:
        check_disjoint(fold, units, names)
    else:
        with pytest.raises(InputError, match="in training and in test") as caught:
            check_disjoint(fold, units, names)
        assert any(f"'artist {unit}'" in str(caught.value) for unit in overlap)
