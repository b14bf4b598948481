"""Verdict: a test against always predicting the most frequent class."""

from dataclasses import replace

import numpy as np
import pytest
from gpuclf import ClipClassifier, FeatureVectors, cross_validate
from gpuclf.metrics import accuracy, balanced_accuracy
from gpuclf.metrics.pooling import Pooling
from gpuclf.validation.verdict import Verdict
from scipy.stats import ttest_1samp

from clips import ONE_CORE, make_clips

CLF = ClipClassifier(backend=ONE_CORE)


def verdict(confusion, ratio=0.0):
    """Verdict on confusion matrices of folds, shape (repeats, folds, 2, 2)."""
    confusion = np.array(confusion)
    pool = Pooling(confusion.sum(axis=(-2, -1)), ratio).pool
    pooled = {
        "accuracy": pool(accuracy, confusion),
        "balanced_accuracy": pool(balanced_accuracy, confusion),
    }
    return Verdict.of(pooled, confusion[0].sum(axis=(0, 2)), ("common", "rare"), ratio)


def random_clips(common, rare, seed=0):
    """Clips whose features are independent of their class."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(common + rare, 3, 5)).astype(np.float32)
    y = np.repeat([0, 1], [common, rare])
    return FeatureVectors(X, y, ("common", "rare"), np.arange(len(y)).astype(str))


@pytest.mark.parametrize("seed", range(3))
def test_random_features_of_imbalanced_classes_are_no_better_than_the_majority_class(seed):
    vectors = random_clips(52, 8, seed)
    result = cross_validate(CLF, vectors, split="stratified-kfold", folds=8, repeats=5)
    assert result.recall[1] < 0.2
    assert result.verdict.metric == "balanced_accuracy"
    assert result.verdict.baseline == 0.5 and abs(result.verdict.value - 0.5) < 0.1
    assert result.verdict.text == "No better than always predicting 'common'"
    assert result.majority == 52 / 60
    assert result.to_dict()["verdict"]["text"] == result.verdict.text
    assert repr(result).startswith("<balanced accuracy ")


def test_metrics_of_a_classifier_that_always_predicts_the_majority_class():
    vectors = random_clips(52, 8)
    still = replace(vectors, X=np.zeros_like(vectors.X))  # nothing to learn from
    result = cross_validate(CLF, still, split="kfold", folds=10, repeats=2)  # folds lack the rare
    clips = result.metrics["clips"]
    assert result.accuracy == pytest.approx(52 / 60)
    assert clips["balanced_accuracy"].mean == 0.5
    assert clips["macro_f1"].mean == pytest.approx(52 / (52 + 4) / 2)
    assert result.verdict.text == "No better than always predicting 'common'"


def test_separable_classes_are_better():
    result = cross_validate(CLF, make_clips(apart=5.0), split="stratified-kfold", folds=4)
    assert result.verdict.metric == "accuracy"
    assert result.verdict.text == "Better than always predicting one class"


def test_balanced_accuracy_leads_if_the_largest_class_is_more_than_half_as_large_again():
    balanced = verdict([[[[5, 1], [2, 2]], [[4, 5], [1, 5]]]])  # 15 and 10
    assert balanced.metric == "accuracy" and balanced.baseline == 15 / 25
    imbalanced = verdict([[[[6, 1], [2, 2]], [[4, 5], [1, 5]]]])
    assert imbalanced.metric == "balanced_accuracy" and imbalanced.baseline == 0.5
    assert imbalanced.most_frequent == "common"


def test_p_value_without_correction_is_that_of_a_one_sample_t_test():
    folds = [[[4, 1], [1, 4]], [[5, 0], [2, 3]], [[3, 2], [2, 3]]]
    expected = ttest_1samp([0.8, 0.8, 0.6], 0.5).pvalue
    assert verdict([folds]).p == pytest.approx(expected)
    assert verdict([folds], ratio=0.5).p > expected


def test_equal_scores_in_all_folds_have_a_verdict_without_p_value():
    perfect = verdict([[[[5, 0], [0, 5]]] * 3])
    assert perfect.text == "Better than always predicting one class" and perfect.p_text == ""
    none = verdict([[[[5, 0], [5, 0]]] * 3])
    assert none.text == "No better than always predicting one class"
    wrong = verdict([[[[0, 5], [5, 0]]] * 3])
    assert wrong.text == "Worse than always predicting one class"


def test_one_fold_is_not_tested():
    one = verdict([[[[5, 0], [0, 5]]]])
    assert one.text.startswith("Not tested (at least two folds required)")
    assert one.to_dict()["p"] is None
