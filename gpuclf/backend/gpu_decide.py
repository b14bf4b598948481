"""Decision values of test vectors on the GPU, and votes: launches of ``decide.cu``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gpuclf._typing import Array, Ints
from gpuclf.backend.gpu_kernel import FoldKernel
from gpuclf.backend.gpu_launch import THREADS, Device, Launch
from gpuclf.backend.gpu_layout import Layout
from gpuclf.backend.votes import pairs_of_classes

ROWS = 16  # test vectors per block
DECIDING_THREADS = 128

PART = np.dtype(  # `Part` of decide.cu
    [
        *(("matrix", np.uint64), ("beta", np.uint64), ("rate", np.float32)),
        *((name, np.int32) for name in ("begin", "count", "unused")),
    ]
)


class Decider:
    """Decision values of the test vectors of a batch.

    Parameters
    ----------
    layout : Layout
    tested : sequence of int64 arrays, on the host
        Test vectors of each fold.
    values : int
        Number of values of C or nu.
    device : Device

    Attributes
    ----------
    decisions : float64 array, shape (tested of all folds, values, pairs)
        Decision values without intercepts; 0 for folds that are not decided yet.
    """

    def __init__(self, layout: Layout, tested: Sequence[Ints], values: int, device: Device) -> None:
        self.layout, self.device = layout, device
        self.begins = np.cumsum([0, *(len(rows) for rows in tested)])
        rows = np.concatenate([np.asarray(rows, np.int64) for rows in tested])
        self.tested = device.xp.asarray(layout.position[rows])
        self.classes = device.to_device(layout.classes)
        self.terms = device.to_device(layout.terms)
        shape = len(rows), values, len(layout.counts)
        self.decisions = device.xp.zeros(shape, dtype=device.xp.float64)

    def decide(self, folds: Sequence[int], kernels: Sequence[FoldKernel], beta: Array) -> None:
        """Compute the decision values of folds.

        Parameters
        ----------
        folds : sequence of int
        kernels : sequence of FoldKernel
            Kernel of each of them.
        beta : float64 array, shape (all folds, values, coefficients of all pairs)
        """
        counts = np.diff(self.begins)[list(folds)]
        blocks = -(-counts // ROWS)
        if not blocks.sum():
            return
        _, values, pairs = self.decisions.shape
        size = beta.shape[2]
        parts = np.zeros(int(blocks.sum()), PART)
        within = np.arange(len(parts)) - np.repeat(np.cumsum(blocks) - blocks, blocks)
        address = self.device.address(beta)
        for name, of_folds in (
            ("matrix", [self.device.address(kernel.matrix) for kernel in kernels]),
            ("beta", [address + 8 * values * size * fold for fold in folds]),
            ("rate", [kernel.rate for kernel in kernels]),
        ):
            parts[name] = np.repeat(np.array(of_folds, PART[name]), blocks)
        parts["begin"] = np.repeat(self.begins[list(folds)], blocks) + ROWS * within
        parts["count"] = np.minimum(np.repeat(counts, blocks) - ROWS * within, ROWS)
        arguments = [
            *(self.device.to_device(parts), self.classes, self.terms, self.tested, self.decisions),
            *(np.int32(len(self.layout.classes)), np.int32(values), np.int32(pairs)),
            *(np.int64(size), np.int64(len(self.layout.order))),
        ]
        self.device.launch(
            Launch("decide.cu", "decide", (), len(parts), DECIDING_THREADS, 0, arguments)
        )


def vote_of_pairs(
    decisions: Array, pairs: Sequence[tuple[int, int]], n_classes: int, device: Device
) -> tuple[Array, Array]:
    """Return the class with the most votes, and the sum of the decision values of each class.

    Parameters, results and order of summation are those of `gpuclf.backend.votes.vote_of_pairs`.
    """
    xp = device.xp
    shape, count = decisions.shape[:-1], int(np.prod(decisions.shape[:-1]))
    votes = xp.empty(shape, dtype=xp.int64)
    scores = xp.empty((*shape, n_classes), dtype=xp.float64)
    if count:
        table = pairs_of_classes(pairs, n_classes).astype(np.int32)
        arguments = [
            *(xp.ascontiguousarray(decisions), xp.asarray(table), votes, scores, np.int64(count)),
            *(np.int32(len(pairs)), np.int32(n_classes), np.int32(table.shape[1])),
        ]
        blocks = -(-count // THREADS)
        device.launch(Launch("decide.cu", "vote", (), blocks, THREADS, 0, arguments))
    return votes, scores
