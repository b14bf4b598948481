"""The fence itself: it must bite, and it must offer no more than CuPy does."""

import numpy as np
import pytest

from fence import FENCE, FUNCTIONS, METHODS, FenceArray, FenceError, xp

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


def test_cupy_has_what_the_fence_offers():
    cupy = pytest.importorskip("cupy", reason="CuPy is not installed")
    assert [name for name in FUNCTIONS.split() if not hasattr(cupy, name)] == []
    assert callable(cupy.fft.rfft) and callable(cupy.lib.stride_tricks.as_strided)
    assert [name for name in METHODS.split() if not hasattr(cupy.ndarray, name)] == []
