"""A file read and aggregated, by plain h5py with NumPy and by gpuclf: the times of all ways.

Both read the same blocks. h5py reads into one array that it keeps, as fast as h5py can; NumPy
aggregates as `gpuclf.vectors.aggregation` defines it, in the fewest lines. Rates are MB of float32
frames a second, whatever stands in the file.
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
from gpuclf.vectors.feature_vectors import aggregate
from gpuclf.vectors.streaming import stream, workers
from rounds import Rounds, in_turn

PLAIN = "h5py read", "h5py abs sum", "h5py aggregate"  # abs sum: np.abs(frames).sum()
OURS = "gpuclf read", "gpuclf aggregate"
COPY = "copy to device"
TOLERANCE = 1e-6  # relative to a feature's largest value
IMPORT = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import measure_read; "


@dataclass(frozen=True)
class ReadBench:
    """What `bench_read` measured.

    Parameters
    ----------
    rounds : Rounds
        Seconds of each way.
    nbytes : int
        Bytes of the frames as float32.
    difference : float
        Largest difference between both ways' vectors, relative to a feature's largest value.
    peaks : dict of str to int
        Peak resident memory in bytes: of ``python`` that does nothing, and of one that runs
        ``aggregate``.
    """

    rounds: Rounds
    nbytes: int
    difference: float
    peaks: dict[str, int]

    def rate(self, name: str) -> float:
        """MB of float32 frames a second, by the median."""
        return self.nbytes / 1e6 / self.rounds.median(name)

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain values, for JSON."""
        return {
            "seconds": dict(self.rounds.seconds),
            "bytes": self.nbytes,
            "MB_per_second": {name: self.rate(name) for name in self.rounds.seconds},
            "ratios": {
                ours: {plain: self.rounds.ratio(plain, ours) for plain in PLAIN} for ours in OURS
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
    """Read and aggregate a feature set in several ways, in turn.

    Parameters
    ----------
    features : FeatureSet
        What to read.
    experiment : Experiment
        Its hyper-parameters of aggregation.
    backend : Backend
        Where gpuclf computes.
    memory : int, optional
        Bytes that reading may take.
    rounds : int
        How often.
    on_round : callable, optional
        Called with the number of rounds done.

    Returns
    -------
    ReadBench

    Raises
    ------
    GpuclfError
        If the ways do not agree: then no time is worth telling.
    """
    plan = features.plan(memory)
    buffer = np.empty(plan.numbers, np.float32).reshape(-1, features.n_features)
    options = experiment.features.aggregation
    vectors: dict[str, npt.NDArray[np.float32]] = {}

    def read_plainly(use: Callable[[Frames], object]) -> None:
        for _, frames in _plain_blocks(features, plan.blocks, buffer):
            use(frames)

    def aggregate_plainly() -> None:
        vectors["plain"] = _by_definition(features, plan.blocks, buffer, **options)

    def aggregate_ours() -> None:
        ours = aggregate(features, **options, backend=backend, memory=memory)
        vectors["ours"] = backend.to_host(ours.X)

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

    ways: dict[str, Callable[[], None]] = {
        PLAIN[0]: lambda: read_plainly(lambda frames: None),
        PLAIN[1]: lambda: read_plainly(lambda frames: np.abs(frames).sum()),
        PLAIN[2]: aggregate_plainly,
        OURS[0]: read_ours,
        OURS[1]: aggregate_ours,
    }
    if lives_on_device(backend.xp.empty(0)):
        ways[COPY] = copy
    timed = in_turn(ways, rounds, on_round)
    difference = _difference(vectors["ours"], vectors["plain"])
    if not difference <= TOLERANCE:
        raise GpuclfError(
            "the vectors of gpuclf and of NumPy",
            got=f"a difference of {difference:.1e}",
            expected=f"at most {TOLERANCE:.0e}",
        )
    wanted = {**experiment.to_dict(), "file": str(features.path), "dataset": features.name}
    arguments = f"{wanted!r}, {backend.name!r}, {memory!r}"
    peaks = {
        "python": _peak(""),
        "aggregate": _peak(f"{IMPORT}measure_read.aggregate_once({arguments})"),
    }
    return ReadBench(timed, features.nbytes, difference, peaks)


def _plain_blocks(
    features: FeatureSet, blocks: tuple[Block, ...], buffer: Frames
) -> Iterator[tuple[Block, Frames]]:
    for block in blocks:
        rows = buffer[: block.rows]
        for piece in block.pieces:
            read_by_h5py(features.source.dataset, piece, part(rows, piece))
        yield block, rows


def _by_definition(
    features: FeatureSet,
    blocks: tuple[Block, ...],
    buffer: Frames,
    n_vectors: int,
    rectify: bool,
    log: str,
    statistics: tuple[str, ...],
) -> npt.NDArray[np.float32]:
    n = features.n_features
    X = np.empty((len(features), vectors_per_clip(n_vectors), len(statistics) * n), np.float32)
    for block, rows in _plain_blocks(features, blocks, buffer):
        frames = LOGARITHMS[log](rows, np)
        frames = np.abs(frames) if rectify and log == "none" else frames
        for clip, first, length in zip(block.clips, block.offsets, block.lengths, strict=False):
            for k, (start, stop) in enumerate(window_bounds([length], n_vectors)[0]):
                inside = frames[first + start : first + stop]
                for i, name in enumerate(statistics):
                    value = getattr(np, name)(inside, axis=0, **DTYPE.get(name, {}))
                    X[clip, k, i * n : (i + 1) * n] = value
    return X


DTYPE: dict[str, Any] = {name: {"dtype": np.float64} for name in ("sum", "mean", "std")}


def _difference(X: npt.NDArray[np.float32], Y: npt.NDArray[np.float32]) -> float:
    size = np.abs(Y).max(axis=(0, 1)) + np.finfo(np.float32).tiny
    return float((np.abs(X - Y) / size).max())


def aggregate_once(wanted: dict[str, Any], backend: str, memory: int | None) -> None:
    """Aggregate as an experiment says: the work of a process whose memory is measured."""
    experiment = Experiment.from_dict(wanted)
    with open_features(str(experiment.file)) as store:
        features = experiment.select(store)
        aggregate(
            features, **experiment.features.aggregation, backend=resolve(backend), memory=memory
        )


PEAK = """
import pathlib, resource, sys
status = pathlib.Path("/proc/self/status")
if status.exists():  # it counts this program alone, getrusage also the one that started it
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    print(int(lines["VmHWM"].split()[0]) * 1024)
else:
    unit = 1 if sys.platform == "darwin" else 1024
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
"""


def _peak(code: str) -> int:
    """Peak resident memory of a process that runs some code, in bytes."""
    command = [sys.executable, "-W", "ignore", "-c", code + PEAK]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        got = f"status {done.returncode} ({done.stderr.strip().splitlines()[-1:]})"
        raise GpuclfError("a process whose memory is measured", got=got, expected="0")
    return int(done.stdout.split()[-1])
