import numpy as np
from gpuclf.metrics import accuracy, confusion_matrix, recall
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

labels = st.lists(st.integers(0, 3), min_size=20, max_size=20).map(np.array)


@given(labels, labels)
def test_as_scikit_learn_counts(true, predicted):
    confusion = confusion_matrix(true, predicted, 4)
    classes = np.arange(4)
    np.testing.assert_array_equal(
        confusion, sklearn_metrics.confusion_matrix(true, predicted, labels=classes)
    )
    assert accuracy(confusion) == sklearn_metrics.accuracy_score(true, predicted)
    expected = sklearn_metrics.recall_score(
        true, predicted, labels=classes, average=None, zero_division=np.nan
    )
    np.testing.assert_array_equal(recall(confusion), expected)
