"""Statistics of windows: CPU against NumPy, and the GPU's kernel against the CPU."""

import numpy as np
import pytest
from gpuclf.backend import WindowStatistics, cpu
from gpuclf.vectors.streaming import workers
from hypothesis import given
from hypothesis import strategies as st

from conftest import gpu_or_skip
from emulated import emulated


def random_frames(seed, clips, segments, n, rows=50):
    rng = np.random.default_rng(seed)
    edges = np.sort(rng.integers(0, rows + 1, size=(clips, segments + 1)), axis=1)
    return (10 * rng.normal(size=(rows, n))).astype(np.float32), edges


@pytest.mark.parametrize("segments", [1, 2])
@pytest.mark.parametrize("rectify", [True, False])
def test_statistics_are_bitwise_equal_to_numpy(backend, rectify, segments):
    frames, edges = random_frames(0, 3, 5 + segments, 5)
    edges[1, 2:5] = edges[1, 2]  # an empty window
    statistics = WindowStatistics(rectify, squares=True, extremes=True)
    windows = backend.reduce_windows(backend.asarray(frames), edges, segments, statistics, None)
    sums, squares, low, high = values = [backend.to_host(part) for part in windows]
    x = (np.abs(frames) if rectify else frames).astype(np.float64)
    assert sums.shape == (3, 6, 5)
    for clip, window in np.ndindex(3, 6):
        part = x[edges[clip, window] : edges[clip, window + segments]]
        if not len(part):
            assert [array[clip, window, 0] for array in values] == [0, 0, np.inf, -np.inf]
            continue
        deviations = part - part.mean(axis=0)
        np.testing.assert_array_equal(sums[clip, window], part.sum(axis=0))
        np.testing.assert_array_equal(squares[clip, window], (deviations**2).sum(axis=0))
        np.testing.assert_array_equal(low[clip, window], part.min(axis=0))
        np.testing.assert_array_equal(high[clip, window], part.max(axis=0))


@pytest.mark.parametrize("segments", [1, 2])
def test_result_does_not_depend_on_the_number_of_threads(segments):
    frames, edges = random_frames(0, 13, 4, 5)
    statistics = WindowStatistics(True, squares=True, extremes=True)
    serial = cpu("a test").reduce_windows(frames, edges, segments, statistics, None)
    with workers(3) as pool:
        parallel = cpu("a test").reduce_windows(frames, edges, segments, statistics, pool)
    for one, other in zip(serial, parallel, strict=True):
        np.testing.assert_array_equal(one, other)


def test_only_requested_statistics_are_computed(backend):
    frames, edges = random_frames(0, 2, 3, 5)
    statistics = WindowStatistics(rectify=True, squares=False, extremes=False)
    windows = backend.reduce_windows(backend.asarray(frames), edges, 2, statistics, None)
    assert windows.sums is not None and windows[1:] == (None, None, None)


@pytest.mark.gpu
@pytest.mark.parametrize("segments", [1, 2])
def test_gpu_and_cpu_are_bitwise_equal(segments):
    gpu = gpu_or_skip()
    frames, edges = random_frames(1, 30, 14, 77, rows=5000)
    statistics = WindowStatistics(rectify=True, squares=True, extremes=True)
    on_gpu = gpu.reduce_windows(gpu.asarray(frames), edges, segments, statistics, None)
    on_cpu = cpu("a test").reduce_windows(frames, edges, segments, statistics, None)
    for one, other in zip(on_gpu, on_cpu, strict=True):
        np.testing.assert_array_equal(gpu.to_host(one), other)


@pytest.fixture(scope="module")
def kernel(kernels):
    return emulated("windows.cu", "reduce_windows", kernels)


@given(data=st.data())
def test_emulated_kernel_is_bitwise_equal_to_the_cpu(kernel, data):
    clips, n = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 5))
    segments = data.draw(st.integers(1, 2))
    frames, edges = random_frames(data.draw(st.integers(0, 99)), clips, 2 + segments, n)
    statistics = WindowStatistics(*(data.draw(st.booleans()) for _ in range(3)))
    shape = (clips, 3, n)
    got = [
        np.full(shape, np.nan),
        np.full(shape, np.nan) if statistics.squares else None,
        *(np.full(shape, np.nan, np.float32) if statistics.extremes else None for _ in range(2)),
    ]
    bounds = np.stack([edges[:, :-segments], edges[:, segments:]], axis=2)
    count, block = clips * 3 * n, data.draw(st.integers(1, 8))
    kernel(-(-count // block), block, frames, bounds, count, n, *map(int, statistics), *got)
    expected = cpu("a test").reduce_windows(frames, edges, segments, statistics, None)
    for one, other in zip(got, expected, strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            np.testing.assert_array_equal(one, other)
