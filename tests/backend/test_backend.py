import copy
import functools
import importlib.util
import pickle
import sys
import types

import numpy as np
import pytest
from gpuclf import backend as module
from gpuclf.backend import PairOptions, cpu, lives_on_device, resolve
from gpuclf.errors import BackendError, InputError

from conftest import gpu_or_skip


@pytest.fixture
def find_spec(monkeypatch):
    """Return a function that simulates installed and missing packages."""

    def pretend(**installed):
        real = importlib.util.find_spec
        monkeypatch.setattr(
            importlib.util,
            "find_spec",
            lambda name: (
                object() if installed.get(name) else None if name in installed else real(name)
            ),
        )

    return pretend


def fake_cupy(monkeypatch, zeros):
    cupy = types.ModuleType("cupy")
    cupy.zeros = zeros
    device = types.SimpleNamespace(id=0)
    runtime = types.SimpleNamespace(
        getDeviceProperties=lambda _: {"name": b"A GPU"}, memGetInfo=lambda: (7, 9)
    )
    cupy.cuda = types.SimpleNamespace(
        Device=lambda: device, runtime=runtime, get_current_stream=lambda: None
    )
    cupy.asarray = cupy.asnumpy = np.asarray
    pool = types.SimpleNamespace(malloc="the pool's", free_bytes=lambda: 0)
    cupy.get_default_memory_pool = lambda: pool
    cupy.cuda.set_allocator = functools.partial(setattr, cupy, "allocator")
    monkeypatch.setitem(sys.modules, "cupy", cupy)


def no_device(*args):
    raise RuntimeError("cudaErrorNoDevice: no CUDA-capable device is detected\nand more")


def test_gpu_without_cupy_raises_with_the_installation_command(find_spec):
    find_spec(cupy=False)
    with pytest.raises(BackendError, match=r"CuPy is not installed.*pip install cupy-cuda13x"):
        module.gpu("a test")


def test_gpu_without_a_device_raises_with_the_cause_in_one_line(find_spec, monkeypatch):
    find_spec(cupy=True, cuml=True)
    fake_cupy(monkeypatch, zeros=no_device)
    with pytest.raises(BackendError, match=r"no working CUDA device \(cudaErrorNoDevice") as caught:
        module.gpu("a test")
    assert "\n" not in str(caught.value)


def test_gpu_without_cuml_raises_only_when_the_library_is_required(find_spec, monkeypatch):
    find_spec(cupy=True, cuml=False)
    fake_cupy(monkeypatch, zeros=np.zeros)
    chosen = module.gpu("a test")
    assert chosen.device == "A GPU"
    with pytest.raises(BackendError, match=r"cuML is not installed.*cuml-cu13"):
        chosen.require_library()


def test_cuml_that_cannot_be_imported_raises(find_spec, monkeypatch):
    find_spec(cupy=True, cuml=True)
    fake_cupy(monkeypatch, zeros=np.zeros)
    monkeypatch.setitem(sys.modules, "cuml.svm", None)
    with pytest.raises(BackendError, match=r"cuML cannot be imported \(import of cuml.svm halted"):
        module.gpu("a test").require_library()


def test_importing_cuml_restores_the_memory_pool_of_cupy(find_spec, monkeypatch):
    find_spec(cupy=True, cuml=True)
    fake_cupy(monkeypatch, zeros=np.zeros)
    monkeypatch.setitem(sys.modules, "cuml.svm", types.ModuleType("cuml.svm"))
    module.gpu("a test").require_library()
    assert sys.modules["cupy"].allocator == "the pool's"


def test_auto_selects_a_working_gpu(find_spec, monkeypatch):
    find_spec(cupy=True, cuml=False)
    fake_cupy(monkeypatch, zeros=np.zeros)
    chosen = module._resolve.__wrapped__("auto")
    assert (chosen.name, chosen.device, chosen.free_memory()) == ("gpu", "A GPU", 7)


