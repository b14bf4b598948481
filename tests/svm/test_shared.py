"""The shared solver compared with scikit-learn: predictions, decision values, weights."""

from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pytest
from gpuclf.backend import interface, resolve
from gpuclf.backend.votes import vote_of_pairs
from gpuclf.svm import KernelMatrix, SvmSpec, choose_solver, class_weights, solve_folds
from gpuclf.svm import shared as shared_module
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC, NuSVC

RNG = np.random.default_rng(1)
Y = RNG.permutation(np.repeat([0, 1, 2, 3], [14, 10, 12, 9]))  # in random order
X = RNG.gamma(2, size=(45, 5, 7)) + 1.2 * RNG.normal(size=(4, 7))[Y][:, None]
X = X.astype(np.float32)
SPLITS = [
    SimpleNamespace(train=train, test=test, y=Y, base=None, weight=None)
    for train, test in KFold(4, shuffle=True, random_state=0).split(Y)
]


@pytest.fixture(autouse=True)
def tight(monkeypatch):
    """Use a small tolerance, so that decision values are comparable."""
    monkeypatch.setattr(interface, "TOLERANCE", 1e-5)


SCALERS = {"minmax": MinMaxScaler, "std": StandardScaler}


def ours(backend, spec, scale, values, splits=SPLITS, **options):
    kernel = KernelMatrix.of(backend.asarray(X), spec, scale, backend)
    return list(solve_folds(kernel, splits, 4, values, **options))


def theirs(split, spec, scale, value, class_weight=None):
    svm = NuSVC(nu=value) if spec.svm_type == "nu" else SVC(C=value)
    svm.set_params(kernel=spec.kernel, gamma=spec.gamma, decision_function_shape="ovo", tol=1e-6)
    svm.set_params(class_weight=class_weight)
    model = make_pipeline(SCALERS[scale](), svm) if scale in SCALERS else make_pipeline(svm)
    model.fit(X[split.train].reshape(-1, 7), np.repeat(split.y[split.train], 5))
    rest = X[split.test].reshape(-1, 7)
    return model.predict(rest), model.decision_function(rest)


@pytest.mark.parametrize("scale", ["none", "minmax", "std"])
@pytest.mark.parametrize(
    "spec",
    [SvmSpec(), SvmSpec(kernel="rbf"), SvmSpec("nu"), SvmSpec("nu", "rbf", gamma=0.1)],
    ids=["C-linear", "C-rbf", "nu-linear", "nu-rbf"],
)
def test_decision_values_of_folds_match_scikit_learn(backend, spec, scale):
    # If nu makes the sum of a class's coefficients an integer, the intercept is not unique.
    values = [0.237, 0.413] if spec.svm_type == "nu" else [10.0, 0.1, 1.0]
    got = ours(backend, spec, scale, values)
    for split, decided in zip(SPLITS, got, strict=True):
        for value, one in zip(values, decided, strict=True):
            labels, decisions = theirs(split, spec, scale, value)
            assert one.pairs == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
            assert one.unconverged == []
            values_here = backend.to_host(one.decisions)
            np.testing.assert_allclose(values_here, decisions, atol=2e-2)
            voted = vote_of_pairs(values_here, one.pairs, 4)[0]
            assert np.mean(voted == labels) >= 0.99


def test_class_weights_match_scikit_learn(backend):
    for weight, mapping in (("balanced", "balanced"), ({1: 5.0}, {1: 5.0})):
        for decided, split in zip(
            ours(backend, SvmSpec(), "minmax", [1.0], class_weight=weight), SPLITS, strict=True
        ):
            _, decisions = theirs(split, SvmSpec(), "minmax", 1.0, mapping)
            np.testing.assert_allclose(backend.to_host(decided[0].decisions), decisions, atol=2e-2)


def test_results_do_not_depend_on_batches_and_threads(monkeypatch):
    backend = resolve("cpu")
    whole = ours(backend, SvmSpec(), "minmax", [1.0])
    monkeypatch.setattr(shared_module, "BATCH", 0.0)
    monkeypatch.setattr(import_module("gpuclf.backend.cpu"), "cores", lambda: 5)
    for one, other in zip(whole, ours(backend, SvmSpec(), "minmax", [1.0]), strict=True):
        np.testing.assert_array_equal(one[0].decisions, other[0].decisions)


