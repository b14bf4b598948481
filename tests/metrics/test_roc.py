"""ROC curves and their averages over folds."""

from itertools import pairwise

import numpy as np
import pytest
from gpuclf.metrics import mean_roc_curves
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import auc, roc_curve

few = st.integers(-2, 2).map(float)  # so that scores tie


@given(
    true=arrays(np.int64, 12, elements=st.integers(0, 2)),
    scores=arrays(np.float64, (12, 3), elements=few),
)
def test_curves_and_areas_of_one_fold_equal_sklearn(true, scores):
    curves = mean_roc_curves([(true, scores)])
    for label in range(3):
        positive = true == label
        if positive.all() or not positive.any():
            assert np.isnan(curves.areas[label]) and np.isnan(curves.true_positives[label]).all()
            continue
        false, hits, _ = roc_curve(positive, scores[:, label], drop_intermediate=False)
        assert curves.areas[label] == pytest.approx(auc(false, hits))
        x, y = step_centers(false, hits)
        curve = curves.true_positives[label]
        assert curve[0] == pytest.approx(y[x == 0].max()) and curve[-1] == 1
        for place, value in zip(curves.false_positives[:-1], curve[:-1], strict=True):
            assert y[x <= place].max() <= value + 1e-12
            assert value <= y[x >= place].min() + 1e-12


def step_centers(false, hits):
    """Return the centers of the horizontal and oblique steps of a curve, and its two ends."""
    steps = [
        ((a + b) / 2, (c + d) / 2)
        for (a, b), (c, d) in zip(pairwise(false), pairwise(hits), strict=True)
        if a < b
    ]
    ends = [(0.0, hits[false == 0].max())], [(1.0, hits[false == 1].min()), (1.0, 1.0)]
    return np.array([*ends[0], *steps, *ends[1]]).T


def test_average_of_folds_with_equal_steps_has_no_plateau():
    """Each fold tests one positive and four negative clips."""
    folds = [
        (np.array([0, 1, 1, 1, 1]), np.array([[place, 0], [4.0, 0], [3, 0], [2, 0], [1, 0]]))
        for place in (4.5, 3.5, 2.5, 1.5, 0.5)
    ]
    mean = mean_roc_curves(folds).true_positives[0]
    assert (np.diff(mean[13:88]) > 0).all()  # between the centers of the first and the last step
    assert mean[50] == pytest.approx(0.5)


def test_average_is_invariant_to_the_scale_of_each_fold():
    true = np.array([0, 0, 1, 1])
    good = np.array([[4.0, 1], [3, 2], [2, 3], [1, 4]])
    bad = 1e6 * good[::-1]
    mean = mean_roc_curves([(true, good), (true, bad)])
    assert mean.areas.tolist() == [0.5, 0.5]
    np.testing.assert_allclose(mean.true_positives[0, :-1], 0.5)


def test_class_missing_in_training_has_an_area_of_one_half():
    scores = np.array([[1.0, -np.inf], [2.0, -np.inf], [3.0, -np.inf]])
    curves = mean_roc_curves([(np.array([0, 1, 0]), scores)])
    assert curves.areas[1] == 0.5


def test_folds_without_a_class_are_ignored_in_its_mean():
    scores = np.array([[2.0, 0, 0], [0, 2, 0], [0, 0, 2]])
    whole = np.array([0, 1, 2]), scores
    part = np.array([0, 1, 1]), scores
    curves = mean_roc_curves([whole, part])
    assert curves.areas[2] == 1.0
    assert not np.isnan(curves.mean).any()
