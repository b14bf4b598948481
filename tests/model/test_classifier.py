"""ClipClassifier: scikit-learn's estimator interface, voting, devices, pickles."""

import pickle

import numpy as np
import pandas as pd
import pytest
from gpuclf import ClipClassifier, FeatureVectors, cross_validate
from gpuclf import backend as backend_module
from gpuclf.errors import BackendError, InputError
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning, NotFittedError
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    cross_val_predict,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC, LinearSVC, NuSVC
from sklearn.utils.estimator_checks import parametrize_with_checks

from fence import FENCE, FenceArray

RNG = np.random.default_rng(0)
NAMES = np.array(["rain", "dog", "rooster"])
Y = NAMES[np.repeat([0, 1, 2], 10)]
X = RNG.normal(size=(30, 6, 4)) + 0.7 * np.repeat(RNG.normal(size=(3, 1, 4)), 10, axis=0)


# As of scikit-learn's SVC, NuSVC and LinearSVC: a clip that is repeated changes the scaling and the
# tolerance of the solver as well, so that decision values agree to about 1e-3, not to 1e-7.
REPEATED = {
    "check_sample_weight_equivalence_on_dense_data": "weights equal repetitions to the tolerance"
}
EXPECTED_FAILURES = {
    "C": REPEATED,
    "linear": REPEATED,
    "nu": {
        **REPEATED,
        "check_class_weight_classifiers": "nu is infeasible with the weights of this check",
    },
}
PROBABILITY_FAILURES = {
    "check_classifiers_train": "the most probable class can differ from the vote",
}


