"""Everything that a GPU has to show, in a few minutes: ``python benchmarks/gpu.py --out DIR``.

First correctness: feature vectors, decision values and votes against the CPU backend. Then times
from vectors to labels and from a file to vectors, each with its floor (bytes and products at the
rates measured before) and the estimate of ``gpu_model.py``. Then cuML on the same vectors, and a
profile of the slowest setting. Steps are independent: one that fails records its traceback, and the
others run. Results are written to ``DIR/gpu.json`` after each step, and a table is printed last.
``--small`` runs the same steps at a small size, on any backend.
"""

from __future__ import annotations

import argparse
import json
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gpu_agreement import CASES, agreement, agreement_of_vectors, compare_folds
from gpu_model import SETTINGS, Sizes
from gpu_times import (
    FOLDS,
    block_sizes,
    hardware_rates,
    library_time,
    profile,
    streaming,
    thesis_time,
)
from gpuclf._utils.versions import describe, driver
from gpuclf.backend import Backend, resolve
from gpuclf.errors import GpuclfError
from gpuclf.svm import SvmSpec
from measure_svm import synthetic_vectors

SMALL = Sizes(classes=2, clips=10, vectors=3, features=16, folds=FOLDS)

Result = dict[str, Any]


class Record:
    """Results by name, written to a JSON file after each step.

    Parameters
    ----------
    path : Path
        JSON file.
    minutes : float
        Steps that would begin later are skipped.
    """

    def __init__(self, path: Path, minutes: float) -> None:
        self.path, self.minutes = path, minutes
        self.results: dict[str, Result] = {}
        self.begin = time.perf_counter()

    def step(self, name: str, run: Callable[[], Result]) -> Result:
        """Run a step and return its result; an exception is recorded as the result."""
        begin = time.perf_counter()
        if begin - self.begin > 60 * self.minutes:
            result: Result = {"skipped": f"after {self.minutes:g} minutes"}
        else:
            try:
                result = run()
            except Exception:
                result = {"failed": traceback.format_exc(limit=-4)}
        result["step seconds"] = round(time.perf_counter() - begin, 2)
        self.results[name] = result
        self.path.write_text(json.dumps(self.results, indent=1, default=str))
        print(f"{name}: {json.dumps(result, default=str)}", flush=True)
        return result


def run_steps(backend: Backend, record: Record, *, small: bool) -> None:
    """Run all steps: correctness, times, cuML, profile."""
    sizes = SMALL if small else Sizes()
    record.step("environment", lambda: {"device": backend.device, "driver": driver(), **describe()})
    record.step("vectors", lambda: agreement_of_vectors(backend))
    for case in CASES:
        record.step(case, lambda case=case: agreement(backend, case, small=small))
    vectors = synthetic_vectors(*sizes[:4])
    for setting in SETTINGS:
        options = SvmSpec("C", setting.kernel), "minmax", setting.protocol
        record.step(
            f"labels, {setting}",
            lambda options=options: compare_folds(
                backend, vectors, *options, folds=FOLDS, repeats=1
            ),
        )
    rates = record.step("rates", lambda: hardware_rates(backend, 64 if small else 8192))
    times = {
        setting: record.step(
            f"{sizes.folds} folds, {setting}",
            lambda setting=setting: thesis_time(backend, setting, sizes, rates, 1 if small else 2),
        )
        for setting in SETTINGS
    }
    shape = (3, 4, 20, 2, 8) if small else (10, 100, 644, 2, 512)
    record.step("file to vectors", lambda: streaming(backend, shape))
    for kernel in ("linear", "rbf"):
        record.step(
            f"library, one fold, {kernel}",
            lambda kernel=kernel: library_time(backend, kernel, sizes),
        )
    slowest = max(times, key=lambda setting: times[setting].get("seconds", 0.0))
    record.step(f"profile, {slowest}", lambda: profile(backend, slowest, sizes))
    threads = (32, 64) if small else (128, 192, 256, 320, 512, 1024)
    record.step("block sizes", lambda: block_sizes(backend, sizes, threads))


def table(results: dict[str, Result]) -> str:
    """Return the lines of the table: what differs or failed, and each time with its floor."""
    lines = [f"{'':42} {'seconds':>9} {'floor':>9} {'estimate':>9} {'differ':>8}"]
    for name, result in results.items():
        if "failed" in result:
            lines.append(f"{name:42} FAILED: {result['failed'].strip().splitlines()[-1]}")
        elif "skipped" in result or "library" in result:
            lines.append(f"{name:42} {result.get('skipped') or result['library']}")
        elif "seconds" in result or "different" in result:
            numbers = [result.get(key) for key in ("seconds", "floor", "estimate")]
            columns = [f"{'' if n is None else format(n, '.4f'):>9}" for n in numbers]
            differ = result.get("different", "")
            lines.append(f"{name:42} {' '.join(columns)} {differ:>8}".rstrip())
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run all steps of the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="output folder")
    parser.add_argument("--backend", default="gpu", help="cpu, gpu or auto [default: gpu]")
    parser.add_argument("--small", action="store_true", help="run all steps at a small size")
    parser.add_argument(
        "--minutes", type=float, default=8, help="begin no step after these [default: 8]"
    )
    chosen = parser.parse_args(arguments)
    try:
        backend = resolve(chosen.backend)
    except GpuclfError as error:
        parser.exit(2, f"gpu.py: error: {error}\n")
    chosen.out.mkdir(parents=True, exist_ok=True)
    record = Record(chosen.out / "gpu.json", chosen.minutes)
    run_steps(backend, record, small=chosen.small)
    print(table(record.results))


if __name__ == "__main__":
    main()
