"""Made-up clips, and a backend that computes them on one core, without the cost of threads."""

from dataclasses import replace

import numpy as np
from gpuclf import FeatureVectors
from gpuclf.backend import resolve
from gpuclf.backend.smo.batch import solve_batch

LABELS = ("blues", "jazz", "rock", "folk")


def make_clips(n_classes=3, clips=8, per_clip=3, n=3, apart=1.0, seed=0, **columns):
    """Return clips in random order whose classes are separated by a given distance."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.repeat(np.arange(n_classes), clips))
    centres = apart * rng.normal(size=(n_classes, 1, n))[y]
    colour = 0.5 * rng.normal(size=(len(y), 1, n))
    X = (centres + colour + rng.normal(size=(len(y), per_clip, n))).astype(np.float32)
    ids = np.array([f"clip {number}" for number in range(len(y))])
    return FeatureVectors(X, y, LABELS[:n_classes], ids, **columns)


def _solve_pairs(matrix, batch, on_solved):
    return solve_batch(matrix, batch, map, 1, on_solved)


ONE_CORE = replace(resolve("cpu"), map=map, solve_pairs=_solve_pairs)


class Reported(list):
    """A progress callback that keeps what is reported."""

    def __call__(self, progress):
        self.append(progress)

    def of(self, stage):
        return [progress for progress in self if progress.stage == stage]

    def counts(self, stage):
        return [(progress.done, progress.total) for progress in self.of(stage)]
