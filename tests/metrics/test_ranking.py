from itertools import combinations

import numpy as np
import pytest
from gpuclf.errors import InputError
from gpuclf.metrics import auc_hand_till, auc_one_vs_rest, class_pairs, in_top_two, pairs_won
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import roc_auc_score, top_k_accuracy_score

N_CLASSES = 4
FAR_BELOW = -1e9  # stands for -inf where scikit-learn takes none


def roc_auc(true, scores):
    """Return the area under the ROC curve, one-vs-rest and by Hand and Till."""
    pairs = class_pairs(np.bincount(true, minlength=scores.shape[1]))
    won = pairs_won(true, scores)
    return np.array([auc_one_vs_rest(won, pairs), auc_hand_till(won, pairs)])


def top_two(true, predicted, scores):
    return in_top_two(true, predicted, scores).mean()


@st.composite
def ranked(draw):
    """Classes, predictions, and scores with many ties, some of them of classes not trained on."""
    samples = draw(st.integers(1, 25))
    classes = arrays(np.int64, samples, elements=st.integers(0, N_CLASSES - 1))
    values = st.sampled_from([-np.inf, -1.5, 0.0, 0.25, 3.0])
    scores = arrays(np.float64, (samples, N_CLASSES), elements=values)
    return draw(classes), draw(classes), draw(scores)


def binary_auc(positive, scores):
    return roc_auc_score(positive, np.maximum(scores, FAR_BELOW))


def mean(values):
    return np.mean(values) if values else np.nan


@given(ranked())
def test_one_vs_rest_equals_mean_binary_auc_of_sklearn(drawn):
    true, _, scores = drawn
    areas = [
        binary_auc(true == c, scores[:, c])
        for c in range(N_CLASSES)
        if 0 < np.sum(true == c) < len(true)
    ]
    assert roc_auc(true, scores)[0] == pytest.approx(mean(areas), abs=1e-12, nan_ok=True)


@given(ranked())
def test_hand_and_till_is_the_mean_of_scikit_learns_areas_of_each_pair(drawn):
    true, _, scores = drawn
    areas = []
    for i, j in combinations(np.unique(true), 2):
        both = np.isin(true, [i, j])
        areas.append(np.mean([binary_auc(true[both] == c, scores[both, c]) for c in (i, j)]))
    assert roc_auc(true, scores)[1] == pytest.approx(mean(areas), abs=1e-12, nan_ok=True)


@given(st.integers(0, 2**32 - 1), st.integers(3, 6))
def test_auc_of_probabilities_equals_sklearn(seed, n_classes):
    rng = np.random.default_rng(seed)
    true = rng.permutation(np.repeat(np.arange(n_classes), rng.integers(1, 6, n_classes)))
    shares = rng.multinomial(12, np.full(n_classes, 1 / n_classes), size=len(true)) / 12
    for area, way in zip(roc_auc(true, shares), ("ovr", "ovo"), strict=True):
        expected = roc_auc_score(true, shares, multi_class=way, average="macro")
        assert area == pytest.approx(expected, abs=1e-12)


@given(ranked(), st.integers(0, 2**32 - 1))
def test_auc_is_invariant_to_order_and_scale(drawn, seed):
    true, _, scores = drawn
    order = np.random.default_rng(seed).permutation(len(true))
    slopes, offsets = np.arange(1, N_CLASSES + 1), np.arange(N_CLASSES)
    again = roc_auc(true[order], (slopes * scores + offsets)[order])
    np.testing.assert_allclose(again, roc_auc(true, scores), atol=1e-12)


def test_binary_auc_equals_sklearn():
    true = np.array([0, 1, 0, 1, 1])
    decision = np.array([-1.0, 0.5, 0.5, 2.0, -3.0])
    area = roc_auc_score(true, decision)
    assert roc_auc(true, np.column_stack([-decision, decision])) == pytest.approx((area, area))


def test_class_frequencies_affect_one_vs_rest_only():
    scores = np.array([[2.0, 0, 0], [0, 2.0, 0], [3.0, 1.0, 1.0]])
    once = roc_auc(np.array([0, 1, 2]), scores)
    often = np.array([0, 1, 2, 2, 2, 2])
    more = roc_auc(often, scores[often])
    assert more[1] == pytest.approx(once[1])
    assert more[0] != pytest.approx(once[0])


def test_equal_scores_have_an_auc_of_one_half():
    true = np.array([0, 0, 1, 1])
    assert roc_auc(true, np.full((4, 2), -np.inf)).tolist() == [0.5, 0.5]


def test_auc_of_one_class_is_nan():
    assert np.isnan(roc_auc(np.array([1, 1]), np.eye(2))).all()


@given(ranked())
def test_second_class_has_highest_score_of_those_not_predicted(drawn):
    true, predicted, scores = drawn
    hits = []
    for own, first, row in zip(true, predicted, scores, strict=True):
        others = [c for c in range(N_CLASSES) if c != first]
        second = max(others, key=lambda c: (row[c], -c))
        hits.append(own in (first, second))
    assert top_two(true, predicted, scores) == np.mean(hits)


@given(st.integers(0, 2**32 - 1))
def test_top_two_equals_sklearn_if_the_highest_score_is_predicted(seed):
    rng = np.random.default_rng(seed)
    true, scores = rng.integers(0, 5, 30), rng.normal(size=(30, 5))
    expected = top_k_accuracy_score(true, scores, k=2, labels=np.arange(5))
    assert top_two(true, scores.argmax(axis=1), scores) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("score", [roc_auc, lambda true, s: top_two(true, true, s)])
def test_nan_scores_raise(score):
    with pytest.raises(InputError, match="scores: got NaN, expected numbers or -inf"):
        score(np.array([0, 1]), np.array([[0.0, 1.0], [np.nan, 1.0]]))


def test_auc_of_several_folds_compares_pairs_of_the_same_fold_only():
    true, scores = np.array([0, 1]), np.array([[1.0, -1.0], [0.0, 0.0]])
    shifted = scores + 10  # a fold on another scale
    won = pairs_won(true, scores) + pairs_won(true, shifted)
    pairs = 2 * class_pairs(np.array([1, 1]))
    assert auc_one_vs_rest(won, pairs) == 1
