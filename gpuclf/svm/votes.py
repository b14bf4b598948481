"""One-vs-one voting over pairwise decision values, as in libsvm.

A decision value above 0 is a vote for the first class of its pair, else for the second; ties go to
the lower index. A class in no pair gets no vote.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

import numpy as np

from gpuclf._typing import Array


def sum_of_pairs(
    decisions: Array, pairs: Sequence[tuple[int, int]], n_classes: int, xp: ModuleType
) -> Array:
    """Return the sum of the decision values in favour of each class.

    Parameters
    ----------
    decisions : float array, shape (..., pairs)
        Decision values; above 0 for the first class of a pair.
    pairs : sequence of tuple of int
        Classes of each pair.
    n_classes : int
        Number of classes, in a pair or not.
    xp : module
        NumPy or CuPy.

    Returns
    -------
    float64 array, shape (..., n_classes)
        Sums; minus infinity for a class in no pair.
    """
    # The k-th pairs of all classes are added at once; classes in fewer pairs add 0 times a value.
    parts: list[list[tuple[int, float]]] = [[] for _ in range(n_classes)]
    for number, (a, b) in enumerate(pairs):
        parts[a].append((number, 1.0))
        parts[b].append((number, -1.0))
    most = max(map(len, parts))
    scores = xp.zeros((*decisions.shape[:-1], n_classes), dtype=xp.float64)
    table = np.array([part + [(0, 0.0)] * (most - len(part)) for part in parts])
    for k in range(most):
        columns = xp.asarray(table[:, k, 0].astype(np.int64))
        scores += decisions[..., columns] * xp.asarray(table[:, k, 1])
    for c in range(n_classes):
        if not parts[c]:
            scores[..., c] = -xp.inf
    return scores


def vote_of_pairs(
    decisions: Array, pairs: Sequence[tuple[int, int]], n_classes: int, xp: ModuleType
) -> Array:
    """Return the class with the most votes of pairs.

    Parameters
    ----------
    decisions, pairs, n_classes, xp
        See `sum_of_pairs`.

    Returns
    -------
    int64 array, shape (...,)

    Examples
    --------
    >>> import numpy as np
    >>> decisions = np.array([[1.0, -0.1, -2.0], [0.0, -1.0, 3.0]])
    >>> vote_of_pairs(decisions, [(0, 1), (0, 2), (1, 2)], 3, np).tolist()
    [2, 1]
    """
    votes = xp.where(decisions > 0, 0.5, -0.5)
    return sum_of_pairs(votes, pairs, n_classes, xp).argmax(axis=-1)
