"""Splits by scikit-learn's splitters and by pairs of indices."""

import numpy as np
import pytest
from gpuclf.errors import InputError
from gpuclf.validation.splitter import as_splitter, split_repeats
from sklearn.model_selection import (
    GroupKFold,
    LeaveOneOut,
    PredefinedSplit,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    StratifiedGroupKFold,
    TimeSeriesSplit,
)

Y = np.repeat([0, 1], 6)
GROUPS = np.arange(12) // 2


@pytest.mark.parametrize(
    ("splitter", "shape"),
    [
        (RepeatedStratifiedKFold(n_splits=3, n_repeats=4), (4, 3)),
        (StratifiedGroupKFold(3), (1, 3)),
        (PredefinedSplit(np.arange(12) % 4), (1, 4)),
        (LeaveOneOut(), (1, 12)),
        (ShuffleSplit(7), (1, 7)),
        (TimeSeriesSplit(5), (1, 5)),
        (PredefinedSplit([-1] * 4 + [0] * 4 + [1] * 4), (1, 2)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_folds_in_which_each_clip_is_tested_once_are_a_repeat(splitter, shape):
    repeats = split_repeats(splitter, Y, GROUPS)
    assert (len(repeats), *{len(folds) for folds in repeats}) == shape


def test_splits_are_those_of_the_splitter():
    splitter = ShuffleSplit(3, random_state=1)
    [splits] = split_repeats(splitter, Y, None)
    for split, (train, test) in zip(splits, splitter.split(Y), strict=True):
        assert split.train.tolist() == train.tolist() and split.test.tolist() == test.tolist()


def test_pairs_of_indices_can_be_a_generator_of_masks():
    pairs = ((Y == 0, Y == 1) for _ in range(2))
    splitter = as_splitter(pairs)
    for _ in range(2):  # it can be used again
        [[first, second]] = split_repeats(splitter, Y, None)
        assert first.train.tolist() == second.train.tolist() == list(range(6))
        assert first.test.tolist() == list(range(6, 12))


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([], "cv: got no splits, expected at least one"),
        ([([0, 1], [])], r"cv, split 1, test clips: got an array of shape \(0,\)"),
        ([([0, 1], [2]), ([0.5], [1])], "cv, split 2, training clips: got .* type float64"),
        ([([0, 1], [12])], "cv, split 1, test clips: got 12, expected 0 to 11"),
        ([([0, -1], [2])], "cv, split 1, training clips: got -1"),
        ([([0, 0], [2])], "got the same clip twice"),
        ([[0, 1, 2]], "cv: "),
    ],
)
def test_pairs_that_are_not_indices_raise(pairs, message):
    with pytest.raises(InputError, match=message):
        split_repeats(as_splitter(pairs), Y, None)


def test_an_error_of_the_splitter_is_one_line():
    with pytest.raises(InputError, match="cv: The 'groups' parameter should not be None"):
        split_repeats(GroupKFold(3), Y, None)


@pytest.mark.parametrize("cv", ["kfold", 2.5, True])
def test_a_cv_of_another_type_raises(cv):
    with pytest.raises(InputError, match=f"cv: got {cv!r}, expected a number of folds, a splitter"):
        as_splitter(cv)
