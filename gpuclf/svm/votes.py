"""From the decisions of pairs to a class: libsvm's one-vs-one.

A decision value above 0 is a vote for the first class of its pair, else for the second; ties go to
the lower index. A class that no pair decides about gets no vote.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

import numpy as np

from gpuclf._typing import Array


def sum_of_pairs(
    decisions: Array, pairs: Sequence[tuple[int, int]], n_classes: int, xp: ModuleType
) -> Array:
    """Sum what speaks for each class, over the pairs that it is in.

    Parameters
    ----------
    decisions : float array, shape (..., pairs)
        Above 0 for the first class of a pair.
    pairs : sequence of tuple of int
        The classes of each.
    n_classes : int
        How many there are, in a pair or not.
    xp : module
        NumPy or CuPy.

    Returns
    -------
    float64 array, shape (..., n_classes)
        Minus infinity for a class in no pair.
    """
    # The same sums, pair after pair, for all classes at once; 0 times a decision fills up.
    parts: list[list[tuple[int, float]]] = [[] for _ in range(n_classes)]
    for number, (a, b) in enumerate(pairs):
        parts[a].append((number, 1.0))
        parts[b].append((number, -1.0))
    most = max(map(len, parts))
    scores = xp.zeros((*decisions.shape[:-1], n_classes), dtype=xp.float64)
    table = np.array([part + [(0, 0.0)] * (most - len(part)) for part in parts])
    for place in range(most):
        columns = xp.asarray(table[:, place, 0].astype(np.int64))
        scores += decisions[..., columns] * xp.asarray(table[:, place, 1])
    for c in range(n_classes):
        if not parts[c]:
            scores[..., c] = -xp.inf
    return scores


def vote_of_pairs(
    decisions: Array, pairs: Sequence[tuple[int, int]], n_classes: int, xp: ModuleType
) -> Array:
    """Give each vector the class that most pairs vote for.

    Parameters
    ----------
    decisions, pairs, n_classes, xp
        As of `sum_of_pairs`.

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