# A fixed backend runs the same checks on every machine.
@parametrize_with_checks(
    [
        ClipClassifier(backend="cpu"),
        ClipClassifier(kernel="rbf", scale="std", backend="cpu"),
        ClipClassifier(svm_type="nu", nu=0.3, backend="cpu"),
        ClipClassifier(svm_type="linear", scale="none", backend="cpu"),
        ClipClassifier(probability=True, backend="cpu"),
    ],
    expected_failed_checks=lambda estimator: {
        **EXPECTED_FAILURES[estimator.svm_type],
        **(PROBABILITY_FAILURES if estimator.probability else {}),
    },
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_classifier_passes_scikit_learns_estimator_checks(estimator, check):
    check(estimator)


def test_predicted_label_is_the_majority_vote_of_the_vectors(svm_backend):
    clf = ClipClassifier(backend=svm_backend).fit(X, Y)
    votes, counts = clf.predict_vectors(X), clf.vote_counts(X)
    assert votes.shape == (30, 6)
    assert clf.classes_.tolist() == ["dog", "rain", "rooster"]
    for clip in range(30):
        expected = [(votes[clip] == name).sum() for name in clf.classes_]
        assert counts[clip].tolist() == expected
        assert clf.predict(X)[clip] == clf.classes_[np.argmax(expected)]
    assert clf.score(X, Y) == np.mean(clf.predict(X) == Y)
    assert clf.score_vectors(X, Y) == np.mean(votes == Y[:, None])
    assert clf.score(X, Y) > clf.score_vectors(X, Y) > 1 / 3


def test_two_dimensional_input_gives_the_same_decisions(svm_backend):
    flat = ClipClassifier(n_vectors_per_clip=6, backend=svm_backend).fit(X.reshape(30, 24), Y)
    deep = ClipClassifier(backend=svm_backend).fit(X, Y)
    np.testing.assert_array_equal(
        flat.decision_function(X.reshape(30, 24)), deep.decision_function(X)
    )
    assert flat.n_features_in_ == deep.n_features_in_ == 24


def test_scaling_is_fitted_per_feature_to_all_training_vectors():
    clf = ClipClassifier(backend="cpu").fit(X, Y)
    np.testing.assert_array_equal(clf.scaler_.shift, X.reshape(-1, 4).min(axis=0))
    spread = np.ptp(X.reshape(-1, 4), axis=0)
    np.testing.assert_array_equal(clf.scaler_.divisor, spread)


@pytest.mark.parametrize("svm_type", ["C", "linear"])
@pytest.mark.parametrize("classes", [2, 3])
def test_decision_function_ranks_classes_by_votes_first(svm_backend, svm_type, classes):
    rows = np.isin(Y, NAMES[:classes])
    clf = ClipClassifier(svm_type=svm_type, backend=svm_backend).fit(X[rows], Y[rows])
    decision, counts = clf.decision_function(X), clf.vote_counts(X)
    if classes == 2:
        assert decision.shape == (30,)
        decided = np.abs(counts[:, 1] - counts[:, 0]) > 0
        agree = (decision > 0) == (counts[:, 1] > counts[:, 0])
        assert agree[decided].all()
    else:
        assert decision.shape == counts.shape
        assert (np.abs(decision - counts) < 1 / 3 + 1e-12).all()


def test_results_are_on_the_device_of_the_input():
    codes = np.repeat([0, 1, 2], 10)
    clf = ClipClassifier(backend=FENCE).fit(FENCE.asarray(X), FENCE.asarray(codes))
    X_device = FENCE.asarray(X)
    for method in ("predict", "predict_vectors", "vote_counts", "decision_function"):
        on_host = getattr(clf, method)(X)
        assert isinstance(on_host, np.ndarray)
        on_device = getattr(clf, method)(X_device)
        assert isinstance(on_device, FenceArray)
        np.testing.assert_array_equal(FENCE.to_host(on_device), on_host)
    assert clf.score(X_device, FENCE.asarray(codes)) == clf.score(X, codes)
    with pytest.raises(InputError, match="X: got NaN or infinity"):
        clf.predict(X_device * np.inf)


def test_string_labels_are_returned_on_the_host():
    clf = ClipClassifier(backend=FENCE).fit(FENCE.asarray(X), Y)
    assert clf.predict(FENCE.asarray(X)).dtype.kind == "U"


def test_classifier_works_with_pickle_clone_grid_search_and_pipelines(svm_backend):
    clf = ClipClassifier(C=2, backend="cpu").fit(X, Y)
    unpickled = pickle.loads(pickle.dumps(clf))
    np.testing.assert_array_equal(unpickled.decision_function(X), clf.decision_function(X))
    assert clone(clf).get_params() == clf.get_params()
    assert clone(ClipClassifier(backend=svm_backend)).backend is svm_backend
    search = GridSearchCV(
        ClipClassifier(n_vectors_per_clip=6, backend="cpu"), {"C": [0.1, 10.0]}, cv=3
    )
    assert search.fit(X.reshape(30, 24), Y).best_params_["C"] in (0.1, 10.0)
    pipe = make_pipeline(FunctionTransformer(np.abs), ClipClassifier(backend="cpu"))
    assert cross_val_score(pipe, X, Y, cv=3).mean() > 0.4


def test_pickle_contains_host_arrays():
    clf = ClipClassifier(backend=FENCE).fit(X, Y)
    state = clf.__getstate__()
    assert isinstance(state["scaler_"].shift, np.ndarray)
    assert isinstance(state["svm_"].decision.weights, np.ndarray)
    assert isinstance(clf.svm_.decision.weights, FenceArray)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"kernel": "poly"}, "kernel: got 'poly'"),
        ({"scale": "max"}, "scale: got 'max'"),
        ({"C": 0}, "C: got 0"),
        (
            {"svm_type": "nu", "nu": 0.9},
            "nu: got 0.9, expected at most 0.666 for 30 vectors of 'dog'",
        ),
        ({"backend": "tpu"}, "backend: got 'tpu'"),
    ],
)
def test_fit_raises_for_invalid_parameters(parameters, message):
    clf = ClipClassifier(**{"backend": "cpu", **parameters})
    keep = np.r_[0:10, 15:20, 20:30]  # half the dogs
    with pytest.raises(InputError, match=message):
        clf.fit(X[keep], Y[keep])


