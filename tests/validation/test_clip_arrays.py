"""cross_validate as users of scikit-learn call it: arrays, splitters, pipelines, weights."""

import inspect
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from gpuclf import ClipClassifier, FeatureVectors, cross_validate, cross_validate_grid
from gpuclf import nested_search as search
from gpuclf.errors import InputError
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    LeaveOneGroupOut,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    StratifiedKFold,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from fence import FENCE, FenceArray

RNG = np.random.default_rng(0)
CODES = np.repeat(np.arange(3), 12)
NAMES = np.array(["blues", "jazz", "rock"])[CODES]
X = 0.8 * RNG.normal(size=(3, 1, 4))[CODES] + RNG.normal(size=(36, 5, 4))
GROUPS = np.arange(36) % 6
CLF = ClipClassifier(kernel="rbf", backend="cpu")


def vectors_of(**columns):
    labels = ("blues", "jazz", "rock")
    return FeatureVectors(X, CODES, labels, np.arange(36).astype(str), **columns)


# Arrays.


def test_arrays_have_the_result_of_feature_vectors():
    expected = cross_validate(CLF, vectors_of(groups=GROUPS), split="kfold", folds=3, repeats=2)
    for labels in (NAMES, NAMES.tolist(), pd.Series(NAMES, index=range(100, 136))):
        got = cross_validate(CLF, X, labels, groups=GROUPS, split="kfold", folds=3, repeats=2)
        assert got.to_dict() | {"seconds": 0} == expected.to_dict() | {"seconds": 0}


def test_rows_are_divided_into_vectors_or_are_one_vector_each():
    rows = X.reshape(36, 20)
    clf = clone(CLF).set_params(n_vectors_per_clip=5)
    expected = cross_validate(CLF, X, NAMES, cv=3)
    for given in (rows, pd.DataFrame(rows), rows.tolist()):
        np.testing.assert_array_equal(
            cross_validate(clf, given, NAMES, cv=3).vector_scores, expected.vector_scores
        )
    single = cross_validate(CLF, rows, NAMES, cv=3)
    np.testing.assert_array_equal(single.scores, single.vector_scores)
    assert single.clips.votes.sum() == 36


def test_labels_and_groups_replace_those_of_feature_vectors():
    other = np.where(CODES == 2, "noise", "music")
    got = cross_validate(CLF, vectors_of(), other, groups=GROUPS, cv=LeaveOneGroupOut())
    assert got.labels == ("music", "noise") and got.scores.shape == (1, 6)


def test_arrays_on_the_device_stay_there():
    clf = clone(CLF).set_params(backend=FENCE)
    got = cross_validate(clf, FenceArray(X), NAMES, cv=3)
    np.testing.assert_array_equal(got.scores, cross_validate(CLF, X, NAMES, cv=3).scores)


