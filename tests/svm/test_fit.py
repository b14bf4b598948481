"""`fit_svm` with the library solver, compared with scikit-learn's estimators."""

import numpy as np
import pytest
from gpuclf.backend import resolve
from gpuclf.errors import InputError
from gpuclf.svm import SvmSpec, fit_svm
from gpuclf.svm import model as model_module
from sklearn.svm import SVC, LinearSVC, NuSVC

RNG = np.random.default_rng(0)
Y = np.repeat(np.arange(4), [12, 20, 15, 13])
X = (RNG.normal(size=(60, 5)) + 0.8 * RNG.normal(size=(4, 5))[Y]).astype(np.float64)
TEST = RNG.normal(size=(200, 5))
KINDS = [("C", "linear"), ("C", "rbf"), ("nu", "linear"), ("nu", "rbf"), ("linear", "linear")]


def library(svm_type, kernel):
    if svm_type == "linear":
        return LinearSVC(tol=1e-3, random_state=0)
    return SVC(kernel=kernel) if svm_type == "C" else NuSVC(kernel=kernel)


def fitted(svm_type, kernel, backend, classes=4):
    if svm_type not in backend.svm_types:
        pytest.skip(f"the backend {backend.name} has no {svm_type}")
    rows = classes > Y
    spec = SvmSpec(svm_type, kernel)
    X_on_device = backend.asarray(X[rows].astype(backend.dtype))
    return fit_svm(X_on_device, Y[rows], classes, spec, backend), library(svm_type, kernel).fit(
        X[rows], Y[rows]
    )


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize(("svm_type", "kernel"), KINDS)
def test_predictions_match_scikit_learn(svm_backend, svm_type, kernel, classes):
    ours, theirs = fitted(svm_type, kernel, svm_backend, classes)
    got = svm_backend.to_host(ours.predict(svm_backend.asarray(TEST), svm_backend))
    expected = theirs.predict(TEST)
    wrong = np.mean(got != expected)
    assert wrong == 0 if svm_backend.dtype == "float64" else wrong <= 0.02
    assert ours.converged.all() and list(ours.unconverged()) == []


@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_decision_values_match_libsvm(svm_backend, kernel):
    ours, _ = fitted("C", kernel, svm_backend)
    theirs = SVC(kernel=kernel, decision_function_shape="ovo").fit(X, Y)
    got = svm_backend.to_host(ours.decision(svm_backend.asarray(TEST), svm_backend.xp))
    tolerance = 1e-9 if svm_backend.dtype == "float64" else 2e-2
    np.testing.assert_allclose(got, theirs.decision_function(TEST), atol=tolerance)


def test_rbf_decision_values_do_not_depend_on_the_block_size(monkeypatch, svm_backend):
    ours, _ = fitted("C", "rbf", svm_backend)
    on_device = svm_backend.asarray(TEST)
    whole = svm_backend.to_host(ours.decision(on_device, svm_backend.xp))
    monkeypatch.setattr(model_module, "KERNEL_BLOCK", 300)
    parts = svm_backend.to_host(ours.decision(on_device, svm_backend.xp))
    np.testing.assert_allclose(parts, whole, rtol=1e-12)


def test_ties_between_classes_go_to_the_lower_index(svm_backend):
    model = model_module.SvmModel(None, 3, one_vs_one=True, converged=np.ones(3, bool))
    # First vector: one vote per class (0 beats 1, 1 beats 2, 2 beats 0). Second vector: 1 and 2
    # beat 0, and the decision value 0 of 1 against 2 is a vote for 2.
    decisions = svm_backend.asarray(np.array([[1.0, -1.0, 1.0], [-1.0, -1.0, 0.0]]))
    assert svm_backend.to_host(model.judge(decisions, svm_backend)[0]).tolist() == [0, 2]


def test_confidence_is_the_sum_of_pairwise_decision_values(svm_backend):
    ours, _ = fitted("C", "linear", svm_backend)
    on_device = ours.decision(svm_backend.asarray(TEST), svm_backend.xp)
    decisions = svm_backend.to_host(on_device)
    confidence = svm_backend.to_host(ours.judge(on_device, svm_backend)[1])
    np.testing.assert_allclose(confidence[:, 1], -decisions[:, 0] + decisions[:, 3:5].sum(axis=1))
    np.testing.assert_allclose(confidence.sum(axis=1), 0, atol=1e-9)


def test_a_nu_without_finite_solution_raises():
    spec = SvmSpec("nu", "linear", nu=1.0)
    with pytest.raises(InputError, match="the SVM: got no finite solution"):
        fit_svm(np.array([[0.0], [1.0]]), np.array([0, 1]), 2, spec, resolve("cpu"))
