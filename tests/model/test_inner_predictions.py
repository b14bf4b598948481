"""Predictions of training clips by inner folds."""

import numpy as np
import pytest
from gpuclf import ClipClassifier
from gpuclf.backend import resolve
from gpuclf.errors import InputError
from gpuclf.model.calibration import ClipScores
from gpuclf.model.inner_predictions import InnerPredictions, inner_predictions
from gpuclf.model.splits import inner_splits

from clips import make_clips

CPU = resolve("cpu")
CLIPS = make_clips(clips=12, apart=0.8)


def predicted(
    clf, X=CLIPS.X, y=CLIPS.y, groups=None, weight=None, solver="shared", backend=CPU, each=None
):
    return inner_predictions(clf, backend.asarray(X), y, groups, weight, each, solver, backend)


PARAMETERS = [{}, {"kernel": "rbf", "C": 3.0, "scale": "std"}, {"svm_type": "nu", "nu": 0.9}]


@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_clips_have_the_scores_of_a_classifier_that_is_trained_on_the_other_folds(
    svm_backend, parameters
):
    clf = ClipClassifier(backend=svm_backend, **parameters)
    inner = predicted(clf, backend=resolve(svm_backend))
    for number, (train, test) in enumerate(inner_splits(CLIPS.y, 5)):
        fitted = ClipClassifier(backend="cpu", **parameters).fit(CLIPS.X[train], CLIPS.y[train])
        of_fold = inner.take(inner.fold == number)
        np.testing.assert_array_equal(of_fold.y, CLIPS.y[test])
        np.testing.assert_array_equal(of_fold.scores.shares, fitted.vote_counts(CLIPS.X[test]) / 3)
        decisions = fitted.judge_vectors(CLIPS.X[test])[1].mean(axis=1)
        np.testing.assert_allclose(of_fold.scores.decisions, decisions, atol=0.02)


@pytest.mark.parametrize("weight", [None, "balanced", {0: 1.0, 1: 5.0, 2: 0.5}], ids=str)
def test_both_solvers_give_the_same_scores(weight):
    clf = ClipClassifier(kernel="rbf", C=2)
    shared, library = (predicted(clf, weight=weight, solver=s) for s in ("shared", "library"))
    np.testing.assert_array_equal(shared.y, library.y)
    np.testing.assert_allclose(shared.scores.decisions, library.scores.decisions, atol=0.02)


def test_both_solvers_apply_the_weights_of_clips():
    each = np.random.default_rng(0).uniform(0.1, 5, len(CLIPS))
    clf = ClipClassifier(C=0.1)
    shared, library = (predicted(clf, each=each, solver=s) for s in ("shared", "library"))
    np.testing.assert_allclose(shared.scores.decisions, library.scores.decisions, atol=0.02)
    assert np.abs(shared.scores.decisions - predicted(clf).scores.decisions).max() > 0.05


def test_precomputed_kernel_and_linear_svm_have_inner_predictions():
    flat = CLIPS.X.reshape(-1, CLIPS.X.shape[2])
    matrix = (flat @ flat.T).reshape(len(CLIPS), 3, -1)
    scores = [
        predicted(ClipClassifier(kernel=kernel, scale="none"), X=X, solver="library").scores
        for kernel, X in (("linear", CLIPS.X), ("precomputed", matrix))
    ]
    np.testing.assert_allclose(scores[0].decisions, scores[1].decisions, atol=0.02)
    inner = predicted(ClipClassifier(svm_type="linear"), solver="library")
    assert inner.correct.mean() > 0.5


def test_clips_of_a_group_are_not_in_training_and_test():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(24), 3)  # clips of a group are nearly equal, labels are random
    y = rng.permutation(np.repeat([0, 1], 12))[groups]
    X = rng.normal(size=(24, 1, 30))[groups] + 0.01 * rng.normal(size=(72, 1, 30))
    clf = ClipClassifier(kernel="rbf", C=100, gamma=1.0, scale="none")
    assert predicted(clf, X, y).correct.all()
    assert predicted(clf, X, y, groups=groups).correct.mean() < 0.7


def test_class_with_one_clip_is_missing_in_the_fold_that_tests_it():
    y = CLIPS.y.copy()
    y[np.flatnonzero(y == 2)[1:]] = 1
    inner = predicted(ClipClassifier(), y=y)
    assert np.isneginf(inner.scores.decisions[inner.y == 2, 2]).all()
    assert len(inner.y) == len(y)


@pytest.mark.parametrize("y", [np.arange(4), np.array([0, 0, 0, 1])], ids=str)
def test_too_few_clips_of_the_classes_are_an_error(y):
    with pytest.raises(InputError, match=r"^probability"):
        predicted(ClipClassifier(), X=CLIPS.X[:4], y=y)


def test_infeasible_nu_of_an_inner_fold_is_an_error():
    y = np.repeat([0, 1], [30, 6])
    with pytest.raises(InputError, match=r"nu: got 0\.4"):
        predicted(ClipClassifier(svm_type="nu", nu=0.4), y=y)


def test_precision_is_estimated_on_folds_that_did_not_choose_the_threshold():
    # All clips of the first fold are classified wrongly, all of the second correctly.
    y = np.tile([0, 1], 20)
    predictions = [1 - y, y]
    decisions = [np.where(np.eye(2, dtype=bool)[each], 3.0, -3.0)[:, None] for each in predictions]
    scores = [ClipScores.of(p[:, None], d) for p, d in zip(predictions, decisions, strict=True)]
    inner = InnerPredictions.of(scores, [y, y])
    rejection = inner.rejection(inner.calibration(), 0.9)
    assert rejection.precision == 0 and rejection.coverage == 0.5
