"""From the decisions of pairs to a class: libsvm's one-vs-one.

A decision value above 0 is a vote for the first class of its pair, else for the second; ties go to
the lower index. A class that no pair decides about gets no vote.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

from gpuclf.backend import Array


def sum_of_pairs(
    decisions: Array, pairs: Sequence[tuple[int, int]], n_classes: int, xp: ModuleType
) -> Array:
    """Sum what speaks for each class, over the pairs that it is in.

    Parameters
    ----------
    decisions : float array, shape (vectors, pairs)
        Above 0 for the first class of a pair.
    pairs : sequence of tuple of int
        The classes of each.
    n_classes : int
        How many there are, in a pair or not.
    xp : module
        NumPy or CuPy.

    Returns
    -------
    float64 array, shape (vectors, n_classes)
        Minus infinity for a class in no pair.
    """
    scores = xp.zeros((decisions.shape[0], n_classes), dtype=xp.float64)
    for pair, (a, b) in enumerate(pairs):
        scores[:, a] += decisions[:, pair]
        scores[:, b] -= decisions[:, pair]
    decided = {c for pair in pairs for c in pair}
    for c in range(n_classes):
        if c not in decided:
            scores[:, c] = -xp.inf
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
    int64 array, shape (vectors,)

    Examples
    --------
    >>> import numpy as np
    >>> decisions = np.array([[1.0, -0.1, -2.0], [0.0, -1.0, 3.0]])
    >>> vote_of_pairs(decisions, [(0, 1), (0, 2), (1, 2)], 3, np).tolist()
    [2, 1]
    """
    votes = xp.where(decisions > 0, 0.5, -0.5)
    return sum_of_pairs(votes, pairs, n_classes, xp).argmax(axis=1)