def test_invalid_input_raises():
    with pytest.raises(InputError, match="n_vectors_per_clip: got 5, expected a divisor of 24"):
        ClipClassifier(n_vectors_per_clip=5, backend="cpu").fit(X.reshape(30, 24), Y)
    with pytest.raises(InputError, match="y: got 1 class"):
        ClipClassifier(backend="cpu").fit(X, ["a"] * 30)
    with pytest.raises(NotFittedError):
        ClipClassifier(backend="cpu").predict(X)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        ClipClassifier(backend="cpu").fit(X, Y[:-1])


def test_convergence_warning_names_the_classes(monkeypatch):
    monkeypatch.setattr("gpuclf.backend.interface.SHARED_ITERATIONS", 2)
    with pytest.warns(ConvergenceWarning) as caught:
        ClipClassifier(backend="cpu").fit(X, Y)
    messages = [
        str(w.message) for w in caught if "did not converge for 'dog' against" in str(w.message)
    ]
    assert len(messages) == 1 and "scale the features, lower C" in messages[0]


def test_pickle_from_a_gpu_can_be_loaded_without_one(monkeypatch):
    clf = ClipClassifier(backend="gpu")
    assert pickle.loads(pickle.dumps(clf)).backend == "gpu"
    fitted = ClipClassifier(backend="cpu").fit(X, Y)
    state = fitted.__getstate__() | {"backend": "gpu"}
    with monkeypatch.context() as patch:
        patch.setattr("gpuclf.backend.gpu", no_gpu)
        backend_module._resolve.cache_clear()
        loaded = ClipClassifier()
        loaded.__setstate__(state)
    np.testing.assert_array_equal(loaded.set_params(backend="cpu").predict(X), fitted.predict(X))


def no_gpu(*args, **kwargs):
    raise BackendError("no GPU")


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ("Balanced", "class_weight: got 'Balanced', expected 'balanced', a mapping of label to w"),
        ([1, 2, 3], "class_weight: got list, expected 'balanced'"),
        (np.ones(3), "class_weight: got ndarray, expected 'balanced'"),
        ({"rain": -1}, "class_weight of 'rain': got -1, expected a finite number above 0"),
        ({"rain": 0}, "class_weight of 'rain': got 0"),
        ({"rain": float("nan")}, "class_weight of 'rain': got nan"),
        ({"rain": np.inf}, "class_weight of 'rain': got inf"),
        ({"rain": "2"}, "class_weight of 'rain': got '2'"),
        ({"rain": True}, "class_weight of 'rain': got True"),
        ({"rain": 1, "cat": -1}, "class_weight of 'cat': got -1"),
        ({"rain": 2, "rooter": 2}, "class_weight: got 'rooter', expected rooster"),
    ],
)
@pytest.mark.parametrize("svm_type", ["C", "nu", "linear"])
def test_an_invalid_class_weight_raises(weight, message, svm_type):
    clf = ClipClassifier(svm_type=svm_type, nu=0.1, class_weight=weight, backend="cpu")
    with pytest.raises(InputError, match=message):
        clf.fit(X, Y)
    vectors = FeatureVectors(X, np.repeat([0, 1, 2], 10), tuple(NAMES), np.arange(30).astype(str))
    with pytest.raises(InputError, match="class_weight"):
        cross_validate(clf, vectors, folds=2, repeats=1)


def test_weights_of_other_classes_are_accepted_if_every_class_has_one():
    weights = {"rain": 1, "dog": 2, "rooster": 3, "cat": 4}
    clf = ClipClassifier(class_weight=weights, backend="cpu").fit(X, Y)
    reference = ClipClassifier(class_weight={"dog": 2, "rooster": 3}, backend="cpu").fit(X, Y)
    np.testing.assert_array_equal(clf.decision_function(X), reference.decision_function(X))


