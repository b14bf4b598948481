"""The benchmark of the GPU at a small size: on the CPU, and on a simulated GPU."""

import json
import os
import subprocess
import sys
from pathlib import Path

import gpu
import gpu_model
import gpu_times
import pytest
from gpu_model import SETTINGS
from gpuclf.backend import resolve

from fake_cuml import install_cuml

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
BLOCKED = """
import runpy, sys
for name in ("rich_click", "imagecodecs", "cupy", "cuml"):
    sys.modules[name] = None  # its import raises
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture
def results(tmp_path, simulated_cupy, monkeypatch, capsys):
    """Results and output of the benchmark on a simulated GPU with cuML."""
    install_cuml(monkeypatch, simulated_cupy)
    gpu.main(["--out", str(tmp_path), "--small"])
    return json.loads((tmp_path / "gpu.json").read_text()), capsys.readouterr().out


def test_all_steps_run_on_a_gpu_and_nothing_differs_from_the_cpu(results):
    steps, out = results
    assert [name for name, result in steps.items() if "failed" in result] == []
    assert {result["different"] for result in steps.values() if "different" in result} == {0}
    assert steps["environment"]["device"] == "a simulated GPU"
    for setting in SETTINGS:
        timed = steps[f"10 folds, {setting}"]
        assert 0 < timed["floor"] < timed["estimate"]
        assert timed["steps, mean, median and maximum"][2] > 0
    [profile] = [result for name, result in steps.items() if name.startswith("profile")]
    assert profile["CUDA kernel solve_pairs"] > 0
    assert all(isinstance(one, float) for one in steps["block sizes"].values())
    assert steps["library, one fold, linear"]["seconds"] > 0
    last = out.splitlines()[-len(steps) :]
    assert any(line.startswith("file to vectors") for line in last)


def test_it_runs_on_the_cpu_without_packages_that_a_gpu_machine_lacks(tmp_path):
    command = [sys.executable, "-c", BLOCKED, BENCHMARKS / "gpu.py"]
    options = ["--out", tmp_path, "--backend", "cpu", "--small"]
    search = os.pathsep.join([str(BENCHMARKS), *filter(None, sys.path)])
    subprocess.run([*command, *options], check=True, env={**os.environ, "PYTHONPATH": search})
    steps = json.loads((tmp_path / "gpu.json").read_text())
    assert [name for name, result in steps.items() if "failed" in result] == []


def test_steps_after_the_time_limit_are_skipped_and_failures_are_reported_last(tmp_path):
    record = gpu.Record(tmp_path / "gpu.json", minutes=8)
    record.step("broken", lambda: 1 / 0)
    record.minutes = 0
    record.step("late", dict)
    assert [line.split() for line in gpu.table(record.results).splitlines()[1:]] == [
        ["broken", "FAILED:", "ZeroDivisionError:", "division", "by", "zero"],
        ["late", "after", "0", "minutes"],
    ]


def test_a_missing_backend_is_one_line(tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        gpu.main(["--out", str(tmp_path / "out"), "--backend", "tpu"])
    assert end.value.code == 2 and not (tmp_path / "out").exists()
    err = capsys.readouterr().err
    assert err.startswith("gpu.py: error: backend: got 'tpu'") and err.count("\n") == 1


def test_times_are_measured_even_if_the_rates_are_not(simulated_cupy):
    sizes = gpu_model.Sizes(2, 4, 2, 3, folds=10)
    timed = gpu_times.thesis_time(resolve("gpu"), SETTINGS[0], sizes, {"failed": "..."}, 1)
    assert timed["seconds"] > 0 and "floor" not in timed


def test_missing_cuml_is_reported_in_the_table(simulated_cupy):
    found = gpu_times.library_time(resolve("gpu"), "linear", gpu_model.Sizes(2, 4, 2, 3))
    assert "cuML is not installed" in gpu.table({"library": found})


@pytest.mark.parametrize("card", gpu_model.CARDS)
@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_estimate_adds_to_the_floor_and_grows_with_the_folds(card, setting):
    steps, rates = gpu_model.steps_of(setting), gpu_model.CARDS[card]
    model = gpu_model.estimate(setting, rates, steps)
    half = gpu_model.estimate(setting, rates, steps, gpu_model.Sizes(folds=100))
    assert 0 < model.floor < model.seconds
    assert half.floor < model.floor and half.seconds < model.seconds
    assert f"{card}, {setting}" in gpu_model.report()
