"""Scores of every fold as a table."""

import numpy as np
import pytest
from gpuclf import ClipClassifier, cross_validate

from clips import ONE_CORE, make_clips

CLF = ClipClassifier(backend=ONE_CORE)


@pytest.mark.parametrize("majority_voting", [True, False])
def test_a_row_has_the_scores_and_sizes_of_a_fold(majority_voting):
    options = {"split": "kfold", "folds": 5, "repeats": 2, "majority_voting": majority_voting}
    result = cross_validate(CLF, make_clips(), **options)
    frame = result.to_frame()
    assert frame.equals(result.fold_scores.to_frame())
    scores = frame.pivot(index="repeat", columns="fold", values="test_accuracy")
    np.testing.assert_array_equal(scores, result.scores)
    np.testing.assert_array_equal(frame["test_vector_accuracy"], result.vector_scores.ravel())
    assert (frame["n_train"] + frame["n_test"] == 24).all() and frame["n_test"].sum() == 2 * 24
    balanced = [score.balanced_score for score in result.folds]
    assert frame["test_balanced_accuracy"].tolist() == balanced


def test_the_permutation_test_has_a_row_per_permutation():
    result = cross_validate(CLF, make_clips(), folds=2, repeats=1, permutations=4)
    frame = result.permutation_scores.to_frame()
    assert frame["permutation"].tolist() == [0, 1, 2, 3]
    assert frame["accuracy"].tolist() == result.permuted.tolist()
    worse = (frame["accuracy"] < result.accuracy - 1e-9).sum()
    assert result.p_value == pytest.approx((1 + 4 - worse) / 5)
    without = cross_validate(CLF, make_clips(), folds=2, repeats=1)
    assert len(without.permutation_scores) == 0
