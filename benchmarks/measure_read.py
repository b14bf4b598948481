"""Timing of reading and aggregation: gpuclf against h5py with NumPy.

Both read the same blocks. The reference reads into one preallocated array with h5py and aggregates
with NumPy by the definition in `gpuclf.vectors.aggregation`. Rates are in MB of float32 frames per
second, for any data type in the file.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from gpuclf._typing import Frames
from gpuclf.backend import Backend, lives_on_device, resolve
from gpuclf.config.experiment import Experiment
from gpuclf.errors import GpuclfError
from gpuclf.features.feature_file import open_features
from gpuclf.features.feature_set import FeatureSet
from gpuclf.features.hdf5.blocks import Block
from gpuclf.features.hdf5.reader import part, read_by_h5py
from gpuclf.features.read_plan import BLOCKS
from gpuclf.vectors.aggregation import LOGARITHMS, vectors_per_clip, window_bounds
from gpuclf.vectors.choices import OverlapName
from gpuclf.vectors.feature_vectors import aggregate
from gpuclf.vectors.streaming import stream, workers
from rounds import Rounds, time_interleaved

REFERENCE = "h5py read", "h5py abs sum", "h5py aggregate"  # abs sum: np.abs(frames).sum()
OURS = "gpuclf read", "gpuclf aggregate"
COPY = "copy to device"
TOLERANCE = 1e-6  # relative to a feature's largest value
IMPORT = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import measure_read; "


@dataclass(frozen=True)
class ReadBench:
    """Result of `bench_read`.

    Parameters
    ----------
    rounds : Rounds
        Seconds of each method.
    nbytes : int
        Size of the frames as float32 in bytes.
    difference : float
        Maximum difference between the feature vectors of gpuclf and NumPy, relative to the
        feature's maximum.
    peaks : dict of str to int
        Peak resident memory in bytes: ``python`` of an idle interpreter, ``aggregate`` of a process
        that aggregates with gpuclf.
    """

    rounds: Rounds
    nbytes: int
    difference: float
    peaks: dict[str, int]

    def rate(self, name: str) -> float:
        """Return the median rate in MB of float32 frames per second."""
        return self.nbytes / 1e6 / self.rounds.median(name)

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON-serialisable built-ins."""
        return {
            "seconds": dict(self.rounds.seconds),
            "bytes": self.nbytes,
            "MB_per_second": {name: self.rate(name) for name in self.rounds.seconds},
            "ratios": {
                ours: {other: self.rounds.ratio(other, ours) for other in REFERENCE}
                for ours in OURS
            },
            "difference": self.difference,
            "peak_bytes": self.peaks,
        }


def bench_read(
    features: FeatureSet,
    experiment: Experiment,
    *,
    backend: Backend,
    memory: int | None = None,
    rounds: int = 5,
    on_round: Callable[[int], None] | None = None,
) -> ReadBench:
    """Time reading and aggregation of a feature set, in interleaved rounds.

    Parameters
    ----------
    features : FeatureSet
    experiment : Experiment
        Parameters of the aggregation.
    backend : Backend
        Backend of gpuclf.
    memory : int, optional
        Memory limit for reading in bytes.
    rounds : int
        Number of rounds.
    on_round : callable, optional
        Called with the number of completed rounds.

    Returns
    -------
    ReadBench

    Raises
    ------
    GpuclfError
        If the feature vectors of gpuclf and NumPy differ.
    """
    timed, difference = time_read(
        features, experiment, backend=backend, memory=memory, rounds=rounds, on_round=on_round
    )
    parameters = {**experiment.to_dict(), "file": str(features.path), "dataset": features.name}
    arguments = f"{parameters!r}, {backend.name!r}, {memory!r}"
    peaks = {
        "python": _peak(""),
        "aggregate": _peak(f"{IMPORT}measure_read.aggregate_once({arguments})"),
    }
    return ReadBench(timed, features.nbytes, difference, peaks)