def test_folds_may_have_different_labels():
    other = RNG.permutation(Y)
    splits = [
        SPLITS[0],
        SimpleNamespace(
            train=SPLITS[1].train, test=SPLITS[1].test, y=other, base=None, weight=None
        ),
    ]
    backend = resolve("cpu")
    for split, decided in zip(
        splits, ours(backend, SvmSpec(), "minmax", [1.0], splits), strict=True
    ):
        _, decisions = theirs(split, SvmSpec(), "minmax", 1.0)
        np.testing.assert_allclose(decided[0].decisions, decisions, atol=2e-2)


def test_a_class_without_training_clips_is_excluded():
    rest = np.flatnonzero(Y == 2)
    train = np.setdiff1d(np.arange(45), rest)
    split = SimpleNamespace(
        train=train[:-5], test=np.concatenate([rest, train[-5:]]), y=Y, base=None, weight=None
    )
    [[one]] = ours(resolve("cpu"), SvmSpec(), "minmax", [1.0], [split])
    assert one.pairs == [(0, 1), (0, 3), (1, 3)]
    labels, decisions = theirs(split, SvmSpec(), "minmax", 1.0)
    np.testing.assert_allclose(one.decisions, decisions, atol=2e-2)
    np.testing.assert_array_equal(vote_of_pairs(one.decisions, one.pairs, 4)[0], labels)


def test_progress_counts_two_class_problems():
    counts = []
    ours(resolve("cpu"), SvmSpec(), "minmax", [1.0, 2.0], on_solved=counts.append)
    assert sum(counts) == 4 * 6 * 2


def test_balanced_weights_ignore_absent_classes():
    np.testing.assert_allclose(class_weights("balanced", np.array([2.0, 0.0, 4.0])), [1.5, 3, 0.75])


@pytest.mark.parametrize(
    ("choice", "spec", "vectors", "free", "expected"),
    [
        ("auto", SvmSpec(), 1000, 2**30, "shared"),
        ("auto", SvmSpec(), 100_000, 2**30, "library"),
        ("auto", SvmSpec("linear"), 10, 2**30, "library"),
        ("library", SvmSpec(), 10, 2**30, "library"),
    ],
)
def test_auto_selects_the_shared_solver_if_the_matrix_fits_into_memory(
    choice, spec, vectors, free, expected
):
    from dataclasses import replace

    backend = replace(resolve("cpu"), free_memory=lambda: free)
    assert choose_solver(choice, spec, vectors, backend) == expected


@pytest.mark.parametrize(
    ("spec", "vectors", "message"),
    [
        (SvmSpec("linear"), 10, "solver: got 'shared' for a LinearSVC, expected auto or library"),
        (
            SvmSpec(),
            10**6,
            "solver shared: got 4.729 TiB for the kernel matrix of 1000000 vectors, expected",
        ),
    ],
)
def test_an_unavailable_shared_solver_raises(spec, vectors, message):
    from gpuclf.errors import InputError

    with pytest.raises(InputError, match=message):
        choose_solver("shared", spec, vectors, resolve("cpu"))


@pytest.mark.parametrize("gamma", [1e-3, 1e-2, 1e-1, 1.0])
def test_decision_values_match_libsvm_from_small_to_large_penalties(backend, gamma, monkeypatch):
    monkeypatch.setattr(interface, "TOLERANCE", 1e-3)  # the default
    rng = np.random.default_rng(0)
    y = np.arange(200) % 2
    vectors = rng.normal(size=(200, 8)) + 0.8 * y[:, None] * rng.normal(size=8)
    train, test = np.arange(150), np.arange(150, 200)
    penalties = [1e-3, 1e-1, 10.0, 1e3, 1e5]
    spec = SvmSpec(kernel="rbf", gamma=gamma)
    X = backend.asarray(vectors[:, None].astype(np.float32))
    kernel = KernelMatrix.of(X, spec, "none", backend)
    split = SimpleNamespace(train=train, test=test, y=y, base=None, weight=None)
    [decided] = solve_folds(kernel, [split], 2, penalties)
    for penalty, one in zip(penalties, decided, strict=True):
        svm = SVC(C=penalty, gamma=gamma, tol=1e-5).fit(vectors[train], y[train])
        expected = -svm.decision_function(vectors[test])  # opposite sign for two classes
        got = backend.to_host(one.decisions)[:, 0]
        assert np.abs(got - expected).max() < 1e-2 * expected.std()
