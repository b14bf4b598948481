"""Shared fixtures: the three backends, small feature files, and real recordings if available."""

import os
import sys
from pathlib import Path

# Tests run in parallel: one BLAS and OpenMP thread each, set before a library is imported.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np
import pytest
from gpuclf.backend import cpu, gpu
from gpuclf.errors import BackendError
from gpuclf.features.hdf5.blocks import BlockSize
from gpuclf.features.read_plan import ReadPlan
from gpuclf.features.writer import write_grid
from gpuclf.vectors.aggregation import window_bounds
from gpuclf.vectors.streaming import stream, workers
from hypothesis import HealthCheck, settings

from emulated_device import emulated_device
from fake_cupy import forget_modules, remove, simulated_gpu
from fence import FENCE

# The same examples in every run and no deadline, so that results do not depend on the speed.
settings.register_profile(
    "gpuclf",
    derandomize=True,
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("gpuclf")


@pytest.fixture(scope="session")
def kernels(pytestconfig):
    """Folder of compiled CUDA kernels, reused by later sessions."""
    return pytestconfig.cache.mkdir("kernels")


@pytest.fixture(scope="session")
def device(kernels):
    """Device whose kernels run on the CPU."""
    return emulated_device(kernels)


def gpu_or_skip(*, cuml=False):
    try:
        backend = gpu("a test")
        if cuml:
            backend.require_library()
    except BackendError as error:
        if os.environ.get("GPUCLF_REQUIRE_GPU") == "1":
            pytest.fail(f"GPUCLF_REQUIRE_GPU is set, but {error}")
        pytest.skip(str(error))
    return backend


@pytest.fixture(params=["cpu", "fence", pytest.param("gpu", marks=pytest.mark.gpu)])
def backend(request):
    """Each array backend."""
    if request.param == "gpu":
        return gpu_or_skip()
    return {"cpu": cpu("a test"), "fence": FENCE}[request.param]


@pytest.fixture(params=["cpu", "fence", pytest.param("gpu", marks=pytest.mark.cuml)])
def svm_backend(request):
    """Each backend that can fit SVMs with a library."""
    if request.param == "gpu":
        return gpu_or_skip(cuml=True)
    return {"cpu": cpu("a test"), "fence": FENCE}[request.param]


@pytest.fixture
def simulated_cupy(monkeypatch, kernels):
    """CuPy without a GPU (see fake_cupy.py); cuML and kvikio are not installed."""
    for name in ("cuml", "kvikio"):
        remove(monkeypatch, name)
    forget_modules()
    yield simulated_gpu(monkeypatch, kernels)
    forget_modules()


def grid_frames(n_classes=3, n_clips=6, n_frames=20, n=8, seed=0, spread=1.0):
    """Return frames (classes, clips, frames, 2, n) of mostly separable classes."""
    rng = np.random.default_rng(seed)
    means = rng.normal(size=(n_classes, 1, 1, 1, n))
    clips = spread * rng.normal(size=(n_classes, n_clips, 1, 1, n))
    noise = rng.normal(size=(n_classes, n_clips, n_frames, 2, n))
    return (np.abs(means + clips + noise)).astype(np.float32)


def all_clips(features, frames_per_block=None):
    """Return the frames of every clip, read with `stream` in blocks of a size."""
    plan = features.plan()
    if frames_per_block is not None:
        size = BlockSize(frames_per_block, frames_per_block)
        blocks = tuple(features.source.blocks(features.rows, features.lengths, size))
        rows = max(block.rows for block in blocks)
        plan = ReadPlan(blocks, rows * features.n_features, plan.threads)
    clips = {}
    with workers(plan.threads) as pool:
        for block, frames, _ in stream(features, plan, cpu("a test"), pool):
            offsets = block.offsets.tolist()
            for clip, first, last in zip(block.clips.tolist(), offsets, offsets[1:], strict=False):
                assert clip not in clips
                clips[clip] = frames[first:last].copy()
    return [clips[clip] for clip in range(len(features))]


def windows_of(n_frames, n_vectors, overlap="half"):
    """Return the windows of one clip as slices of its frames."""
    bounds = window_bounds([n_frames], n_vectors, overlap)[0].tolist()
    return [slice(*edges) for edges in bounds]


@pytest.fixture
def grid_file(tmp_path):
    """A small grid file of three classes."""
    path = tmp_path / "grid.hdf5"
    write_grid(path, {"Z": grid_frames()}, ["blues", "jazz", "rock"])
    return path


@pytest.fixture(scope="session")
def esc10():
    """Features of ESC-10, 400 real recordings, as the grid feature set Xs."""
    path = os.environ.get("GPUCLF_ESC10")
    if path is None or not Path(path).exists():
        pytest.skip(f"GPUCLF_ESC10 names no feature file of ESC-10: {path}")
    return path


@pytest.fixture
def no_matplotlib(monkeypatch):
    """An installation without matplotlib."""
    monkeypatch.setattr("gpuclf.plot.style.find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
