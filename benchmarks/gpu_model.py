"""Model of the time on a GPU, from counted work: ``python benchmarks/gpu_model.py``.

The *floor* of a run is the time that its bytes and products take at the rates of the card. The
*estimate* adds what the floor leaves out: launches, the steps of the solver and copies to the host.
Counts of launches and operations are asserted by ``tests/backend/test_gpu_cost.py`` on a simulated
GPU; bytes and products follow from the sizes. This is a model: it replaces no measurement.
"""

from __future__ import annotations

import math
from typing import NamedTuple

LAUNCH = 5e-6  # seconds per launch: CuPy's own overhead; no measurement of this project
STEP = 3.8e-6  # seconds per step: 0.12 s of the solver (H100, thesis, linear) over all its waves
RESIDENT = 1024  # threads per multiprocessor that solve problems (BLOCKS in gpu_smo.py)
TO_HOST = 6e9  # bytes per second into pageable memory; an assumption, typical of PCIe 5
HOST = 0.07  # seconds outside of the stages: the mean of 0.04 to 0.10 s of 2026-11-26
BATCH, GROUP = 133, 16  # folds solved at once: with a common matrix, each with its own kernel
TESTED = 0.1  # test clips per clip


class Setting(NamedTuple):
    """Cross-validation that is timed."""

    protocol: str  # "thesis" or "inductive"
    kernel: str  # "linear" or "rbf"

    def __str__(self) -> str:
        return f"{self.protocol}, {'RBF' if self.kernel == 'rbf' else 'linear'}"


SETTINGS = [Setting(p, k) for p in ("thesis", "inductive") for k in ("linear", "rbf")]


class Law(NamedTuple):
    """Count of a cross-validation: ``fixed + group * ceil(folds / 16) + fold * folds``."""

    fixed: int
    group: int
    fold: int

    def of(self, folds: int) -> int:
        """Return the count of a number of folds."""
        return self.fixed + self.group * math.ceil(folds / 16) + self.fold * folds


class Counts(NamedTuple):
    """Work submitted to the device, from vectors on the device to labels on the host."""

    launches: Law  # of CUDA kernels
    operations: Law  # on arrays, each of one launch or more
    products: Law  # of matrices
    synchronisations: Law  # the host waits for the device


# Two classes, minmax, one batch, each fold scaled differently; test_gpu_cost.py asserts them.
COUNTS = {
    Setting("thesis", "linear"): Counts(Law(4, 0, 0), Law(37, 0, 0), Law(1, 0, 0), Law(5, 0, 0)),
    Setting("thesis", "rbf"): Counts(Law(4, 0, 0), Law(63, 25, 0), Law(1, 0, 0), Law(6, 2, 0)),
    Setting("inductive", "linear"): Counts(
        Law(2, 3, 0), Law(37, 17, 0), Law(1, 0, 0), Law(4, 2, 0)
    ),
    Setting("inductive", "rbf"): Counts(Law(2, 4, 0), Law(63, 33, 0), Law(1, 0, 0), Law(5, 3, 0)),
}


class Sizes(NamedTuple):
    """Size of a cross-validation; by default the thesis's, 20 x 10 folds."""

    classes: int = 10
    clips: int = 100  # per class
    vectors: int = 12  # per clip
    features: int = 512
    folds: int = 200

    @property
    def changed(self) -> float:
        """Features that a fold scales differently: a clip with an extreme value is tested."""
        return (1 - (1 - TESTED) ** 2) * self.features

    @property
    def total(self) -> int:
        """Vectors of all clips."""
        return self.classes * self.clips * self.vectors

    @property
    def tested(self) -> int:
        """Test vectors of a fold."""
        return math.ceil(TESTED * self.classes * self.clips) * self.vectors

    @property
    def pairs(self) -> int:
        """Pairs of classes."""
        return math.comb(self.classes, 2)


class Work(NamedTuple):
    """Bytes that the device reads and writes, and floating-point operations of products."""

    read_and_written: float
    flops: float


def work(setting: Setting, sizes: Sizes) -> dict[str, Work]:
    """Return the work of all folds, by stage; each array counts once per pass over it."""
    matrix, rows = 4 * sizes.total**2, 4 * sizes.tested * sizes.total
    coefficients = (sizes.classes - 1) * sizes.total
    is_rbf, is_changed = setting.kernel == "rbf", setting.protocol == "inductive"
    # A kernel is written; half of the matrix is read for a group of folds at a time.
    kernel_passes = (1 + 0.5 / GROUP) if is_changed else 0.0
    products = sizes.total**2 * sizes.changed if is_changed else 0.0
    return {
        # Half of the products, a transposed copy; four passes in place make squared distances.
        "kernel matrix": Work(matrix * (3 + 8 * is_rbf), sizes.total**2 * sizes.features),
        "kernels of the folds": Work(sizes.folds * matrix * kernel_passes, sizes.folds * products),
        "decisions": Work(
            sizes.folds * (rows + 8 * coefficients + 16 * sizes.tested * sizes.pairs),
            sizes.folds * 2.0 * sizes.tested * coefficients,
        ),
    }


