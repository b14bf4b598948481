"""Time of each stage of the shared solver, by CUDA kernel, and its SMO steps, for ``gpu.py``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from gpuclf._typing import AnyArray
from gpuclf.backend import Backend, gpu_batch
from gpuclf.svm import KernelMatrix, shared

GPU = "gpuclf.backend.gpu"  # the module; the package has a function of this name


@contextmanager
def stages(backend: Backend) -> Iterator[dict[str, float]]:
    """Measure the seconds of each stage without those of the stages within it.

    The device is waited for after each stage, which slows the run down.
    """
    seconds: dict[str, float] = {}
    within = [0.0]  # seconds of the stages within each open stage

    def timed(label: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            backend.synchronize()
            begin = time.perf_counter()
            within.append(0.0)
            result = call(*args, **kwargs)
            backend.synchronize()
            elapsed = time.perf_counter() - begin
            seconds[label] = seconds.get(label, 0.0) + elapsed - within.pop()
            within[-1] += elapsed
            return result

        return wrapped

    vote = shared._vote

    def solve(matrix: Any, batch: Any, device: Any, *args: Any) -> Any:
        def launch(one: Any) -> None:
            timed(f"CUDA kernel {one.kernel}", device.launch)(one)

        return gpu_batch.solve_batch(matrix, batch, replace(device, launch=launch), *args)

    with (
        patch.object(KernelMatrix, "of", timed("matrix of all vectors", KernelMatrix.of)),
        patch.object(shared.Problems, "batch", timed("scaling of folds", shared.Problems.batch)),
        patch(f"{GPU}.solve_batch", timed("solver, except its CUDA kernels", solve)),
        patch.object(shared, "_vote", timed("votes", lambda *args: iter(list(vote(*args))))),
    ):
        yield seconds


@contextmanager
def solver_steps() -> Iterator[list[AnyArray]]:
    """Record the number of SMO steps of every problem, batch by batch."""
    steps: list[AnyArray] = []
    result = gpu_batch.BatchSolver.result

    def recorded(self: Any) -> Any:
        steps.append(self.outcomes["steps"].ravel())
        return result(self)

    with patch.object(gpu_batch.BatchSolver, "result", recorded):
        yield steps
