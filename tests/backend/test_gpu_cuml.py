"""cuML as the library of the GPU backend, simulated with NumPy and scikit-learn."""

import inspect
import logging
import sys
import types

import numpy as np
import pytest
import sklearn.svm
from gpuclf import backend
from gpuclf.backend import PairOptions, cpu, gpu_cuml
from gpuclf.errors import BackendError


class CudaMemoryResource:
    """RMM's default resource, plain cudaMalloc."""


class CudaAsyncMemoryResource:
    def __init__(self, release_threshold):
        self.release_threshold = release_threshold


class PoolMemoryResource:
    def __init__(self, upstream, initial_pool_size):
        assert isinstance(upstream, CudaMemoryResource)
        assert initial_pool_size % 256 == 0


class NoPools:
    def __init__(self, **options):
        raise RuntimeError("cudaMallocAsync not supported with this CUDA driver/runtime version")


class FakeRmm(types.ModuleType):
    """RMM: the resource of the current device."""

    def __init__(self, current, asynchronous=CudaAsyncMemoryResource):
        super().__init__("rmm")
        self.current = current
        self.mr = types.SimpleNamespace(
            CudaMemoryResource=CudaMemoryResource,
            CudaAsyncMemoryResource=asynchronous,
            PoolMemoryResource=PoolMemoryResource,
            get_current_device_resource=lambda: self.current,
            set_current_device_resource=lambda resource: setattr(self, "current", resource),
        )


@pytest.fixture
def cuml(find_spec, fake_cupy, monkeypatch):
    """Install a cuML that fits with scikit-learn, as far as `StalledSVC` and others allow."""
    find_spec(cupy=True, cuml=True)
    fake_cupy()
    module = types.ModuleType("cuml.svm")
    module.SVC, module.LinearSVC = FakeSVC, FakeLinearSVC
    monkeypatch.setitem(sys.modules, "cuml", types.ModuleType("cuml"))
    monkeypatch.setitem(sys.modules, "cuml.svm", module)
    monkeypatch.setitem(sys.modules, "rmm", FakeRmm(CudaMemoryResource()))
    return module


def spoiled(sample_weight):
    """Return the weights; as in cuML, the caller's array is changed by class weights."""
    if sample_weight is None:
        return None
    weight = sample_weight.copy()
    sample_weight *= 7
    return weight


class FakeSVC:
    """C-SVC of cuML: the second class is positive, attributes are float32."""

    steps = -1

    def __init__(self, *, C, kernel, gamma, tol, max_iter, class_weight, output_type):
        self.svm = sklearn.svm.SVC(
            C=C, kernel=kernel, gamma=gamma, tol=tol, max_iter=self.steps, class_weight=class_weight
        )

    def fit(self, X, y, sample_weight=None):
        self.svm.fit(X, y, spoiled(sample_weight))
        self.support_ = self.svm.support_
        self.dual_coef_ = self.svm.dual_coef_.astype(np.float32)
        self.intercept_ = self.svm.intercept_.astype(np.float32)
        self.n_iter_ = self.svm.n_iter_

    def decision_function(self, X):
        return self.svm.decision_function(X).astype(np.float32)


class StalledSVC(FakeSVC):
    """C-SVC that stops for lack of progress, which cuML does not report."""

    steps = 3


class FakeLinearSVC:
    """LinearSVC of cuML, which minimises liblinear's objective with half of C."""

    shrunk = 1.0

    def __init__(self, *, C, tol, max_iter, penalized_intercept, class_weight, output_type):
        assert penalized_intercept
        self.svm = sklearn.svm.LinearSVC(
            C=C / 2, tol=tol, max_iter=100_000, class_weight=class_weight, random_state=0
        )

    def fit(self, X, y, sample_weight=None):
        self.svm.fit(X, y, spoiled(sample_weight))
        self.coef_ = (self.svm.coef_ * self.shrunk).astype(np.float32)
        self.intercept_ = (self.svm.intercept_ * self.shrunk).astype(np.float32)
        self.n_iter_ = 7


class StalledLinearSVC(FakeLinearSVC):
    """LinearSVC whose line search failed before the optimum, below the limit of iterations."""

    shrunk = 0.9


def data(classes):
    """Return overlapping classes: features (float32) and class indices."""
    rng = np.random.default_rng(0)
    y = np.arange(120) % classes
    X = rng.normal(size=(120, 5)) + 0.7 * np.eye(5)[y]
    return X.astype(np.float32), y


def test_missing_cuml_raises_only_when_the_library_is_required(find_spec, fake_cupy):
    find_spec(cupy=True, cuml=False)
    fake_cupy()
    chosen = backend.gpu("a test")
    assert chosen.device == "A GPU"
    with pytest.raises(BackendError, match=r"cuML is not installed.*cuml-cu13"):
        chosen.require_library()


def test_cuml_that_cannot_be_imported_raises(find_spec, fake_cupy, monkeypatch):
    find_spec(cupy=True, cuml=True)
    fake_cupy()
    monkeypatch.setitem(sys.modules, "cuml.svm", None)
    with pytest.raises(BackendError, match=r"cuML cannot be imported \(import of cuml.svm halted"):
        backend.gpu("a test").require_library()


def test_allocations_of_cuml_use_a_pool_of_bounded_size(cuml):
    gpu_cuml.require_cuml()
    resource = sys.modules["rmm"].current
    assert isinstance(resource, CudaAsyncMemoryResource)
    assert resource.release_threshold == 2**30


