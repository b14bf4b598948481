"""Benchmarks run from a shell, at a tiny size."""

import json
import re
import subprocess
import sys
from pathlib import Path

from recordings import collection

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def script(name, *arguments):
    command = [sys.executable, BENCHMARKS / name, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_read_prints_speed_ups_and_writes_json(grid_file, tmp_path):
    out_file = tmp_path / "read.json"
    status, out, err = script("read.py", grid_file, "--rounds", 2, "--json", out_file)
    assert status == 0 and "round 2 of 2" in err
    for part in (
        "gpuclf aggregate",
        "h5py read",
        "MB/s",
        "bitwise equal",
        "speed-up",
        "peak memory",
    ):
        assert part in out
    written = json.loads(out_file.read_text())
    assert written["ratios"]["gpuclf aggregate"]["h5py aggregate"] > 0
    status, out, err = script("read.py", tmp_path / "none")
    assert (status, out) == (2, "") and "got no such file" in err and err.count("\n") == 1


def test_svm_prints_the_agreement_of_labels():
    size = ("--n-classes", 2, "--n-clips", 10, "--n-vectors", 2, "--n-features", 3)
    status, out, _ = script("svm.py", *size, "--folds", 2, "--rounds", 1)
    assert status == 0 and "scikit-learn" in out and "100.00 %" in out


def test_spectra_prints_the_time_and_the_difference_from_librosa(tmp_path):
    collection(tmp_path / "in", each=1)
    status, out, err = script("extraction.py", "spectra", tmp_path / "in", 1)
    assert status == 0, err
    for part in (r"librosa: [\d.]+ ms per recording", r"cpu: [\d.]+ ms", r"librosa / cpu: [\d.]+"):
        assert re.search(part, out)
    largest = re.search(r"difference of cpu from librosa: mel (\S+), mfcc (\S+)", out)
    assert float(largest[1]) < 1e-4 and float(largest[2]) < 1e-3