def bytes_to_host(setting: Setting, sizes: Sizes) -> int:
    """Return the bytes that each fold copies to the host: labels, scores and outcomes."""
    scaling = 4 * sizes.features if setting != Setting("thesis", "linear") else 0
    variance = 8 if setting.kernel == "rbf" else 0
    return sizes.tested * 8 * (1 + sizes.classes) + 16 * sizes.pairs + scaling + variance


def bytes_to_device(setting: Setting, sizes: Sizes) -> int:
    """Return the most bytes that each fold copies to the device: weights, tables and indices."""
    scaled = setting != Setting("thesis", "linear")
    clips = 8 * sizes.classes * sizes.clips if scaled else 0
    columns = 40 + 8 * sizes.features if setting.protocol == "inductive" else 0
    parts = 32 * math.ceil(sizes.tested / 16)
    return 4 * sizes.total + 16 * sizes.tested + parts + 96 * sizes.pairs + clips + columns


class Rates(NamedTuple):
    """Rates of a card."""

    copy: float  # bytes per second, read and written
    products: float  # float32 operations per second
    multiprocessors: int = 132


CARDS = {"H100": Rates(3.010e12, 51e12), "H200": Rates(4.150e12, 51e12)}  # docs/benchmarks.md


class Steps(NamedTuple):
    """Mean number of steps of a problem."""

    fold: float  # of a fold, started from the solution of all clips
    base: float  # of all clips


# The kernels' source on a CPU (tests/emulated.py): two pairs of the ten classes of
# synthetic_vectors(10, 100, 12, 512), scaled over all clips, gamma "scale"; four folds.
LINEAR_STEPS, RBF_STEPS = Steps(1490, 2290), Steps(1230, 1980)


class Estimate(NamedTuple):
    """Seconds of a cross-validation."""

    floor: float
    stages: dict[str, float]  # the floor's stages, and what is added

    @property
    def seconds(self) -> float:
        """Sum of all stages."""
        return sum(self.stages.values())


def estimate(setting: Setting, rates: Rates, steps: Steps, sizes: Sizes | None = None) -> Estimate:
    """Estimate the time of a cross-validation, from vectors on the device to labels on the host.

    Parameters
    ----------
    setting : Setting
    rates : Rates
    steps : Steps
    sizes : Sizes, optional
        The thesis's by default.

    Returns
    -------
    Estimate
    """
    sizes = sizes or Sizes()
    stages = {
        name: part.read_and_written / rates.copy + part.flops / rates.products
        for name, part in work(setting, sizes).items()
    }
    floor = sum(stages.values())
    counts = COUNTS[setting]
    submitted = sum(law.of(sizes.folds) for law in counts[:3])
    stages["solver"] = solver_seconds(rates, steps, sizes)
    stages["launches"] = submitted * LAUNCH
    stages["copies to the host"] = sizes.folds * bytes_to_host(setting, sizes) / TO_HOST
    stages["host"] = HOST
    return Estimate(floor, stages)


def solver_seconds(rates: Rates, steps: Steps, sizes: Sizes) -> float:
    """Return the seconds of the solver: waves of blocks, one step after another.

    Groups of folds with kernels of their own overlap, so that they end without idle blocks.
    """
    blocks = rates.multiprocessors * RESIDENT // threads(2 * sizes.clips * sizes.vectors)
    batches = [min(BATCH, sizes.folds - start) for start in range(0, sizes.folds, BATCH)]
    waves = sum(math.ceil(batch * sizes.pairs / blocks) for batch in batches)
    base_waves = len(batches) * math.ceil(sizes.pairs / blocks)
    return STEP * (waves * steps.fold + base_waves * steps.base)


def threads(vectors: int) -> int:
    """Return the threads of a block that solves a problem: up to ten vectors each."""
    return next((size for size in (32, 64, 128, 256, 512) if vectors <= 10 * size), 1024)


def steps_of(setting: Setting) -> Steps:
    """Return the steps of the thesis's size; a fold's own scaling hardly changes them."""
    return RBF_STEPS if setting.kernel == "rbf" else LINEAR_STEPS


def report() -> str:
    """Return the lines of a table: floor and estimate of each card and setting, by stage."""
    lines = [f"{'seconds':28} {'floor':>7} {'estimate':>9}"]
    for card, rates in CARDS.items():
        for setting in SETTINGS:
            model = estimate(setting, rates, steps_of(setting))
            lines.append(f"{f'{card}, {setting}':28} {model.floor:7.3f} {model.seconds:9.3f}")
            parts = ", ".join(f"{stage} {seconds:.3f}" for stage, seconds in model.stages.items())
            lines.append(f"    {parts}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(report())