def test_auto_falls_back_to_the_cpu_and_logs_the_reason_once(find_spec, monkeypatch, caplog):
    find_spec(cupy=True, cuml=True)
    fake_cupy(monkeypatch, zeros=no_device)
    module._resolve.cache_clear()
    with caplog.at_level("INFO", "gpuclf"):
        assert resolve("auto") is resolve("auto")
    module._resolve.cache_clear()
    assert [record.getMessage() for record in caplog.records] == [
        f"backend cpu ({cpu('').device}): no GPU: no working CUDA device "
        "(cudaErrorNoDevice: no CUDA-capable device is detected)"
    ]


def test_resolve_returns_a_backend_unchanged_and_rejects_unknown_names(backend):
    assert resolve(backend) is backend
    with pytest.raises(InputError, match="backend: got 'tpu', expected one of auto, cpu, gpu"):
        resolve("tpu")


def test_arrays_survive_a_round_trip_to_the_device(backend):
    host = np.arange(6.0).reshape(2, 3)
    array = backend.asarray(host)
    assert lives_on_device(array) == (backend.name != "cpu")
    assert backend.asarray(array) is array
    np.testing.assert_array_equal(backend.to_host(array), host)
    assert backend.free_memory() > 0


def test_cpu_asarray_copies_arrays_from_a_device():
    array = types.SimpleNamespace(__cuda_array_interface__={}, get=lambda: np.ones(2))
    assert cpu("a test").asarray(array).tolist() == [1.0, 1.0]


def test_map_keeps_the_order_and_raises_errors(svm_backend):
    assert list(svm_backend.map(lambda x: x * x, range(50))) == [x * x for x in range(50)]
    with pytest.raises(ZeroDivisionError):
        list(svm_backend.map(lambda x: 1 / x, [1, 0, 1]))


def test_copying_and_pickling_return_the_same_backend():
    chosen = resolve("cpu")
    assert copy.deepcopy(chosen) is chosen
    assert pickle.loads(pickle.dumps(chosen)) is chosen
    assert repr(chosen).startswith("<cpu: ")


@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_positive_decision_values_are_votes_for_the_first_class(svm_backend, kernel):
    X = svm_backend.asarray(np.array([[0.0], [1.0], [4.0], [5.0]], dtype=svm_backend.dtype))
    second = svm_backend.asarray(np.array([0, 0, 1, 1]))
    fit = svm_backend.fit_pair(X, second, PairOptions("C", kernel, C=10.0, nu=0.5, gamma=0.5))
    points = svm_backend.to_host(X)[svm_backend.to_host(fit.support)]
    coef = svm_backend.to_host(fit.coef)

    def decide(x):
        values = points @ x if kernel == "linear" else np.exp(-0.5 * (points - x) ** 2).ravel()
        return (coef @ values + fit.intercept).item()

    assert decide(np.array([0.5])) > 0 > decide(np.array([4.5]))
    assert fit.converged


@pytest.mark.gpu
def test_gpu_has_free_memory_and_computes():
    gpu = gpu_or_skip()
    assert gpu.free_memory() > 2**20
    assert gpu.to_host(gpu.xp.arange(5).sum()) == 10


def test_cuml_accepts_the_parameters_in_use():
    """Signatures and attributes can be checked without a GPU."""
    pytest.importorskip("cuml", reason="cuML is not installed")
    import inspect

    from cuml.svm import SVC, LinearSVC

    pair = {"C", "kernel", "gamma", "tol", "max_iter", "output_type"}
    linear = {"C", "tol", "max_iter", "penalized_intercept", "output_type"}
    assert pair <= set(inspect.signature(SVC.__init__).parameters)
    assert linear <= set(inspect.signature(LinearSVC.__init__).parameters)
    for name in ("support_", "dual_coef_", "intercept_", "n_iter_"):
        assert name in (SVC.__doc__ or "")