def test_a_column_of_labels_is_flattened_with_scikit_learns_warning():
    clf = ClipClassifier(backend="cpu")
    with pytest.warns(DataConversionWarning):
        clf.fit(X, Y[:, None])
    with pytest.warns(DataConversionWarning):
        assert clf.score(X, Y[:, None]) == clf.score(X, Y)
    with pytest.warns(DataConversionWarning):
        assert clf.score_vectors(X, Y[:, None]) == clf.score_vectors(X, Y)


def test_labels_can_be_a_pandas_series():
    series = pd.Series(Y, index=range(100, 130))
    got = ClipClassifier(backend="cpu").fit(X, series)
    np.testing.assert_array_equal(
        got.predict(X), ClipClassifier(backend="cpu").fit(X, Y).predict(X)
    )
    assert got.score(X, series) == got.score(X, Y)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.stack([Y, Y], axis=1), "y: .*1d array"),
        (Y[:-1], "y: .*inconsistent"),
        ([*Y[:-1].tolist(), float("nan")], "y: got strings and values of type float"),
        ([*Y[:-1].tolist(), None], "y: got None among the labels"),
        (np.array([*Y[:-1], None], object), "y: got None among the labels"),
        (np.array([0.0] * 29 + [np.nan]), "y: Input y contains NaN"),
    ],
)
def test_labels_that_are_not_one_per_clip_raise(y, message):
    fitted = ClipClassifier(backend="cpu").fit(X, Y)
    for use in (ClipClassifier(backend="cpu").fit, fitted.score, fitted.score_vectors):
        with pytest.raises(InputError, match=message) as caught:
            use(X, y)
        assert "\n" not in str(caught.value)


def test_real_numbers_are_no_labels():
    with pytest.raises(InputError, match="y: Unknown label type: continuous"):
        ClipClassifier(backend="cpu").fit(X, np.linspace(0, 1, 30))


@pytest.mark.parametrize("per_clip", [0, 1.5, 5, "2"])
def test_an_invalid_number_of_vectors_per_clip_raises(per_clip):
    clf = ClipClassifier(n_vectors_per_clip=per_clip, backend="cpu")
    with pytest.raises(InputError, match=r"n_vectors_per_clip: got .*, expected a divisor of 24"):
        clf.fit(X.reshape(30, 24), Y)


def test_unscaled_features_are_named_before_the_fit(monkeypatch):
    def refuse(*args, **options):
        raise AssertionError("fitted")

    monkeypatch.setattr("gpuclf.model.classifier.fit_svm", refuse)
    clf = ClipClassifier(scale="none", backend="cpu")
    with (
        pytest.warns(ConvergenceWarning, match="not scaled.*--scale std"),
        pytest.raises(AssertionError, match="fitted"),
    ):
        clf.fit(1e6 * X, Y)


WEIGHT = np.random.default_rng(1).uniform(0.2, 4, 30)


@pytest.mark.parametrize("solver", ["shared", "library"])
@pytest.mark.parametrize("parameters", [{"kernel": "linear"}, {"kernel": "rbf", "gamma": 0.3}])
def test_weights_of_clips_are_scikit_learns_sample_weights(svm_backend, solver, parameters):
    svm = SVC(**parameters).fit(X[:, 0], Y, sample_weight=WEIGHT)
    clf = ClipClassifier(**parameters, scale="none", solver=solver, backend=svm_backend)
    clf.fit(X[:, :1], Y, sample_weight=WEIGHT)
    unweighted = clone(clf).fit(X[:, :1], Y)
    svm.decision_function_shape = "ovo"
    got, expected = clf._decisions(X[:, :1])[:, 0], svm.decision_function(X[:, 0])
    np.testing.assert_allclose(svm_backend.to_host(got), expected, atol=1e-2)
    assert np.abs(svm_backend.to_host(unweighted._decisions(X[:, :1])[:, 0]) - expected).max() > 0.1


