"""Time per stage and SMO steps of the shared solver on the GPU, for ``gpu.py``."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from gpuclf.backend import Backend, gpu_batch
from gpuclf.backend.gpu_decide import Decider
from gpuclf.backend.gpu_smo import ProblemRun
from gpuclf.svm import KernelMatrix, shared


@contextmanager
def stages(backend: Backend) -> Iterator[dict[str, float]]:
    """Measure the total time of each stage; synchronising after each one slows the run down."""
    seconds: dict[str, float] = {}
    replaced = []

    def measure(owner: Any, name: str, label: str) -> None:
        inner = owner.__dict__[name]
        call = inner.__func__ if isinstance(inner, classmethod) else inner

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            backend.synchronize()
            begin = time.perf_counter()
            result = call(*args, **kwargs)
            backend.synchronize()
            seconds[label] = seconds.get(label, 0.0) + time.perf_counter() - begin
            return result

        replaced.append((owner, name, inner))
        setattr(owner, name, classmethod(wrapped) if inner is not call else wrapped)

    measure(KernelMatrix, "of", "kernel matrix")
    measure(shared.Problems, "batch", "kernel changes of folds")
    measure(gpu_batch.BatchSolver, "__init__", "tables")
    measure(gpu_batch.BatchSolver, "solve_base", "base")
    measure(gpu_batch.BatchSolver, "_problems", "problems")
    measure(ProblemRun, "finish", "launches, including base")
    measure(gpu_batch, "write_kernels", "kernels of folds")
    measure(Decider, "decide", "decisions")
    measure(import_module("gpuclf.backend.gpu"), "vote_of_pairs", "votes and sums")
    try:
        yield seconds
    finally:
        for owner, name, inner in replaced:
            setattr(owner, name, inner)


def record_steps(steps: list[Any]) -> None:
    """Record the number of SMO steps of every problem."""
    inner = ProblemRun.finish

    def finish(self: Any, *args: Any) -> Any:
        outcomes = inner(self, *args)
        steps.append(outcomes["steps"].ravel())
        return outcomes

    ProblemRun.finish = finish
