import copy
import pickle
import sys
import types
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from gpuclf import backend as module
from gpuclf.backend import PairOptions, cpu, lives_on_device, resolve
from gpuclf.errors import BackendError, InputError

from conftest import gpu_or_skip


def test_gpu_without_cupy_raises_with_the_installation_command(find_spec):
    find_spec(cupy=False)
    with pytest.raises(BackendError, match=r"CuPy is not installed.*pip install cupy-cuda13x"):
        module.gpu("a test")


def test_gpu_without_a_device_raises_with_the_cause_in_one_line(find_spec, fake_cupy):
    find_spec(cupy=True, cuml=True)
    fake_cupy(devices=0)
    with pytest.raises(BackendError, match=r"no working CUDA device \(cudaErrorNoDevice") as caught:
        module.gpu("a test")
    assert "\n" not in str(caught.value)


def test_auto_selects_a_working_gpu(find_spec, fake_cupy):
    find_spec(cupy=True, cuml=False)
    fake_cupy()
    chosen = resolve("auto")
    assert (chosen.name, chosen.device, chosen.free_memory()) == ("gpu", "A GPU", 7)


def test_auto_logs_which_optional_packages_are_installed(find_spec, fake_cupy, caplog):
    find_spec(cupy=True, cuml=True, kvikio=False)
    fake_cupy()
    with caplog.at_level("INFO", "gpuclf"):
        assert resolve("auto") is resolve("auto")
    assert [record.getMessage() for record in caplog.records] == [
        "backend gpu (A GPU): CuPy can allocate memory on it; cuML installed, kvikio not installed"
    ]
    assert "cuml" not in sys.modules


def test_auto_falls_back_to_the_cpu_and_logs_the_reason_once(find_spec, fake_cupy, caplog):
    find_spec(cupy=True, cuml=True)
    fake_cupy(devices=0)
    with caplog.at_level("INFO", "gpuclf"):
        assert resolve("auto") is resolve("auto")
    assert [record.getMessage() for record in caplog.records] == [
        f"backend cpu ({cpu('').device}): no GPU: no working CUDA device "
        "(cudaErrorNoDevice: no CUDA-capable device is detected)"
    ]


@pytest.mark.parametrize("choice", ["gpu", "gpu:1"])
def test_a_chosen_gpu_survives_copying_and_pickling(find_spec, fake_cupy, choice):
    find_spec(cupy=True)
    fake_cupy(devices=2)
    chosen = resolve(choice)
    assert (chosen.name, chosen.device) == ("gpu", f"A GPU, device {chosen.number or 0} of 2")
    assert resolve(choice) is copy.deepcopy(chosen) is pickle.loads(pickle.dumps(chosen)) is chosen


def test_unpickling_on_a_machine_without_the_gpu_selects_automatically(find_spec, fake_cupy):
    find_spec(cupy=True)
    fake_cupy(devices=2)
    pickled = pickle.dumps(resolve("gpu:1"))
    fake_cupy(devices=1)
    assert pickle.loads(pickled) is resolve("auto")
    assert resolve("auto").name == "gpu"


def test_resolving_makes_the_gpu_current_in_each_thread(find_spec, fake_cupy):
    find_spec(cupy=True)
    cuda = fake_cupy(devices=2).cuda
    chosen = resolve("gpu:1")

    def current(choice):
        before = cuda.Device().id
        resolve(choice)
        return before, cuda.Device().id

    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(current, chosen).result() == (0, 1)
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(current, "gpu").result() == (0, 1)


@pytest.mark.parametrize("choice", ["cpu:0", "auto:1", "gpu:", "gpu:-1", "gpu:x", "gpu:1:2", None])
def test_other_names_of_devices_raise(choice):
    with pytest.raises(InputError, match=r"backend: got .*, expected one of auto, cpu, gpu, gpu:N"):
        resolve(choice)


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