def test_weights_of_nu_and_linear_svms_are_scikit_learns_sample_weights(svm_backend):
    options = {"nu": 0.4, "kernel": "rbf", "gamma": 0.5}
    nu = NuSVC(**options, decision_function_shape="ovo").fit(X[:, 0], Y, sample_weight=WEIGHT)
    linear = LinearSVC(random_state=0).fit(X[:, 0], Y, sample_weight=WEIGHT)
    for svm, parameters in (
        (nu, {"svm_type": "nu", "solver": "library", **options}),
        (nu, {"svm_type": "nu", "solver": "shared", **options}),
        (linear, {"svm_type": "linear"}),
    ):
        if parameters["svm_type"] not in svm_backend.svm_types:
            continue
        clf = ClipClassifier(**parameters, scale="none", backend=svm_backend)
        clf.fit(X[:, :1], Y, sample_weight=WEIGHT)
        got = svm_backend.to_host(clf._decisions(X[:, :1])[:, 0])
        np.testing.assert_allclose(got, svm.decision_function(X[:, 0]), atol=2e-2)


@pytest.mark.parametrize("svm_type", ["C", "nu", "linear"])
def test_clips_with_weight_0_are_left_out(svm_type):
    clf = ClipClassifier(svm_type=svm_type, nu=0.3, kernel="rbf", scale="std", backend="cpu")
    weight = np.where(np.arange(30) % 3, 1.0, 0.0)
    outlier = np.where(weight[:, None, None], X, 1000 * X)
    got = clone(clf).fit(outlier, Y, sample_weight=weight)
    expected = clone(clf).fit(X[weight > 0], Y[weight > 0])
    np.testing.assert_array_equal(got.decision_function(X), expected.decision_function(X))


def test_nu_is_checked_with_the_weights():
    clf = ClipClassifier(svm_type="nu", nu=0.5, backend="cpu")
    weight = np.where(Y == "dog", 0.1, 1.0)
    with pytest.raises(InputError, match=r"nu: got 0.5, expected at most 0.181 .* of 'dog'"):
        clf.fit(X, Y, sample_weight=weight)


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (np.ones((30, 2)), r"got an array of shape \(30, 2\), expected shape \(30,\)"),
        (np.ones(29), r"got an array of shape \(29,\)"),
        ([-1.0] * 30, "got -1.0, expected finite numbers of at least 0"),
        ([np.nan] * 30, "got nan"),
        (["heavy"] * 30, "got could not convert string to float"),
    ],
)
def test_invalid_weights_raise(weight, message):
    with pytest.raises(InputError, match=f"sample_weight: {message}"):
        ClipClassifier(backend="cpu").fit(X, Y, sample_weight=weight)


def test_only_weights_of_0_raise():
    with pytest.raises(InputError, match="must contain at least one non-zero number"):
        ClipClassifier(backend="cpu").fit(X, Y, sample_weight=np.zeros(30))
    weight = (Y == "dog") * 1.0
    with pytest.raises(InputError, match="y: got 1 class with a weight above 0"):
        ClipClassifier(backend="cpu").fit(X, Y, sample_weight=weight)


def test_weights_and_groups_are_routed_as_metadata():
    groups = np.arange(30) // 2
    weight = np.where(Y == "dog", 1000.0, 1e-3)
    with config_context(enable_metadata_routing=True):
        clf = ClipClassifier(C=1e-3, backend="cpu").set_fit_request(sample_weight=True)
        options = {"cv": GroupKFold(5), "params": {"groups": groups, "sample_weight": weight}}
        pipeline = make_pipeline(FunctionTransformer(np.abs), clf)
        for estimator in (clf, pipeline):
            predicted = cross_val_predict(estimator, X, Y, **options)
            assert np.mean(predicted == "dog") > 0.9
            assert np.mean(cross_val_predict(clone(estimator), X, Y, cv=5) == "dog") < 0.9
