"""Cross-validation: scores, protocols, voting, grids, and errors raised before any fit."""

from dataclasses import replace

import numpy as np
import pytest
from gpuclf import ClipClassifier, FeatureVectors, cross_validate, cross_validate_grid
from gpuclf.backend import interface
from gpuclf.errors import InputError
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold, ParameterGrid, cross_val_score

from clips import Reported
from fence import FENCE

LABELS = ("blues", "jazz", "rock")


def make_vectors(seed=0, clips=12, per_clip=4, n=3, noise=1.0, apart=1.0, **columns):
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(3), clips)
    centres = apart * rng.normal(size=(3, 1, n))[y]
    colour = 0.5 * rng.normal(size=(len(y), 1, n))
    X = centres + colour + noise * rng.normal(size=(len(y), per_clip, n))
    return FeatureVectors(X.astype(np.float32), y, LABELS, np.arange(len(y)).astype(str), **columns)


def on(backend, vectors):
    return replace(vectors, X=backend.asarray(vectors.X))


def test_scores_equal_those_of_cross_val_score():
    vectors = make_vectors()
    clf = ClipClassifier(backend="cpu")
    got = cross_validate(clf, vectors, split="kfold", folds=4, repeats=3, seed=5)
    for repeat in range(3):
        cv = KFold(4, shuffle=True, random_state=5 + repeat)
        np.testing.assert_array_equal(
            got.scores[repeat], cross_val_score(clf, vectors.X, vectors.y, cv=cv)
        )
    assert got.accuracy == pytest.approx(got.scores.mean(), rel=1e-14)
    assert got.accuracy_std == got.scores.std()
    assert got.confusion.sum() == 3 * 36
    assert np.trace(got.confusion) / got.confusion.sum() == pytest.approx(got.accuracy)
    assert got.chance == 1 / 3 and got.solver == "shared" and got.backend == "cpu"


def test_every_backend_gives_the_same_scores(svm_backend):
    vectors = make_vectors()
    options = {"folds": 5, "repeats": 2}
    reference = cross_validate(ClipClassifier(backend="cpu"), vectors, **options)
    got = cross_validate(ClipClassifier(backend=svm_backend), on(svm_backend, vectors), **options)
    tolerance = 0 if svm_backend.dtype == "float64" else 0.05
    assert np.abs(got.scores - reference.scores).mean() <= tolerance
    assert np.abs(got.vector_scores - reference.vector_scores).mean() <= tolerance


def test_folds_are_reported_in_order():
    reported = Reported()
    result = cross_validate(
        ClipClassifier(backend="cpu"), make_vectors(), folds=3, repeats=2, progress=reported
    )
    scores = [progress.fold for progress in reported.of("folds")]
    assert [(score.fold.repeat, score.fold.number, score.score) for score in scores] == [
        (r, f, result.scores[r, f]) for r in range(2) for f in range(3)
    ]
    assert reported.counts("folds") == [(number, 6) for number in range(1, 7)]


def test_without_majority_voting_vectors_are_scored():
    result = cross_validate(
        ClipClassifier(backend="cpu"), make_vectors(), folds=5, repeats=2, majority_voting=False
    )
    np.testing.assert_array_equal(result.scores, result.vector_scores)
    assert result.confusion.sum() == 2 * 5 * 4 * 4  # 4 test clips of 4 vectors per fold


def test_inductive_protocol_scales_without_test_clips():
    vectors = make_vectors()
    folds = np.tile([0, 1, 2], 12)
    options = {"split": "predefined", "folds": 3}
    before = replace(vectors, folds=folds)
    X = vectors.X.copy()
    X[folds == 0] *= 1000
    after = replace(before, X=X)
    clf = ClipClassifier(backend="cpu")
    train = np.flatnonzero(folds != 0)
    divisors = [clf.fit(v.X[train], v.y[train]).scaler_.divisor for v in (before, after)]
    np.testing.assert_array_equal(*divisors)
    inductive = [cross_validate(clf, v, **options) for v in (before, after)]
    thesis = [cross_validate(clf, v, **options, protocol="thesis") for v in (before, after)]
    assert inductive[0].scores.shape == (1, 3)
    # With the thesis protocol, the large test values compress the range of the training clips.
    assert thesis[0].scores[0, 0] > thesis[1].scores[0, 0]