def time_read(
    features: FeatureSet,
    experiment: Experiment,
    *,
    backend: Backend,
    memory: int | None = None,
    rounds: int = 5,
    on_round: Callable[[int], None] | None = None,
) -> tuple[Rounds, float]:
    """Return the timings, and the difference between gpuclf's and NumPy's vectors.

    Parameters and errors are those of `bench_read`; memory is not measured.
    """
    plan = features.plan(memory)
    buffer = np.empty(plan.numbers, np.float32).reshape(-1, features.n_features)
    options = experiment.features.aggregation
    vectors: dict[str, npt.NDArray[np.float32]] = {}

    def read_reference(use: Callable[[Frames], object]) -> None:
        for _, frames in _reference_blocks(features, plan.blocks, buffer):
            use(frames)

    def aggregate_reference() -> None:
        vectors["reference"] = _by_definition(features, plan.blocks, buffer, **options)

    def aggregate_ours() -> None:
        result = aggregate(features, **options, backend=backend, memory=memory)
        vectors["gpuclf"] = backend.to_host(result.X)

    def read_ours() -> None:
        with workers(plan.threads) as pool:
            for _ in stream(features, plan, backend, pool):
                pass
        backend.synchronize()

    def copy() -> None:
        buffers = backend.staging_buffers(BLOCKS, plan.numbers, None)
        for number, block in enumerate(plan.blocks):
            buffer = buffers[number % BLOCKS]
            count = block.rows * features.n_features
            buffer.load(count, None, lambda host: (), lambda task: None)
            buffer.deliver(count)
            buffer.release()
        backend.synchronize()

    methods: dict[str, Callable[[], None]] = {
        REFERENCE[0]: lambda: read_reference(lambda frames: None),
        REFERENCE[1]: lambda: read_reference(lambda frames: np.abs(frames).sum()),
        REFERENCE[2]: aggregate_reference,
        OURS[0]: read_ours,
        OURS[1]: aggregate_ours,
    }
    if lives_on_device(backend.xp.empty(0)):
        methods[COPY] = copy
    timed = time_interleaved(methods, rounds, on_round)
    difference = _difference(vectors["gpuclf"], vectors["reference"])
    if not difference <= TOLERANCE:
        raise GpuclfError(
            "feature vectors of gpuclf and NumPy",
            got=f"a difference of {difference:.1e}",
            expected=f"at most {TOLERANCE:.0e}",
        )
    return timed, difference


def _reference_blocks(
    features: FeatureSet, blocks: tuple[Block, ...], buffer: Frames
) -> Iterator[tuple[Block, Frames]]:
    for block in blocks:
        rows = buffer[: block.rows]
        for piece in block.pieces:
            read_by_h5py(
                features.source.dataset, features.source.reader.packing, piece, part(rows, piece)
            )
        yield block, rows


def _by_definition(
    features: FeatureSet,
    blocks: tuple[Block, ...],
    buffer: Frames,
    n_vectors: int,
    overlap: OverlapName,
    rectify: bool,
    log: str,
    statistics: tuple[str, ...],
) -> npt.NDArray[np.float32]:
    n = features.n_features
    vectors = vectors_per_clip(n_vectors, overlap)
    X = np.empty((len(features), vectors, len(statistics) * n), np.float32)
    for block, rows in _reference_blocks(features, blocks, buffer):
        frames = LOGARITHMS[log](rows, np)
        frames = np.abs(frames) if rectify and log == "none" else frames
        for clip, first, length in zip(block.clips, block.offsets, block.lengths, strict=False):
            for k, (start, stop) in enumerate(window_bounds([length], n_vectors, overlap)[0]):
                inside = frames[first + start : first + stop]
                for i, name in enumerate(statistics):
                    value = getattr(np, name)(inside, axis=0, **DTYPE.get(name, {}))
                    X[clip, k, i * n : (i + 1) * n] = value
    return X


DTYPE: dict[str, Any] = {name: {"dtype": np.float64} for name in ("sum", "mean", "std")}


def _difference(X: npt.NDArray[np.float32], Y: npt.NDArray[np.float32]) -> float:
    size = np.abs(Y).max(axis=(0, 1)) + np.finfo(np.float32).tiny
    return float((np.abs(X - Y) / size).max())


def aggregate_once(parameters: dict[str, Any], backend: str, memory: int | None) -> None:
    """Aggregate the feature set of an experiment; run in a process whose memory is measured."""
    experiment = Experiment.from_dict(parameters)
    with open_features(str(experiment.file)) as store:
        features = experiment.select(store)
        aggregate(
            features, **experiment.features.aggregation, backend=resolve(backend), memory=memory
        )


PEAK = """
import pathlib, resource, sys
status = pathlib.Path("/proc/self/status")
if status.exists():  # getrusage includes the parent process
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    print(int(lines["VmHWM"].split()[0]) * 1024)
else:
    unit = 1 if sys.platform == "darwin" else 1024
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
"""


def _peak(code: str) -> int:
    """Return the peak resident memory in bytes of a Python process that runs ``code``."""
    command = [sys.executable, "-W", "ignore", "-c", code + PEAK]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        got = f"exit status {done.returncode} ({done.stderr.strip().splitlines()[-1:]})"
        raise GpuclfError("memory measurement", got=got, expected="exit status 0")
    return int(done.stdout.split()[-1])
