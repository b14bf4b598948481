"""Probabilities of the test clips of a cross-validation."""

from dataclasses import replace

import numpy as np
import pytest
import sklearn.metrics
from gpuclf import ClipClassifier, cross_validate
from gpuclf.errors import InputError

from clips import ONE_CORE, Reported, make_clips

CLIPS = make_clips(clips=30, apart=0.6)
FOLDS = {"split": "stratified-kfold", "folds": 3, "repeats": 1}


def evaluated(vectors=CLIPS, solver="shared", target=None, reported=None, **validation):
    clf = ClipClassifier(probability=True, target_precision=target, solver=solver, backend=ONE_CORE)
    return cross_validate(clf, vectors, progress=reported, **{**FOLDS, **validation})


def test_accuracy_is_that_without_probabilities():
    plain = cross_validate(ClipClassifier(backend=ONE_CORE), CLIPS, **FOLDS)
    calibrated = evaluated()
    assert plain.probabilities is None
    np.testing.assert_array_equal(plain.confusion, calibrated.confusion)


@pytest.mark.parametrize("solver", ["shared", "library"])
def test_probabilities_are_those_of_a_classifier_fitted_to_the_training_clips(solver):
    result = evaluated(solver=solver, target=0.8)
    held_out, start = result.probabilities, 0
    for number, score in enumerate(result.folds):
        train, test = score.fold.train, score.fold.test
        clf = ClipClassifier(probability=True, target_precision=0.8, solver=solver, backend="cpu")
        clf.fit(CLIPS.X[train], CLIPS.y[train])
        rows = slice(start, start := start + len(test))
        np.testing.assert_array_equal(held_out.predicted[rows], clf.predict(CLIPS.X[test]))
        np.testing.assert_allclose(
            held_out.probabilities[rows], clf.predict_proba(CLIPS.X[test]), atol=0.01
        )
        threshold = held_out.thresholds[0, number]
        assert threshold == pytest.approx(clf.rejection_.threshold, abs=0.01)


@pytest.mark.parametrize("solver", ["shared", "library"])
def test_test_clips_do_not_influence_calibration_and_threshold(solver):
    result = evaluated(solver=solver, target=0.8)
    test = result.folds[0].fold.test
    X = CLIPS.X.copy()
    X[test] = 1000 * np.random.default_rng(1).normal(size=X[test].shape)
    y = CLIPS.y.copy()
    y[test] = np.roll(y[test], 1)
    changed = evaluated(replace(CLIPS, X=X), solver, target=0.8)
    before, after = result.probabilities, changed.probabilities
    assert not np.array_equal(before.predicted[: len(test)], after.predicted[: len(test)])
    exact = {"rtol": 0, "atol": 1e-12 if solver == "library" else 0.02}
    for one, other in [(before, after)]:
        first, second = one.calibrations[0], other.calibrations[0]
        np.testing.assert_allclose(first.bias, second.bias, **exact)
        np.testing.assert_allclose(first.decision_weight, second.decision_weight, **exact)
        np.testing.assert_allclose(first.vote_weight, second.vote_weight, **exact)
        np.testing.assert_allclose(one.thresholds[0, 0], other.thresholds[0, 0], **exact)


def test_metrics_are_those_of_scikit_learn_over_all_test_clips():
    result = evaluated(repeats=2)
    held_out, metrics = result.probabilities, result.metrics["clips"]
    loss = sklearn.metrics.log_loss(held_out.y, held_out.probabilities)
    brier = np.sum((held_out.probabilities - np.eye(3)[held_out.y]) ** 2, axis=1).mean()
    assert metrics["log_loss"].mean == pytest.approx(loss)
    assert metrics["brier_probabilities"].mean == pytest.approx(brier)
    summary = held_out.to_dict()
    assert (summary["log_loss"], summary["brier"]) == pytest.approx((loss, brier))
    assert summary["expected_error"] == held_out.calibration().expected_error
    assert summary["rejection"] is None


def test_calibration_improves_the_softmax_of_decision_values():
    held_out = evaluated(make_clips(clips=100, apart=0.4), folds=5).probabilities
    after, before = map(held_out.summary, (held_out.probabilities, held_out.uncalibrated))
    assert all(after[name] < before[name] for name in before)


def test_coverage_and_precision_are_those_of_the_test_clips():
    held_out = evaluated(make_clips(clips=100, apart=0.4), target=0.7, repeats=2).probabilities
    assert held_out.thresholds.shape == held_out.sizes.shape == (2, 3)
    accepted, correct = held_out.accepted, held_out.predicted == held_out.y
    assert 0 < held_out.coverage == accepted.mean() < 1
    assert held_out.precision == correct[accepted].mean() > correct.mean()
    assert held_out.to_dict()["rejection"]["coverage"] == held_out.coverage


def test_threshold_that_does_not_exist_rejects_all_test_clips():
    held_out = evaluated(target=0.99).probabilities
    assert np.isinf(held_out.thresholds).all() and held_out.coverage == 0
    assert held_out.precision is None
    assert held_out.to_dict()["rejection"]["thresholds"] == [[None] * 3]


def test_groups_are_kept_together_in_inner_folds():
    groups = np.arange(len(CLIPS)) // 3
    result = evaluated(replace(CLIPS, groups=groups))
    [fold, *_] = result.folds
    assert not set(groups[fold.fold.train]) & set(groups[fold.fold.test])
    assert result.probabilities.probabilities.shape == (90, 3)


def test_progress_counts_the_inner_folds():
    reported = Reported()
    evaluated(reported=reported)
    assert reported.counts("folds")[-1] == (18, 18)  # 3 folds, and 5 inner folds of each


def test_interrupted_run_resumes_with_the_same_probabilities():
    store = {}
    checkpoint = type("Store", (dict,), {"put": dict.__setitem__})(store)
    clf = ClipClassifier(probability=True, backend=ONE_CORE)
    first = cross_validate(clf, CLIPS, checkpoint=checkpoint, **FOLDS)
    assert len(checkpoint) == 18
    again = cross_validate(clf, CLIPS, checkpoint=checkpoint, **FOLDS)
    one, other = first.probabilities, again.probabilities
    np.testing.assert_array_equal(one.probabilities, other.probabilities)


def test_single_feature_vectors_have_no_probabilities():
    with pytest.raises(InputError, match=r"^probability: got protocol thesis without majority"):
        evaluated(protocol="thesis", majority_voting=False)
