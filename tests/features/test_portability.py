"""Feature files on systems without POSIX functions, such as Windows."""

import os
import subprocess
import sys

POSIX_ONLY = ["pread", "preadv", "pwrite", "pwritev", "sched_getaffinity", "register_at_fork"]
POSIX_ONLY += ["fork", "forkpty", "fchmod", "fchown", "chown", "getuid", "geteuid", "mkfifo"]

SCRIPT = f"""
import os, sys
import h5py, imagecodecs, lazy_loader, numba, numpy, platformdirs, psutil  # use POSIX
for name in {POSIX_ONLY}:
    if hasattr(os, name):
        delattr(os, name)
for name in ("fcntl", "resource", "termios", "pwd", "grp"):
    sys.modules[name] = None
fsync = os.fsync
def fsync_of_writable(file):
    os.write(file, b"")  # Windows cannot flush files that are open for reading only
    fsync(file)
os.fsync = fsync_of_writable

import gpuclf
from gpuclf.vectors.cache import VectorCache
frames = numpy.random.default_rng(0).normal(size=(2, 3, 40, 2, 5)).astype("f4")
gpuclf.write_grid("grid", {{"Z": frames}}, ["a", "b"])
gpuclf.write_features("clips", list(frames.reshape(6, 80, 5)), ["a"] * 3 + ["b"] * 3)
vectors = []
for path, filters in (("grid", {{}}), ("clips", {{}})):
    for _ in range(2):  # computed, and from the cache
        with gpuclf.open_features(path) as store:
            cache = VectorCache("cache")
            aggregated = gpuclf.aggregate(store.select(), log="db", backend="cpu", cache=cache)
            vectors.append(aggregated.X)
            assert store.select().source.reader.how.startswith("by h5py")
assert len(cache.files()) == 2
assert all((one == vectors[0]).all() for one in vectors)
"""


def test_feature_files_are_written_and_read_without_posix(tmp_path):
    process = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
