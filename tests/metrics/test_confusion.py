import numpy as np
import pytest
from gpuclf.metrics import (
    accuracy,
    balanced_accuracy,
    confusion_matrices,
    confusion_matrix,
    f1,
    macro_f1,
    precision,
    recall,
)
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

CLASSES = np.arange(4)
labels = st.lists(st.integers(0, 3), min_size=20, max_size=20).map(np.array)
few_labels = st.lists(st.integers(0, 3), min_size=3, max_size=3).map(np.array)


@given(labels, labels)
def test_confusion_matrix_equals_sklearn(true, predicted):
    confusion = confusion_matrix(true, predicted, 4)
    np.testing.assert_array_equal(
        confusion, sklearn_metrics.confusion_matrix(true, predicted, labels=CLASSES)
    )
    assert accuracy(confusion) == sklearn_metrics.accuracy_score(true, predicted)


@pytest.mark.parametrize("n_classes", [2, 7, 300, 600])
def test_confusion_matrices_equal_those_of_single_folds(n_classes):
    rng = np.random.default_rng(0)
    sizes = rng.integers(1, 20, 90)
    true, predicted = ([rng.integers(0, n_classes, size) for size in sizes] for _ in range(2))
    matrices = confusion_matrices(true, predicted, n_classes)
    assert matrices.shape == (90, n_classes, n_classes)
    for fold in range(90):
        alone = sklearn_metrics.confusion_matrix(
            true[fold], predicted[fold], labels=np.arange(n_classes)
        )
        np.testing.assert_array_equal(matrices[fold], alone)


@pytest.mark.parametrize(
    ("ours", "sklearns"),
    [
        (recall, sklearn_metrics.recall_score),
        (precision, sklearn_metrics.precision_score),
        (f1, sklearn_metrics.f1_score),
    ],
)
@given(few_labels, few_labels)
def test_scores_per_class_equal_sklearn_or_nan(ours, sklearns, true, predicted):
    expected = sklearns(true, predicted, labels=CLASSES, average=None, zero_division=np.nan)
    scores = ours(confusion_matrix(true, predicted, 4))
    np.testing.assert_allclose(scores, expected, rtol=1e-14)


@given(few_labels, few_labels)
def test_averages_equal_sklearn_over_present_classes(true, predicted):
    confusion = confusion_matrix(true, predicted, 4)
    tested = sklearn_metrics.recall_score(
        true, predicted, labels=np.unique(true), average="macro", zero_division=np.nan
    )
    assert balanced_accuracy(confusion) == pytest.approx(tested, rel=1e-14)
    either = sklearn_metrics.f1_score(true, predicted, average="macro")
    assert macro_f1(confusion) == pytest.approx(either, rel=1e-14)


def test_untested_class_has_nan_recall_and_zero_f1():
    confusion = confusion_matrix(np.array([0, 0]), np.array([0, 1]), 3)
    np.testing.assert_array_equal(recall(confusion), [0.5, np.nan, np.nan])
    np.testing.assert_array_equal(precision(confusion), [1, 0, np.nan])
    np.testing.assert_array_equal(f1(confusion), [2 / 3, 0, np.nan])
    assert balanced_accuracy(confusion) == 0.5 and macro_f1(confusion) == 1 / 3


def test_balanced_accuracy_weighs_classes_equally():
    confusion = np.array([[98, 0], [2, 0]])
    assert accuracy(confusion) == 0.98 and balanced_accuracy(confusion) == 0.5
