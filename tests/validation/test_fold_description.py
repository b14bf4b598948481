"""Description of folds in words."""

from dataclasses import replace

import numpy as np
import pytest
from gpuclf.validation.fold_description import describe_folds
from gpuclf.validation.options import Validation

from clips import make_clips

CLIPS = make_clips(folds=np.arange(24) % 3)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "20 x 10 random splits, 10 % in the test set"),
        ({"split": "stratified-kfold", "repeats": 5}, "5 x 10 stratified folds"),
        ({"split": "kfold", "repeats": 1, "folds": 3}, "3 folds"),
        ({"split": "predefined"}, "3 predefined folds"),
        (
            {"split": "predefined", "permute_labels": True, "repeats": 2},
            "2 x 3 predefined folds",
        ),
        (
            {"split": "stratified-shuffle", "test_size": 0.25},
            "20 x 10 stratified random splits, 25 % in the test set",
        ),
    ],
)
def test_folds_are_described_by_their_number_and_kind(options, text):
    validation = Validation(**options)
    assert describe_folds(validation, CLIPS) == text
    grouped = replace(CLIPS, groups=np.arange(24))
    assert describe_folds(validation, grouped) == f"{text}, groups kept together"


def test_split_vectors_are_described():
    validation = Validation(protocol="thesis", majority_voting=False, split="kfold")
    assert describe_folds(validation, CLIPS) == "20 x 10 folds, single feature vectors"
