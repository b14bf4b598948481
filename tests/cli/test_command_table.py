"""Completion in shells: what Tab offers, without loading numerical libraries."""

import os
import subprocess
import sys

import pytest

COMPLETE = """
import sys
sys.argv[0] = "gpuclf"
from gpuclf.cli import run_process
try:
    run_process()
finally:
    heavy = {"numpy", "h5py", "sklearn", "numba", "matplotlib"} & set(sys.modules)
    print("heavy:", sorted(heavy), file=sys.stderr)
"""


def complete(*words, shell="bash"):
    """Return what completes the last word, and the heavy modules that were imported."""
    variables = {"COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    result = subprocess.run(
        [sys.executable, "-c", COMPLETE],
        env={**os.environ, "_GPUCLF_COMPLETE": f"{shell}_complete", **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    offered = [line.partition(",")[2] for line in result.stdout.splitlines()]
    return offered, result.stderr


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("gpuclf", "ev"), ["evaluate"]),
        (("gpuclf", "s"), ["search", "sweep"]),
        (("gpuclf", "evaluate", "--ker"), ["--kernel"]),
        (("gpuclf", "evaluate", "f.hdf5", "--kernel", ""), ["linear", "rbf"]),
        (("gpuclf", "search", "f.hdf5", "--method", "g"), ["grid", "guided"]),
    ],
)
def test_commands_options_and_values_are_completed_without_numerical_libraries(words, offered):
    got, err = complete(*words)
    assert got == offered
    assert not {"numpy", "sklearn", "h5py", "numba"} & set(err.split("heavy: ")[1].split("'"))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell_is_printed(shell):
    result = subprocess.run(
        [sys.executable, "-c", COMPLETE],
        env={**os.environ, "_GPUCLF_COMPLETE": f"{shell}_source"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "_GPUCLF_COMPLETE" in result.stdout and f"{shell}_complete" in result.stdout