def test_class_weights_are_those_of_the_labels():
    """Labels 1 and 2 are the classes 0 and 1: the weight of the label 1 is not that of class 1."""
    y = np.where(CODES == 0, 1, 2)
    weights = {1: 5.0, 2: 0.2}
    got = cross_validate(clone(CLF).set_params(class_weight=weights), X, y, cv=3)
    named = clone(CLF).set_params(class_weight={"a": 5.0, "b": 0.2})
    expected = cross_validate(named, X, np.where(CODES == 0, "a", "b"), cv=3)
    np.testing.assert_array_equal(got.confusion, expected.confusion)
    with pytest.raises(InputError, match="class_weight: got 'rok', expected rock"):
        cross_validate(clone(CLF).set_params(class_weight={"rok": 2}), X, NAMES, cv=3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"X": X[0]}, r"y: .*inconsistent numbers of samples"),
        ({"X": X[:, 0, 0]}, r"X: got an array of shape \(36,\), expected shape \(clips, V, n\) or"),
        ({"X": X[..., None]}, r"X: got an array of shape \(36, 5, 4, 1\)"),
        ({"X": np.where(X > 3, np.nan, X * 10)}, "X: got NaN or infinity, expected finite"),
        ({"X": [["a"]] * 36}, "X: .*could not convert string to float"),
        ({"y": None}, "y: got None, expected the label of every clip"),
        ({"y": np.linspace(0, 1, 36)}, "y: Unknown label type: continuous"),
        ({"groups": GROUPS[:-1]}, r"groups: got an array of shape \(35,\)"),
        ({"sample_weight": -np.ones(36)}, "sample_weight: got -1.0"),
        ({"estimator": StandardScaler()}, "estimator: got StandardScaler, expected a ClipCl"),
        ({"estimator": GridSearchCV(CLF, {"C": [1]})}, "estimator: got GridSearchCV"),
        (
            {"estimator": make_pipeline(StandardScaler(), PCA())},
            "estimator: got Pipeline that ends with PCA",
        ),
        ({"estimator": ClipClassifier(n_vectors_per_clip=7), "X": X.reshape(36, 20)}, "a divisor"),
    ],
)
def test_invalid_arguments_raise_one_line(change, message):
    arguments = {"estimator": CLF, "X": X, "y": NAMES, "cv": 3} | change
    with pytest.raises(InputError, match=message) as caught:
        cross_validate(**arguments)
    assert "\n" not in str(caught.value)


# Keywords.


def test_parameters_are_explicit_and_have_the_descriptions_of_the_settings():
    parameters = inspect.signature(cross_validate).parameters
    assert not any(one.kind is one.VAR_KEYWORD for one in parameters.values())
    assert {"cv", "groups", "folds", "split", "seed", "sample_weight"} <= parameters.keys()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cross_validate(CLF, X, NAMES, fold=3), "cross_validate: .*'fold', expected folds"),
        (
            lambda: cross_validate_grid(CLF, vectors_of(), {"C": [1]}, repeat=3),
            "cross_validate_grid: got unknown parameter 'repeat', expected repeats",
        ),
        (
            lambda: search(CLF, vectors_of(), {"C": [1]}, test_siz=0.1),
            "nested_search: got unknown parameter 'test_siz', expected test_size",
        ),
    ],
)
def test_a_misspelled_parameter_is_one_line_that_names_the_nearest(call, message):
    with pytest.raises(InputError, match=message):
        call()


# Splitters.


@pytest.mark.parametrize(
    "cv",
    [
        StratifiedKFold(4),
        GroupKFold(3),
        LeaveOneGroupOut(),
        ShuffleSplit(5, random_state=0),
        [(np.arange(24), np.arange(24, 36)), (np.arange(12, 36), np.arange(12))],
    ],
    ids=lambda cv: type(cv).__name__,
)
def test_scores_are_those_of_cross_val_score_with_the_same_splitter(cv):
    groups = GROUPS if isinstance(cv, GroupKFold | LeaveOneGroupOut) else None
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "fold .* has no clip of class", UserWarning)
        got = cross_validate(CLF, X, NAMES, groups=groups, cv=cv)
    expected = cross_val_score(CLF, X, NAMES, groups=groups, cv=cv)
    np.testing.assert_array_equal(got.scores, expected[None])


def test_a_number_of_folds_is_stratified_and_keeps_groups_together():
    got = cross_validate(CLF, X, NAMES, groups=GROUPS, cv=3, repeats=2, seed=4)
    assert got.scores.shape == (2, 3)
    settings = {"split": "stratified-kfold", "folds": 3, "repeats": 2, "seed": 4}
    expected = cross_validate(CLF, X, NAMES, groups=GROUPS, **settings)
    assert got.splits == expected.splits
    for fold in got.folds:
        assert set(GROUPS[fold.fold.test]).isdisjoint(GROUPS[fold.fold.train])


def test_repeats_of_a_splitter_are_repeats_of_the_result():
    cv = RepeatedStratifiedKFold(n_splits=3, n_repeats=4, random_state=0)
    assert cross_validate(CLF, X, NAMES, cv=cv).scores.shape == (4, 3)


