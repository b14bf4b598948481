"""Precision-recall curves and their averages over folds."""

import numpy as np
import pytest
from gpuclf.metrics import mean_precision_recall_curves
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import average_precision_score, precision_recall_curve

few = st.integers(-2, 2).map(float)  # so that scores tie


@given(
    true=arrays(np.int64, 12, elements=st.integers(0, 2)),
    scores=arrays(np.float64, (12, 3), elements=few),
)
def test_curves_and_average_precisions_of_one_fold_equal_sklearn(true, scores):
    curves = mean_precision_recall_curves([(true, scores)])
    present = [label for label in range(3) if (true == label).any()]
    assert curves.chance == pytest.approx(1 / len(present))
    for label in range(3):
        positive = true == label
        if label not in present:
            assert np.isnan(curves.average_precision[label])
            assert np.isnan(curves.precision[label]).all()
            continue
        expected = average_precision_score(positive, scores[:, label])
        assert curves.average_precision[label] == pytest.approx(expected)
        precision, recall, _ = precision_recall_curve(positive, scores[:, label])
        precision, recall = precision[:-1], recall[:-1]  # sklearn appends a perfect point
        for place, value in zip(curves.recall, curves.precision[label], strict=True):
            assert value == pytest.approx(precision[recall >= place - 1e-9].max())


def test_average_is_invariant_to_the_scale_of_each_fold():
    true = np.array([0, 0, 1, 1])
    scores = np.array([[4.0, 1], [1, 2], [2, 3], [3, 4]])
    one = mean_precision_recall_curves([(true, scores)])
    two = mean_precision_recall_curves([(true, scores), (true, 1e6 * scores)])
    np.testing.assert_allclose(two.precision, one.precision)
    np.testing.assert_allclose(two.average_precision, one.average_precision)


def test_folds_without_a_class_are_ignored_in_its_mean():
    scores = np.array([[2.0, 0, 0], [0, 2, 0], [0, 0, 2]])
    whole, part = np.array([0, 1, 2]), np.array([0, 1, 1])
    curves = mean_precision_recall_curves([(whole, scores), (part, scores)])
    assert curves.average_precision[2] == 1.0
