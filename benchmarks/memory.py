"""Measure the peak memory of `gpuclf evaluate` on a file of the size of the thesis data.

    python benchmarks/memory.py FOLDER [OPTIONS OF evaluate ...]

The script writes FOLDER/large.hdf5 if it does not exist: 10 classes x 100 clips x 644 frames x 2
overlaps x 512 features, float32, uncompressed, 2.6 GB. It runs `evaluate` on the file in a separate
process and prints the maximum resident set size of that process.
"""

import resource
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np

SHAPE = (10, 100, 644, 2, 512)
OPTIONS = ["--repeats", "1", "--backend", "cpu"]


def write_large(path):
    """Write the file clip by clip; classes differ in the mean of a few features."""
    rng = np.random.default_rng(0)
    means = rng.gamma(2.0, size=(SHAPE[0], SHAPE[-1])).astype(np.float32)
    draft = path.with_suffix(".partial")
    with h5py.File(draft, "w") as file:
        frames = file.create_dataset("Z", SHAPE, np.float32, chunks=(1, 1, *SHAPE[2:]))
        file.attrs["labels"] = [f"class {label}" for label in range(SHAPE[0])]
        for label in range(SHAPE[0]):
            for clip in range(SHAPE[1]):
                colour = means[label] * rng.gamma(4.0, size=SHAPE[-1]).astype(np.float32)
                frames[label, clip] = colour * rng.random(SHAPE[2:], dtype=np.float32)
    draft.rename(path)


def main(arguments):
    """Write the file if it is not there, run, report."""
    folder, *options = arguments
    path = Path(folder) / "large.hdf5"
    if not path.exists():
        write_large(path)
    command = [sys.executable, "-m", "gpuclf", "evaluate", str(path), *OPTIONS, *options]
    subprocess.run(command, check=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    print(f"file {path.stat().st_size / 1e9:.2f} GB, peak memory {peak / 1e6:.0f} MB")


if __name__ == "__main__":
    main(sys.argv[1:])