def test_thesis_protocol_without_voting_splits_the_vectors_of_a_clip():
    """Clips are noise: a class can be predicted only from other vectors of the same clip."""
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(3), 15)
    X = np.repeat(rng.normal(size=(45, 1, 40)), 8, axis=1) + 0.01 * rng.normal(size=(45, 8, 40))
    vectors = FeatureVectors(X.astype(np.float32), y, LABELS, np.arange(45).astype(str))
    clf = ClipClassifier(kernel="rbf", C=100, backend="cpu")
    options = {"majority_voting": False, "folds": 5, "repeats": 2}
    thesis = cross_validate(clf, vectors, protocol="thesis", **options)
    inductive = cross_validate(clf, vectors, protocol="inductive", **options)
    assert thesis.accuracy > 0.95 and inductive.accuracy < 0.55


def test_accuracy_with_permuted_labels_is_chance_level():
    easy = make_vectors(clips=60, noise=0.1, apart=3)
    clf = ClipClassifier(backend="cpu")
    assert cross_validate(clf, easy, folds=5, repeats=4).accuracy > 0.8
    permuted = cross_validate(clf, easy, folds=5, repeats=8, permute_labels=True)
    assert abs(permuted.accuracy - 1 / 3) < 0.06
    repeated = cross_validate(clf, easy, folds=5, repeats=8, permute_labels=True)
    np.testing.assert_array_equal(permuted.scores, repeated.scores)


@pytest.mark.parametrize("seed", range(5))
def test_order_of_clips_does_not_change_the_scores(seed):
    vectors = make_vectors(seed=seed, apart=3, folds=np.tile([0, 1, 2], 12))
    order = np.random.default_rng(seed).permutation(36)
    shuffled = replace(vectors, X=vectors.X[order], y=vectors.y[order], folds=vectors.folds[order])
    clf = ClipClassifier(backend="cpu")
    before, after = (cross_validate(clf, v, split="predefined") for v in (vectors, shuffled))
    np.testing.assert_array_equal(before.scores, after.scores)
    np.testing.assert_array_equal(before.confusion, after.confusion)


def test_groups_are_not_split():
    groups = np.repeat(np.arange(9), 4)
    vectors = make_vectors(groups=groups)
    result = cross_validate(
        ClipClassifier(backend="cpu"), vectors, split="kfold", folds=9, repeats=1
    )
    assert result.scores.shape == (1, 9)
    assert result.confusion.sum(axis=1).tolist() == [12, 12, 12]


@pytest.mark.parametrize(
    ("classifier", "options", "message"),
    [
        ({}, {"protocol": "x"}, "protocol: got 'x', expected one of inductive, thesis"),
        ({"kernel": "poly"}, {}, "kernel: got 'poly'"),
        ({"svm_type": "nu", "nu": 1.0}, {}, "nu: got 1.0, expected at most 0.9"),
        ({}, {"folds": 0}, "folds: got 0, expected a number at least 1"),
        ({}, {"repeats": 0}, "repeats: got 0, expected a number at least 1"),
    ],
)
def test_invalid_settings_raise_before_any_fit(monkeypatch, classifier, options, message):
    def fit(*args, **kwargs):
        raise AssertionError("fitted")

    monkeypatch.setattr(ClipClassifier, "fit", fit)
    with pytest.raises(InputError, match=message):
        cross_validate(ClipClassifier(**classifier, backend="cpu"), make_vectors(), **options)