def test_without_pools_in_the_driver_rmm_has_its_own(cuml, monkeypatch):
    rmm = FakeRmm(CudaMemoryResource(), asynchronous=NoPools)
    monkeypatch.setitem(sys.modules, "rmm", rmm)
    gpu_cuml.require_cuml()
    assert isinstance(rmm.current, PoolMemoryResource)


def test_a_memory_resource_of_the_user_is_kept(cuml, monkeypatch):
    rmm = FakeRmm("the user's")
    monkeypatch.setitem(sys.modules, "rmm", rmm)
    gpu_cuml.require_cuml()
    assert rmm.current == "the user's"


@pytest.mark.parametrize("rmm", [None, types.ModuleType("rmm")], ids=["absent", "broken"])
def test_without_a_usable_rmm_cuml_is_used_all_the_same(cuml, monkeypatch, caplog, rmm):
    monkeypatch.setitem(sys.modules, "rmm", rmm)
    with caplog.at_level(logging.INFO, "gpuclf"):
        gpu_cuml.require_cuml()
    assert "cuML allocates memory without a pool" in caplog.text


@pytest.mark.parametrize("weights", [(1.0, 1.0), (1.0, 3.0)])
@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_an_optimal_pair_is_converged(cuml, kernel, weights):
    X, second = data(2)
    options = PairOptions("C", kernel, C=2.0, nu=0.5, gamma=0.3, class_weights=weights)
    fit = gpu_cuml.fit_pair(X, second, options)
    expected = cpu("a test").fit_pair(X, second, options)
    assert fit.converged
    np.testing.assert_array_equal(fit.support, expected.support)
    np.testing.assert_allclose(fit.coef, expected.coef, rtol=1e-6)
    assert fit.intercept == pytest.approx(expected.intercept, rel=1e-6)


@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_a_pair_with_weights_of_vectors_is_that_of_scikit_learn(cuml, kernel):
    X, second = data(2)
    weight = np.random.default_rng(1).uniform(0.2, 3, len(X))
    given = weight.copy()
    options = PairOptions("C", kernel, 2.0, 0.5, 0.3, (1.0, 3.0), sample_weight=weight)
    fit = gpu_cuml.fit_pair(X, second, options)
    expected = cpu("a test").fit_pair(X, second, options)
    assert fit.converged
    np.testing.assert_allclose(fit.coef, expected.coef, atol=1e-3)
    np.testing.assert_array_equal(weight, given)


@pytest.mark.parametrize("classes", [2, 3])
def test_a_linear_svm_with_weights_of_vectors_is_that_of_scikit_learn(cuml, classes):
    X, y = data(classes)
    weight = np.random.default_rng(1).uniform(0.2, 3, len(X))
    given, by_class = weight.copy(), [2.0, *[1.0] * (classes - 1)]
    fit = gpu_cuml.fit_linear(X, y, 0.5, by_class, weight)
    expected = cpu("a test").fit_linear(X, y, 0.5, by_class, weight)
    assert fit.converged
    np.testing.assert_allclose(fit.coef, expected.coef, atol=3e-3)
    np.testing.assert_array_equal(weight, given)


@pytest.mark.filterwarnings("ignore:Solver terminated early")
def test_a_pair_that_stalls_is_not_converged(cuml):
    cuml.SVC = StalledSVC
    X, second = data(2)
    fit = gpu_cuml.fit_pair(X, second, PairOptions("C", "rbf", C=2.0, nu=0.5, gamma=0.3))
    assert not fit.converged


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("classes", [2, 3])
def test_a_linear_svm_at_the_optimum_of_liblinear_is_converged(cuml, classes, weighted):
    X, y = data(classes)
    weights = [3.0, *[1.0] * (classes - 1)] if weighted else [1.0] * classes
    fit = gpu_cuml.fit_linear(X, y, 0.5, weights)
    expected = cpu("a test").fit_linear(X, y, 0.5, weights)
    assert fit.converged
    np.testing.assert_allclose(fit.coef, expected.coef, atol=2e-3)
    np.testing.assert_allclose(fit.intercept, expected.intercept, atol=2e-3)


@pytest.mark.parametrize("classes", [2, 3])
def test_a_linear_svm_that_stalls_below_the_limit_of_iterations_is_not_converged(cuml, classes):
    cuml.LinearSVC = StalledLinearSVC
    X, y = data(classes)
    assert not gpu_cuml.fit_linear(X, y, 0.5, [1.0] * classes).converged


def test_a_linear_svm_for_another_value_of_c_is_not_converged(cuml):
    """If cuML's gradient becomes that of the full loss, convergence is not claimed."""

    class CorrectedLinearSVC(FakeLinearSVC):
        def __init__(self, *, C, **options):
            super().__init__(C=2 * C, **options)

    cuml.LinearSVC = CorrectedLinearSVC
    X, y = data(2)
    assert not gpu_cuml.fit_linear(X, y, 0.05, [1.0, 1.0]).converged


def test_cuml_accepts_the_parameters_in_use():
    """Signatures and attributes can be checked without a GPU."""
    pytest.importorskip("cuml", reason="cuML is not installed")
    from cuml.svm import SVC, LinearSVC

    pair = {"C", "kernel", "gamma", "tol", "max_iter", "class_weight", "output_type"}
    linear = {"C", "tol", "max_iter", "penalized_intercept", "class_weight", "output_type"}
    assert pair <= set(inspect.signature(SVC.__init__).parameters)
    assert linear <= set(inspect.signature(LinearSVC.__init__).parameters)
    for svm in (SVC, LinearSVC):
        assert "sample_weight" in inspect.signature(svm.fit).parameters
    for name in ("support_", "dual_coef_", "intercept_"):
        assert name in (SVC.__doc__ or "")