def test_a_splitter_that_divides_a_group_raises_before_any_fit():
    with pytest.raises(InputError, match=r"fold 1 of repeat 1: got '\d' in training and in test"):
        cross_validate(CLF, X, NAMES, groups=GROUPS, cv=StratifiedKFold(3))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cv": 3, "folds": 5}, "folds: got 5 with cv, expected only one of the two"),
        ({"cv": GroupKFold(3), "repeats": 5}, "repeats: got 5 with cv"),
        ({"cv": 3, "test_size": 0.2}, "test_size: got 0.2 with cv"),
        ({"cv": 1}, "folds: got 1, expected 2 to 36"),
        ({"cv": 13}, "folds: got 13, expected at most 12: class 'blues' has 12 clips"),
        ({"cv": True}, "cv: got True"),
        (
            {"cv": StratifiedKFold(3), "protocol": "thesis", "majority_voting": False},
            "cv: got feature vectors to split",
        ),
    ],
)
def test_settings_that_cv_replaces_raise(options, message):
    with pytest.raises(InputError, match=message):
        cross_validate(CLF, X, NAMES, **options)


def test_permutation_test_splits_permuted_labels_with_the_splitter():
    result = cross_validate(CLF, X, NAMES, cv=StratifiedKFold(3), permutations=5)
    assert result.permuted.shape == (5,) and result.permuted.mean() < result.accuracy
    permuted = cross_validate(CLF, X, NAMES, cv=StratifiedKFold(3), permute_labels=True)
    assert permuted.accuracy < result.accuracy


# Weights.


@pytest.mark.parametrize("solver", ["shared", "library"])
@pytest.mark.parametrize("scale", ["none", "std"])
def test_weights_are_those_of_fit(svm_backend, solver, scale):
    weight = np.where(CODES == 1, 20.0, 0.1) * RNG.uniform(0.5, 2, 36)
    weight[::5] = 0
    clf = ClipClassifier(C=0.05, scale=scale, solver=solver, backend=svm_backend)
    cv = StratifiedKFold(4, shuffle=True, random_state=0)
    got = cross_validate(clf, X, NAMES, cv=cv, sample_weight=weight)
    unweighted = cross_validate(clf, X, NAMES, cv=cv)
    expected = [
        clone(clf)
        .fit(X[train], NAMES[train], sample_weight=weight[train])
        .score_vectors(X[test], NAMES[test])
        for train, test in cv.split(X, NAMES)
    ]
    np.testing.assert_allclose(got.vector_scores[0], expected, atol=0.03)
    assert np.abs(unweighted.vector_scores - got.vector_scores).max() > 0.1
    assert (got.clips.tested == 1).all()  # also of clips with weight 0


def test_weights_of_1_change_nothing():
    for estimator in (CLF, make_pipeline(FunctionTransformer(np.tanh), CLF)):
        ones = cross_validate(estimator, X, NAMES, cv=3, sample_weight=np.ones(36))
        none = cross_validate(estimator, X, NAMES, cv=3)
        np.testing.assert_array_equal(ones.vector_scores, none.vector_scores)


def test_infeasible_nu_with_weights_raises_before_any_fit():
    clf = ClipClassifier(svm_type="nu", nu=0.5, backend="cpu")
    cross_validate(clf, X, NAMES, cv=3)
    with pytest.raises(InputError, match=r"nu: got 0.5, expected at most 0.181 .* of 'blues'"):
        cross_validate(clf, X, NAMES, cv=3, sample_weight=np.where(CODES == 0, 0.1, 1))


# Representations.


def test_representations_are_one_short_line():
    vectors = replace(vectors_of(), groups=GROUPS)
    result = cross_validate(CLF, vectors, cv=3)
    for shown in (vectors, result, CLF, ClipClassifier(backend=FENCE)):
        assert "\n" not in repr(shown) and len(repr(shown)) < 100