def test_missing_labels_or_too_few_clips_raise():
    vectors = make_vectors()
    clf = ClipClassifier(backend="cpu")
    with pytest.raises(InputError, match="labels: got none"):
        cross_validate(clf, replace(vectors, y=None, labels=()))
    with pytest.raises(InputError, match="labels: got 1 class, 'blues'"):
        cross_validate(clf, replace(vectors, y=vectors.y * 0, labels=("blues",)))
    single = np.where(np.arange(36) == 0, 2, np.minimum(vectors.y, 1))
    with pytest.raises(InputError, match="class 'rock': got 1 clip, expected at least 2"):
        cross_validate(clf, replace(vectors, y=single))


def test_class_missing_in_training_warns():
    folds = np.repeat([0, 1, 2], 12)
    vectors = replace(make_vectors(), folds=folds)
    with pytest.warns(UserWarning, match="fold 1 of repeat 1 has no clip of class 'blues'"):
        result = cross_validate(ClipClassifier(backend="cpu"), vectors, split="predefined")
    assert result.accuracy == 0


def test_convergence_warning_is_issued_once_and_names_the_first_fold(monkeypatch):
    monkeypatch.setattr("gpuclf.backend.interface.SHARED_ITERATIONS", 2)
    with pytest.warns(ConvergenceWarning) as caught:
        cross_validate(ClipClassifier(backend="cpu"), make_vectors(), folds=2, repeats=2)
    (message,) = [str(warning.message) for warning in caught]
    assert message.startswith("in 4 of 4 folds, first in fold 1 of repeat 1, the SVM did not")
    assert "'blues' against 'jazz'" in message


def test_host_vectors_are_moved_to_the_device():
    options = {"folds": 3, "repeats": 1}
    for protocol in ("inductive", "thesis"):
        on_host, on_device = (
            cross_validate(ClipClassifier(backend=b), make_vectors(), protocol=protocol, **options)
            for b in ("cpu", FENCE)
        )
        np.testing.assert_array_equal(on_host.scores, on_device.scores)


def test_repeat_r_uses_seed_plus_r():
    clf = ClipClassifier(backend="cpu")
    together = cross_validate(clf, make_vectors(), folds=4, repeats=3, seed=5)
    for repeat in range(3):
        alone = cross_validate(clf, make_vectors(), folds=4, repeats=1, seed=5 + repeat)
        np.testing.assert_array_equal(together.scores[repeat], alone.scores[0])


def test_predefined_folds_run_once_unless_labels_are_permuted():
    vectors = make_vectors(folds=np.tile([0, 1, 2], 12))
    clf = ClipClassifier(backend="cpu")
    options = {"split": "predefined", "repeats": 3}
    assert cross_validate(clf, vectors, **options).scores.shape == (1, 3)
    permuted = cross_validate(clf, vectors, **options, permute_labels=True)
    assert permuted.scores.shape == (3, 3)


def test_grid_gives_the_same_scores_as_single_cross_validations(svm_backend):
    vectors = on(svm_backend, make_vectors())
    clf = ClipClassifier(backend=svm_backend, solver="shared")
    grid = {"scale": ["minmax", "std"], "C": [1.0, 0.1]}
    points = cross_validate_grid(clf, vectors, grid, folds=4, repeats=2)
    assert [point.parameters for point in points] == list(ParameterGrid(grid))
    for point in points:
        alone = cross_validate(
            ClipClassifier(backend=svm_backend, solver="shared", **point.parameters),
            vectors,
            folds=4,
            repeats=2,
        )
        assert np.abs(point.result.vector_scores - alone.vector_scores).max() <= 0.02
        assert point.result.solver == "shared"


