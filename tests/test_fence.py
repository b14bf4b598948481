"""The fence itself: it must bite, and it must offer no more than CuPy does."""

import importlib
import sys

import numpy as np
import pytest

import device_costs
import fake_cupy
from fence import FENCE, FenceArray, FenceError, xp

DEVICE, HOST = FenceArray([1.0, 2.0]), np.array([1.0, 2.0])


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: DEVICE + HOST,
        lambda: HOST + DEVICE,
        lambda: HOST * DEVICE,
        lambda: DEVICE @ HOST,
        lambda: DEVICE[np.array([0])],
        lambda: DEVICE.__setitem__(0, HOST[:1]),
        lambda: HOST.__setitem__(slice(None), DEVICE),
        lambda: xp.concatenate([DEVICE, HOST]),
        lambda: xp.abs(HOST),
        lambda: np.abs(DEVICE),
        lambda: np.sum(DEVICE),
        lambda: np.asarray(DEVICE),
        lambda: np.concatenate([DEVICE, DEVICE]),
        lambda: float(DEVICE[0]),
        lambda: bool(DEVICE[0] > 0),
        lambda: list(DEVICE),
    ],
)
def test_mixing_host_and_device_raises(mistake):
    with pytest.raises(TypeError):
        mistake()


def test_a_function_that_cupy_does_not_promise_is_missing():
    with pytest.raises(AttributeError):
        _ = xp.apply_along_axis


def test_the_way_through_is_the_backend():
    moved = FENCE.asarray(HOST)
    assert isinstance(moved, FenceArray)
    np.testing.assert_array_equal(FENCE.to_host(moved), HOST)


def test_what_is_allowed_computes_as_numpy_does():
    result = xp.maximum(DEVICE * 2 - 1, 0)[FENCE.asarray(np.array([1]))]
    assert FENCE.to_host(result).tolist() == [3.0]
    with pytest.raises(FenceError):
        float(result)


def public_names(module):
    return [name for name in vars(module) if not name.startswith("_")]


def test_cupy_has_what_the_fence_offers(simulated_modules):
    pytest.importorskip("cupy", reason="CuPy is not installed")
    for fake in simulated_modules:
        real = importlib.import_module(fake.__name__)
        assert [name for name in public_names(fake) if not hasattr(real, name)] == []
    cupy = sys.modules["cupy"]
    assert callable(cupy.fft.rfft) and callable(cupy.lib.stride_tricks.as_strided)
    for fake, real in [
        (FenceArray, cupy.ndarray),
        (fake_cupy.RawModule, cupy.RawModule),
        (fake_cupy.Device, cupy.cuda.Device),
        (fake_cupy.MemoryPool, cupy.cuda.MemoryPool),
        (fake_cupy.PinnedMemoryPointer, cupy.cuda.PinnedMemoryPointer),
    ]:
        assert [name for name in public_names(fake) if not hasattr(real, name)] == []


@pytest.fixture
def simulated_modules(monkeypatch, kernels):
    monkeypatch.setattr(fake_cupy.RawModule, "_folder", kernels)
    return fake_cupy.modules()


KERNEL = """
extern "C" __global__ void scale(const float* x, float* out, int count, float factor)
{
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) out[i] = factor * x[i];
}
"""


@pytest.fixture
def scale(simulated_modules):
    """A kernel that multiplies an array by a number."""
    return fake_cupy.RawModule(code=KERNEL).get_function("scale")


def test_kernels_run_on_device_arrays(scale):
    out = xp.empty(2, xp.float32)
    scale((1,), (32,), (xp.asarray(np.float32([1, 2])), out, np.int32(2), np.float32(3)))
    assert out.get().tolist() == [3.0, 6.0]


FLOATS = xp.zeros(2, dtype=np.float32)


@pytest.mark.parametrize(
    "arguments",
    [
        (np.zeros(2, np.float32), FLOATS, np.int32(2), np.float32(3)),
        (xp.zeros(2), FLOATS, np.int32(2), np.float32(3)),
        (xp.zeros(4, dtype=np.float32)[::2], FLOATS, np.int32(2), np.float32(3)),
        (FLOATS, FLOATS, 2, np.float32(3)),
        (FLOATS, FLOATS, np.int64(2), np.float32(3)),
        (FLOATS, FLOATS, np.int32(2), 3.0),
    ],
    ids=["host array", "float64", "strided", "Python int", "int64", "Python float"],
)
def test_arguments_that_a_kernel_would_misread_raise(scale, arguments):
    with pytest.raises(FenceError):
        scale((1,), (32,), arguments)


def test_addresses_outside_of_device_memory_raise(scale):
    pointers = np.uint64(FLOATS.data.ptr), np.uint64(16)
    with pytest.raises(AssertionError, match="no device memory is allocated at address 0x10"):
        scale((1,), (32,), (*pointers, np.int32(2), np.float32(3)))


def test_work_is_counted_as_a_device_would_do_it():
    with device_costs.counting() as costs:
        a = xp.asarray(np.ones((4, 8), np.float32))  # one copy, 128 bytes
        b = a.T[1:]  # no work: views
        c = a @ a.T + 1  # a product and an operation
        c += xp.zeros((4, 4))  # two operations
        b[xp.asarray(np.array([0]))].get()  # an index of 8 bytes, a gather and 16 bytes back
    assert (costs.to_device, costs.to_host, costs.products) == (136, 16, 1)
    assert costs.flops == 2 * 4 * 4 * 8
    assert costs.operations == {"add": 1, "iadd": 1, "zeros": 1, "getitem": 1}
    assert costs.synchronisations == {"copy to host": 1}


@pytest.mark.parametrize(
    "wait",
    [
        lambda: xp.flatnonzero(DEVICE),
        lambda: xp.bincount(xp.asarray(np.array([1, 2]))),
        lambda: DEVICE[DEVICE > 1],
        lambda: DEVICE.sum().item(),
    ],
    ids=["flatnonzero", "bincount", "mask", "item"],
)
def test_operations_that_wait_for_the_device_are_counted(wait):
    with device_costs.counting() as costs:
        wait()
    assert costs.synchronisations.total() == 1


def test_allocation_beyond_the_memory_of_the_device_raises(monkeypatch):
    monkeypatch.setattr(device_costs, "MEMORY", device_costs.Memory(10_000))
    arrays = [xp.zeros(512), xp.zeros(512)]
    with pytest.raises(device_costs.OutOfMemoryError):
        xp.zeros(512)
    del arrays[0]
    xp.zeros(512)
