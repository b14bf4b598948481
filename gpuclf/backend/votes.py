"""One-vs-one voting over pairwise decision values, as in libsvm; the GPU's kernel is in decide.cu.

A decision value above 0 is a vote for the first class of its pair, else for the second; ties go to
the lower index. A class in no pair gets no vote.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gpuclf._typing import Floats, Ints


def pairs_of_classes(pairs: Sequence[tuple[int, int]], n_classes: int) -> Ints:
    """Return the pairs of each class.

    Parameters
    ----------
    pairs : sequence of tuple of int
        Classes of each pair.
    n_classes : int
        Number of classes, in a pair or not.

    Returns
    -------
    int64 array, shape (n_classes, most pairs of a class)
        1 + the number of a pair, negative if the class is its second; 0 after the last one.

    Examples
    --------
    >>> pairs_of_classes([(0, 1), (0, 2)], 3).tolist()
    [[1, 2], [-1, 0], [-2, 0]]
    """
    listed: list[list[int]] = [[] for _ in range(n_classes)]
    for number, (a, b) in enumerate(pairs, start=1):
        listed[a].append(number)
        listed[b].append(-number)
    table = np.zeros((n_classes, max(map(len, listed))), np.int64)
    for row, numbers in zip(table, listed, strict=True):
        row[: len(numbers)] = numbers
    return table


def vote_of_pairs(
    decisions: Floats, pairs: Sequence[tuple[int, int]], n_classes: int
) -> tuple[Ints, Floats]:
    """Return the class with the most votes, and the sum of the decision values of each class.

    Parameters
    ----------
    decisions : float64 array, shape (..., pairs)
        Decision values; above 0 for the first class of a pair.
    pairs : sequence of tuple of int
        Classes of each pair.
    n_classes : int
        Number of classes, in a pair or not.

    Returns
    -------
    votes : int64 array, shape (...,)
        Class with the most votes.
    scores : float64 array, shape (..., n_classes)
        Sums of the decision values in favour of each class; minus infinity for a class in no pair.

    Examples
    --------
    >>> decisions = np.array([[1.0, -0.1, -2.0], [0.0, -1.0, 3.0]])
    >>> votes, scores = vote_of_pairs(decisions, [(0, 1), (0, 2), (1, 2)], 3)
    >>> votes.tolist(), scores[0].tolist()
    ([2, 1], [0.9, -3.0, 2.1])
    """
    table = pairs_of_classes(pairs, n_classes)
    scores = _sums(decisions, table)
    votes = _sums(np.where(decisions > 0, 0.5, -0.5), table).argmax(axis=-1)
    return votes, scores


def _sums(decisions: Floats, table: Ints) -> Floats:
    """Return the sum for each class, of its pairs in their order."""
    sums = np.zeros((*decisions.shape[:-1], len(table)))
    for numbers in table.T:
        sums += decisions[..., np.abs(numbers) - 1] * np.sign(numbers)
    sums[..., table[:, 0] == 0] = -np.inf
    return sums