@pytest.mark.parametrize("grid", [{"gamma": [0.1, "scale"], "C": [1, 10]}, {"nu": [0.53, 0.37]}])
def test_grid_over_gamma_or_nu_agrees_with_the_library(monkeypatch, grid):
    monkeypatch.setattr(interface, "TOLERANCE", 1e-5)  # both solvers must converge closely
    vectors = make_vectors(apart=2.0)
    kind = {"kernel": "rbf", "svm_type": "nu" if "nu" in grid else "C"}
    shared, library = (
        cross_validate_grid(
            ClipClassifier(backend="cpu", solver=solver, **kind),
            vectors,
            grid,
            folds=3,
            repeats=1,
        )
        for solver in ("shared", "library")
    )
    for one, other in zip(shared, library, strict=True):
        assert one.parameters == other.parameters
        assert np.abs(one.result.vector_scores - other.result.vector_scores).max() <= 0.02


def test_grid_with_an_unknown_parameter_raises():
    with pytest.raises(InputError, match="grid: got 'c', expected one of C, class_weight"):
        cross_validate_grid(ClipClassifier(backend="cpu"), make_vectors(), {"c": [1]})


@pytest.mark.parametrize("solver", ["shared", "library"])
def test_precomputed_kernel_agrees_with_the_linear_kernel(solver):
    vectors = make_vectors()
    flat = vectors.X.reshape(-1, vectors.X.shape[2]).astype(np.float64)
    kernel = (flat @ flat.T).reshape(len(vectors), vectors.X.shape[1], -1)
    options = {"folds": 3, "repeats": 1}
    linear = cross_validate(
        ClipClassifier(scale="none", backend="cpu", solver="library"), vectors, **options
    )
    precomputed = cross_validate(
        ClipClassifier(kernel="precomputed", scale="none", backend="cpu", solver=solver),
        replace(vectors, X=kernel.astype(np.float32)),
        **options,
    )
    assert np.abs(precomputed.vector_scores - linear.vector_scores).max() <= 0.02


def test_class_weights_are_given_by_name():
    vectors = make_vectors()
    name = vectors.labels[0]
    options = {"folds": 3, "repeats": 1}
    heavy = {
        solver: cross_validate(
            ClipClassifier(class_weight={name: 50.0}, C=0.01, backend="cpu", solver=solver),
            vectors,
            **options,
        )
        for solver in ("shared", "library")
    }
    for result in heavy.values():  # nearly every clip is predicted as this class
        assert result.recall[0] > 0.9
    assert np.abs(heavy["shared"].vector_scores - heavy["library"].vector_scores).max() <= 0.02
    with pytest.raises(InputError, match="class_weight: got 'violin', expected one of"):
        cross_validate(ClipClassifier(class_weight={"violin": 2}, backend="cpu"), vectors)


def test_two_class_problems_are_reported():
    reported = Reported()
    cross_validate(
        ClipClassifier(backend="cpu"), make_vectors(), folds=2, repeats=2, progress=reported
    )
    counts = reported.counts("problems")
    assert counts[-1] == (4 * 3, 4 * 3) and sorted(counts) == counts


@pytest.mark.parametrize("solver", ["shared", "library"])
def test_unscaled_features_are_named_once_before_the_first_fit(monkeypatch, solver):
    def refuse(*args, **options):
        raise AssertionError("fitted")

    monkeypatch.setattr("gpuclf.validation.fold_fitting.solve_shared", refuse)
    monkeypatch.setattr("gpuclf.validation.fold_fitting.fit_separately", refuse)
    vectors = make_vectors()
    vectors = replace(vectors, X=vectors.X * np.float32(1e6))
    clf = ClipClassifier(scale="none", solver=solver, backend="cpu")
    with (
        pytest.warns(ConvergenceWarning, match="not scaled") as caught,
        pytest.raises(AssertionError, match="fitted"),
    ):
        cross_validate_grid(clf, vectors, {"C": [1, 10]}, folds=2, repeats=1)
    assert [warning.filename for warning in caught] == [__file__]


@pytest.mark.parametrize("solver", ["shared", "library"])
def test_scaled_features_are_not_named(solver):
    vectors = make_vectors()
    vectors = replace(vectors, X=vectors.X * np.float32(1e6))
    cross_validate(ClipClassifier(solver=solver, backend="cpu"), vectors, folds=2, repeats=1)
