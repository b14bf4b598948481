"""Times on a GPU, each with its floor, for ``gpu.py``."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any
from unittest.mock import patch

import numpy as np
from gpu_agreement import fold_results, grid_file, on_device
from gpu_model import Rates, Setting, Sizes, Steps, estimate
from gpuclf.backend import Backend
from gpuclf.config.experiment import Experiment
from gpuclf.errors import BackendError
from gpuclf.model.classifier import ClipClassifier
from gpuclf.svm import SvmSpec
from gpuclf.validation.cross_validation import cross_validate
from measure_read import COPY, OURS, time_read
from measure_stages import solver_steps, stages
from measure_svm import synthetic_vectors

FOLDS = 10  # per repeat
COPIED, MULTIPLIED = "device copy GB/s", "float32 TFLOP/s"


def timed(run: Callable[[], Any], backend: Backend, times: int = 5) -> float:
    """Return the median time of a call in seconds, after one to warm up; synchronises."""
    seconds = []
    for _ in range(times + 1):
        backend.synchronize()
        begin = time.perf_counter()
        run()
        backend.synchronize()
        seconds.append(time.perf_counter() - begin)
    return median(seconds[1:])


def hardware_rates(backend: Backend, size: int) -> dict[str, Any]:
    """Measure copy rates and matrix product rates."""
    xp = backend.xp
    host = np.ones(size**2 * 4, np.float32)
    a = xp.ones((size, size), dtype=xp.float32)
    a *= xp.asarray(np.random.default_rng(0).random((size, size), np.float32))
    big = xp.ones(16 * size**2, dtype=xp.float32)
    other = xp.empty(16 * size**2, dtype=xp.float32)

    def copy() -> None:
        other[:] = big

    double = a.astype(xp.float64)
    work = 2 * size**3
    return {
        COPIED: 2 * big.nbytes / timed(copy, backend) / 1e9,
        "host to device GB/s": host.nbytes / timed(lambda: backend.asarray(host), backend) / 1e9,
        MULTIPLIED: work / timed(lambda: a @ a, backend) / 1e12,
        "float64 TFLOP/s": work / timed(lambda: double @ double, backend) / 1e12,
    }


def thesis_time(
    backend: Backend, setting: Setting, sizes: Sizes, rates: dict[str, Any], times: int
) -> dict[str, Any]:
    """Time all folds of a cross-validation, from vectors on the device to labels on the host.

    The floor and the estimate need `rates`, the result of `hardware_rates`.
    """
    run = folds_of(backend, setting, sizes)
    with solver_steps() as steps:
        run()
    seconds = timed(run, backend, times)
    per_problem = np.concatenate(steps) if steps else np.zeros(1)
    mean = float(per_problem.mean())
    result = {
        "seconds": seconds,
        "steps, mean, median and maximum": [
            mean,
            float(np.median(per_problem)),
            float(per_problem.max()),
        ],
    }
    if {COPIED, MULTIPLIED} <= rates.keys():
        card = Rates(rates[COPIED] * 1e9, rates[MULTIPLIED] * 1e12)
        model = estimate(setting, card, Steps(mean, mean), sizes)
        result |= {"floor": model.floor, "estimate": model.seconds}
    return result


def folds_of(backend: Backend, setting: Setting, sizes: Sizes) -> Callable[[], Any]:
    """Return a function that cross-validates synthetic vectors of a size."""
    vectors = on_device(backend, synthetic_vectors(*sizes[:4]))
    spec = SvmSpec("C", setting.kernel)
    options = {"folds": FOLDS, "repeats": sizes.folds // FOLDS}
    return lambda: fold_results(backend, vectors, spec, "minmax", setting.protocol, **options)


def profile(backend: Backend, setting: Setting, sizes: Sizes) -> dict[str, Any]:
    """Measure the seconds of each stage of a cross-validation, which slows it down."""
    run = folds_of(backend, setting, sizes)
    with stages(backend) as seconds:
        begin = time.perf_counter()
        run()
        total = time.perf_counter() - begin
    return {**seconds, "rest": total - sum(seconds.values())}


def streaming(backend: Backend, shape: tuple[int, int, int, int, int]) -> dict[str, Any]:
    """Time reading and aggregating an uncompressed file; its floor is the copy to the device."""
    with grid_file(shape) as features:
        experiment = Experiment(file="", n_vectors=min(6, shape[2]))
        rounds, difference = time_read(features, experiment, backend=backend, rounds=3)
        rates = {name: features.nbytes / 1e9 / rounds.median(name) for name in rounds.seconds}
    floor = {"floor": rounds.median(COPY)} if COPY in rates else {}
    return {
        "seconds": rounds.median(OURS[1]),
        **floor,
        "GB/s": rates,
        "difference": difference,
    }


def library_time(backend: Backend, kernel: str, sizes: Sizes) -> dict[str, Any]:
    """Time one fold with the backend's library, and compare its scores with the shared solver's."""
    try:
        backend.require_library()
    except BackendError as error:
        return {"library": f"not there: {error}"}
    vectors = on_device(backend, synthetic_vectors(*sizes[:4]))
    results = {
        solver: cross_validate(
            ClipClassifier(kernel=kernel, scale="minmax", solver=solver, backend=backend),
            vectors,
            folds=1,
            repeats=1,
        )
        for solver in ("library", "shared")
    }
    return {
        "seconds": results["library"].seconds["fit"],
        "accuracies of vectors": {n: float(r.vector_scores.mean()) for n, r in results.items()},
    }


def block_sizes(backend: Backend, sizes: Sizes, candidates: Sequence[int]) -> dict[str, Any]:
    """Time the solver's launches for several numbers of threads per block."""
    seconds: dict[str, Any] = {}
    largest = 2 * sizes.clips * sizes.vectors
    for threads in candidates:
        size = threads, -(-largest // threads)
        with patch("gpuclf.backend.gpu_smo.block_size", lambda *args, size=size: size):
            try:
                parts = profile(backend, Setting("thesis", "linear"), sizes)
                seconds[f"{size[0]} x {size[1]}"] = parts.get("CUDA kernel solve_pairs")
            except Exception as error:
                seconds[f"{size[0]} x {size[1]}"] = str(error)[:200]
    return seconds
