"""Probabilities and rejection of ClipClassifier."""

import pickle

import numpy as np
import pytest
from gpuclf import ClipClassifier
from gpuclf.errors import InputError
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_validate, train_test_split

from clips import make_clips
from fence import FENCE, FenceArray

CLIPS = make_clips(clips=80, apart=0.5)
X, NEW, Y, NEW_Y = train_test_split(CLIPS.X, CLIPS.y, stratify=CLIPS.y, random_state=0)


def test_probabilities_require_the_parameter():
    assert not hasattr(ClipClassifier(), "predict_proba")
    assert not hasattr(ClipClassifier(probability=True), "accepts")
    assert hasattr(ClipClassifier(probability=True), "predict_proba")
    with pytest.raises(NotFittedError):
        ClipClassifier(probability=True).predict_proba(X)


def test_probabilities_change_no_prediction(svm_backend):
    plain = ClipClassifier(backend=svm_backend).fit(X, Y)
    calibrated = ClipClassifier(probability=True, backend=svm_backend).fit(X, Y)
    for method in ("predict", "vote_counts", "decision_function"):
        np.testing.assert_array_equal(getattr(plain, method)(NEW), getattr(calibrated, method)(NEW))


def test_probabilities_are_in_the_order_of_the_classes():
    names = np.array(["rain", "dog", "cat"])
    by_code = ClipClassifier(probability=True, backend="cpu").fit(X, Y)
    by_name = ClipClassifier(probability=True, backend="cpu").fit(X, names[Y])
    assert by_name.classes_.tolist() == ["cat", "dog", "rain"]
    probabilities = by_name.predict_proba(NEW)
    np.testing.assert_allclose(probabilities, by_code.predict_proba(NEW)[:, ::-1], atol=0.01)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


def test_clip_is_accepted_if_the_probability_of_its_vote_reaches_the_threshold():
    clf = ClipClassifier(probability=True, target_precision=0.85, backend="cpu").fit(X, Y)
    sure = clf.predict_proba(NEW)[np.arange(len(NEW)), clf.predict(NEW)]
    accepted = clf.accepts(NEW)
    np.testing.assert_array_equal(accepted, sure >= clf.rejection_.threshold)
    assert 0 < accepted.mean() < 1
    correct = clf.predict(NEW) == NEW_Y
    assert correct[accepted].mean() > correct.mean()
    assert 0 < clf.rejection_.coverage < 1


def test_higher_precision_accepts_fewer_clips():
    accepted = [
        ClipClassifier(probability=True, target_precision=p, backend="cpu").fit(X, Y).accepts(NEW)
        for p in (0.75, 0.8, 0.9)
    ]
    assert accepted[0].sum() > accepted[1].sum() > accepted[2].sum()


def test_unreachable_precision_is_a_warning_and_rejects_all_clips():
    clf = ClipClassifier(probability=True, target_precision=0.999, backend="cpu")
    with pytest.warns(UserWarning, match="^no threshold has the precision 0.999: all clips are"):
        clf.fit(X, Y)
    assert not clf.accepts(NEW).any() and np.isnan(clf.rejection_.precision)


def test_results_are_on_the_device_of_the_input():
    clf = ClipClassifier(probability=True, target_precision=0.85, backend=FENCE).fit(X, Y)
    for method in ("predict_proba", "accepts"):
        on_host, on_device = (getattr(clf, method)(x) for x in (NEW, FENCE.asarray(NEW)))
        assert isinstance(on_host, np.ndarray) and isinstance(on_device, FenceArray)
        np.testing.assert_array_equal(FENCE.to_host(on_device), on_host)


def test_groups_reach_the_inner_folds():
    groups = np.arange(len(Y)) // 3
    apart, together = (
        ClipClassifier(probability=True, backend="cpu").fit(X, Y, groups=g).calibration_
        for g in (None, groups)
    )
    assert apart.decision_weight != together.decision_weight
    with pytest.raises(InputError, match=r"^groups: got shape \(2,\)"):
        ClipClassifier(probability=True, backend="cpu").fit(X, Y, groups=[0, 1])


def test_groups_of_a_splitter_are_routed_to_the_inner_folds():
    groups = np.arange(len(Y)) // 3
    clf = ClipClassifier(probability=True, backend="cpu")
    with config_context(enable_metadata_routing=True):
        options = {"cv": GroupKFold(2), "params": {"groups": groups}}
        [fitted, _] = cross_validate(clf, X, Y, return_estimator=True, **options)["estimator"]
    [(train, _), _] = GroupKFold(2).split(X, Y, groups)
    expected = clone(clf).fit(X[train], Y[train], groups=groups[train])
    np.testing.assert_array_equal(fitted.calibration_.bias, expected.calibration_.bias)


def test_probabilities_survive_a_pickle():
    clf = ClipClassifier(probability=True, target_precision=0.7, backend="cpu").fit(X, Y)
    loaded = pickle.loads(pickle.dumps(clf))
    np.testing.assert_array_equal(loaded.predict_proba(NEW), clf.predict_proba(NEW))
    np.testing.assert_array_equal(loaded.accepts(NEW), clf.accepts(NEW))


def test_scikit_learn_scores_probabilities():
    search = GridSearchCV(
        ClipClassifier(probability=True, n_vectors_per_clip=3, backend="cpu"),
        {"C": [1e-3, 1.0]},
        scoring="neg_log_loss",
        cv=3,
    ).fit(X.reshape(len(X), -1), Y)
    assert search.best_score_ > -np.log(3)
