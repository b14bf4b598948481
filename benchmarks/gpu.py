"""Benchmark of the GPU backend, in a few minutes: ``python benchmarks/gpu.py --out DIR``.

Measures the hardware's copy and matrix product rates, compares the shared solver's labels and
decision values with the CPU backend, and times cross-validations of the thesis's size, by stage.
Steps are independent: one that fails records its traceback, and the others run. Results are printed
and written to ``DIR/gpu.json`` after each step. ``--small`` runs the same steps at a small size, on
any backend.
"""

from __future__ import annotations

import argparse
import json
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from gpuclf._utils.versions import describe, driver
from gpuclf.backend import Backend, resolve
from gpuclf.svm import KernelMatrix, SvmSpec, solve_folds
from gpuclf.validation.options import Validation
from gpuclf.validation.plan import make_plan
from gpuclf.vectors.scaling import fit_scaler
from measure_stages import record_steps, stages
from measure_svm import synthetic_vectors

THESIS = {"classes": 10, "clips": 100, "vectors": 12, "features": 512}


class Record:
    """Results by name, written to a JSON file after each step."""

    def __init__(self, path: Path) -> None:
        self.path, self.results = path, {}

    def step(self, name: str, run: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Run a step and return its result; an exception is recorded as the result."""
        begin = time.perf_counter()
        try:
            result = run()
        except Exception:
            result = {"failed": traceback.format_exc(limit=-4)}
        result["step seconds"] = round(time.perf_counter() - begin, 2)
        self.results[name] = result
        self.path.write_text(json.dumps(self.results, indent=1, default=str))
        print(f"{name}: {json.dumps(result, default=str)}", flush=True)
        return result


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
        "device copy GB/s": 2 * big.nbytes / timed(copy, backend) / 1e9,
        "host to device GB/s": host.nbytes / timed(lambda: backend.asarray(host), backend) / 1e9,
        "float32 TFLOP/s": work / timed(lambda: a @ a, backend) / 1e12,
        "float64 TFLOP/s": work / timed(lambda: double @ double, backend) / 1e12,
    }


def fold_results(
    backend: Backend, vectors: Any, spec: SvmSpec, scale: str, protocol: str, **options: Any
) -> tuple[Any, list[Any]]:
    """Return all folds and their results: vectors on the device to labels on the host."""
    validation = Validation(protocol=protocol, **options)
    plan = make_plan(vectors, [vectors.X.shape[1]], [spec], validation)
    X = vectors.X
    if protocol == "thesis":
        flat = X.reshape(-1, X.shape[2])
        X, scale = fit_scaler(flat, scale, backend.xp).transform(X, "float32"), "none"
    kernel = KernelMatrix.of(X, spec, scale, backend)
    value = spec.nu if spec.svm_type == "nu" else spec.C
    classes = len(vectors.labels)
    results = [decided[0] for decided in solve_folds(kernel, plan.folds, classes, [value])]
    return plan.folds, results


def on_device(backend: Backend, vectors: Any) -> Any:
    """Return the vectors on the backend's device."""
    from dataclasses import replace

    return replace(vectors, X=backend.asarray(vectors.X))


CASES = {
    f"{classes} classes, {svm} {kernel}, {protocol} {scale}": (
        classes,
        SvmSpec(svm, kernel, C=C, nu=0.8),
        scale,
        protocol,
    )
    for classes, svm, kernel, C, scale, protocol in [
        (10, "C", "linear", 1.0, "minmax", "thesis"),
        (10, "C", "rbf", 1.0, "minmax", "thesis"),
        (10, "C", "linear", 1.0, "minmax", "inductive"),
        (10, "C", "rbf", 10.0, "minmax", "inductive"),
        (10, "C", "rbf", 10.0, "std", "inductive"),
        (10, "nu", "linear", 1.0, "minmax", "thesis"),
        (10, "nu", "rbf", 1.0, "std", "inductive"),
        (2, "C", "linear", 100.0, "std", "inductive"),
        (2, "nu", "rbf", 1.0, "minmax", "thesis"),
        (50, "C", "rbf", 1.0, "minmax", "inductive"),
    ]
}


def agreement(backend: Backend, case: str, clips: int) -> dict[str, Any]:
    """Compare the shared solver's labels and decision values with the CPU backend."""
    classes, spec, scale, protocol = CASES[case]
    vectors = synthetic_vectors(classes, clips if classes < 50 else 9, 5, 37, seed=1)
    options = {"folds": 4, "repeats": 2, "split": "stratified-kfold"}
    begin = time.perf_counter()
    _, got = fold_results(backend, on_device(backend, vectors), spec, scale, protocol, **options)
    middle = time.perf_counter()
    _, expected = fold_results(resolve("cpu"), vectors, spec, scale, protocol, **options)
    end = time.perf_counter()
    ours = np.concatenate([one.votes for one in got])
    theirs = np.concatenate([one.votes for one in expected])
    differences = [
        np.abs(backend.to_host(a.decisions) - b.decisions).max()
        for a, b in zip(got, expected, strict=True)
    ]
    return {
        "votes": len(ours),
        "different": int((ours != theirs).sum()),
        "max difference of decisions": float(max(differences)),
        "unconverged": sum(len(one.unconverged) for one in got),
        "seconds": middle - begin,
        "CPU seconds": end - middle,
    }


def thesis_time(
    backend: Backend, kernel: str, protocol: str, sizes: dict[str, int], repeats: int
) -> dict[str, Any]:
    """Time all folds of a cross-validation of the thesis's size, from vectors to labels."""
    vectors = on_device(backend, synthetic_vectors(**sizes))
    spec = SvmSpec("C", kernel)
    steps: list[Any] = []
    record_steps(steps)

    def run(count: int = repeats) -> Any:
        return fold_results(backend, vectors, spec, "minmax", protocol, folds=10, repeats=count)

    run(1)
    steps.clear()
    seconds = timed(run, backend, times=2)
    with stages(backend) as parts:
        run()
    per_problem = np.concatenate(steps[-1:]) if steps else np.zeros(1)
    return {
        "seconds": seconds,
        "stages": {name: round(value, 4) for name, value in parts.items()},
        "steps, median and maximum": [float(np.median(per_problem)), float(per_problem.max())],
    }


def full_agreement(backend: Backend, sizes: dict[str, int]) -> dict[str, Any]:
    """Compare labels with the CPU backend at the thesis's size, ten folds."""
    vectors = synthetic_vectors(**sizes)
    results = {}
    for protocol in ("thesis", "inductive"):
        for kernel in ("linear", "rbf"):
            setting = (SvmSpec("C", kernel), "minmax", protocol)
            begin = time.perf_counter()
            _, theirs = fold_results(resolve("cpu"), vectors, *setting, folds=10, repeats=1)
            seconds = time.perf_counter() - begin
            _, ours = fold_results(
                backend, on_device(backend, vectors), *setting, folds=10, repeats=1
            )
            different = sum(
                int((a.votes != b.votes).sum()) for a, b in zip(ours, theirs, strict=True)
            )
            results[f"{protocol} {kernel}"] = {
                "votes": sum(len(a.votes) for a in ours),
                "different": different,
                "CPU seconds": seconds,
            }
    return results


def blocks(backend: Backend, sizes: dict[str, int], folds: int) -> dict[str, Any]:
    """Time the solver's launches for several block sizes."""
    from gpuclf.backend import gpu_smo

    vectors = on_device(backend, synthetic_vectors(**sizes))
    default, seconds = gpu_smo.block_size, {}
    largest = 2 * sizes["clips"] * sizes["vectors"]
    for threads in (128, 192, 256, 320, 512, 1024):
        per = -(-largest // threads)
        gpu_smo.block_size = lambda largest, max_shared, size=(threads, per): size
        try:

            def run() -> None:
                fold_results(
                    backend, vectors, SvmSpec(), "minmax", "thesis", folds=10, repeats=folds // 10
                )

            run()
            with stages(backend) as parts:
                run()
            seconds[f"{threads} x {per}"] = round(parts["launches, including base"], 4)
        except Exception as error:
            seconds[f"{threads} x {per}"] = str(error)[:200]
        finally:
            gpu_smo.block_size = default
    return seconds


def main() -> None:
    """Run all steps of the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="output folder")
    parser.add_argument("--backend", default="gpu", help="cpu, gpu or auto [default: gpu]")
    parser.add_argument("--small", action="store_true", help="run all steps at a small size")
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    backend = resolve(chosen.backend)
    record = Record(chosen.out / "gpu.json")
    record.step("environment", lambda: {"device": backend.device, "driver": driver(), **describe()})
    record.step("hardware rates", lambda: hardware_rates(backend, 256 if chosen.small else 8192))
    for case in CASES:
        record.step(case, lambda case=case: agreement(backend, case, 9 if chosen.small else 40))
    sizes = {**THESIS, "clips": 10, "features": 24} if chosen.small else THESIS
    repeats = 1 if chosen.small else 20
    for protocol in ("thesis", "inductive"):
        for kernel in ("linear", "rbf"):
            record.step(
                f"{repeats} x 10 folds, {protocol} {kernel}",
                lambda kernel=kernel, protocol=protocol: thesis_time(
                    backend, kernel, protocol, sizes, repeats
                ),
            )
    record.step("agreement of labels", lambda: full_agreement(backend, sizes))
    record.step("block sizes", lambda: blocks(backend, sizes, 10 * repeats))


if __name__ == "__main__":
    main()
