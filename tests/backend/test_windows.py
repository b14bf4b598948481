"""Windows over frames reduced: by the definition, and the GPU's kernel by the CPU's."""

import numpy as np
import pytest
from gpuclf.backend import WindowStatistics, cpu
from gpuclf.vectors.streaming import workers
from hypothesis import given
from hypothesis import strategies as st

from conftest import gpu_or_skip
from emulated import emulated


def some(seed, clips, segments, n, rows=50):
    rng = np.random.default_rng(seed)
    edges = np.sort(rng.integers(0, rows + 1, size=(clips, segments + 1)), axis=1)
    return (10 * rng.normal(size=(rows, n))).astype(np.float32), edges


@pytest.mark.parametrize("rectify", [True, False])
def test_windows_follow_numpys_definition_to_the_last_bit(backend, rectify):
    frames, edges = some(0, 3, 7, 5)
    edges[1, 2:5] = edges[1, 2]  # an empty window
    wanted = WindowStatistics(rectify, squares=True, extremes=True)
    found = backend.reduce_windows(backend.asarray(frames), edges, wanted, None)
    found = [backend.to_host(part) for part in found]
    x = (np.abs(frames) if rectify else frames).astype(np.float64)
    assert found[0].shape == (3, 6, 5)
    for clip, window in np.ndindex(3, 6):
        part = x[edges[clip, window] : edges[clip, window + 2]]
        if not len(part):
            assert [values[clip, window, 0] for values in found] == [0, 0, np.inf, -np.inf]
            continue
        deviations = part - part.mean(axis=0)
        np.testing.assert_array_equal(found[0][clip, window], part.sum(axis=0))
        np.testing.assert_array_equal(found[1][clip, window], (deviations**2).sum(axis=0))
        np.testing.assert_array_equal(found[2][clip, window], part.min(axis=0))
        np.testing.assert_array_equal(found[3][clip, window], part.max(axis=0))


def test_threads_change_nothing():
    frames, edges = some(0, 13, 4, 5)
    wanted = WindowStatistics(True, squares=True, extremes=True)
    alone = cpu("a test").reduce_windows(frames, edges, wanted, None)
    with workers(3) as pool:
        together = cpu("a test").reduce_windows(frames, edges, wanted, pool)
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)


def test_only_what_is_wanted_is_computed(backend):
    frames, edges = some(0, 2, 3, 5)
    wanted = WindowStatistics(rectify=True, squares=False, extremes=False)
    found = backend.reduce_windows(backend.asarray(frames), edges, wanted, None)
    assert found.sums is not None and found[1:] == (None, None, None)


@pytest.mark.gpu
def test_the_gpu_and_the_cpu_agree_to_the_last_bit():
    gpu = gpu_or_skip()
    frames, edges = some(1, 30, 14, 77, rows=5000)
    wanted = WindowStatistics(rectify=True, squares=True, extremes=True)
    there = gpu.reduce_windows(gpu.asarray(frames), edges, wanted, None)
    here = cpu("a test").reduce_windows(frames, edges, wanted, None)
    for one, other in zip(there, here, strict=True):
        np.testing.assert_array_equal(gpu.to_host(one), other)


@pytest.fixture(scope="module")
def kernel(kernels):
    return emulated("windows.cu", "reduce_windows", kernels)


@given(data=st.data())
def test_the_gpus_kernel_run_on_the_cpu_agrees_to_the_last_bit(kernel, data):
    clips, n = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 5))
    frames, edges = some(data.draw(st.integers(0, 99)), clips, 4, n)
    wanted = WindowStatistics(*(data.draw(st.booleans()) for _ in range(3)))
    shape = (clips, 3, n)
    got = [
        np.full(shape, np.nan),
        np.full(shape, np.nan) if wanted.squares else None,
        *(np.full(shape, np.nan, np.float32) if wanted.extremes else None for _ in range(2)),
    ]
    bounds = np.stack([edges[:, :-2], edges[:, 2:]], axis=2)
    count, block = clips * 3 * n, data.draw(st.integers(1, 8))
    kernel(-(-count // block), block, frames, bounds, count, n, *map(int, wanted), *got)
    expected = cpu("a test").reduce_windows(frames, edges, wanted, None)
    for one, other in zip(got, expected, strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            np.testing.assert_array_equal(one, other)
