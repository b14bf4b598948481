"""Order of the vectors on the GPU: class by class, so that the vectors of a pair are two runs.

Coefficients of all pairs are stored one pair after the other: those of the first class, then those
of the second.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gpuclf._typing import AnyArray, Floats, Ints

CLASS = np.dtype([(name, np.int32) for name in ("begin", "count", "first_term", "terms")])
TERM = np.dtype([("pair", np.int32), ("offset", np.int32)])


class Layout:
    """Vectors sorted by class, and the positions of classes and pairs.

    Parameters
    ----------
    pairs : sequence of (int64 array, int)
        Vectors of both classes of each pair, and the number of vectors of the first class. A class
        has the same vectors in all of its pairs.
    vectors : int
        Number of vectors; those in no pair come last.

    Attributes
    ----------
    order : int64 array, shape (vectors,)
        Vector at each position.
    position : int64 array, shape (vectors,)
        Position of each vector.
    is_sorted : bool
        Whether the vectors are in this order already.
    counts, first : int64 arrays, shape (pairs,)
        Number of vectors of a pair, and of its first class.
    first_row, second_row : int64 arrays, shape (pairs,)
        Position of the first vector of each class.
    starts : int64 array, shape (pairs + 1,)
        First coefficient of each pair; the last item is the number of all coefficients.
    classes : CLASS array, shape (classes,)
        Positions of each class, and its terms.
    terms : TERM array
        Pair, and first coefficient of the class within it; class by class.

    Examples
    --------
    >>> layout = Layout([(np.array([1, 3, 0]), 2), (np.array([1, 3, 2, 4]), 2)], 5)
    >>> layout.order.tolist(), layout.second_row.tolist(), layout.starts.tolist()
    ([1, 3, 0, 2, 4], [2, 3], [0, 3, 7])
    """

    def __init__(self, pairs: Sequence[tuple[Any, int]], vectors: int) -> None:
        runs: dict[bytes, tuple[Ints, list[tuple[int, int]]]] = {}
        self.counts = np.array([len(index) for index, _ in pairs], np.int64)
        self.first = np.array([first for _, first in pairs], np.int64)
        self.starts = np.concatenate([[0], np.cumsum(self.counts)])
        for pair, (index, first) in enumerate(pairs):
            for part, skipped in ((index[:first], 0), (index[first:], first)):
                terms = runs.setdefault(part.tobytes(), (part, []))[1]
                terms.append((pair, int(self.starts[pair]) + skipped))
        members = [part for part, _ in runs.values()]
        listed = np.concatenate(members)
        others = np.setdiff1d(np.arange(vectors), listed)
        self.order = np.concatenate([listed, others])
        self.position = np.empty(vectors, np.int64)
        self.position[self.order] = np.arange(vectors)
        self.is_sorted = bool((self.order == np.arange(vectors)).all())
        self.first_row = self.position[[index[0] for index, _ in pairs]]
        self.second_row = self.position[[index[first] for index, first in pairs]]
        self.classes = _classes([len(part) for part in members], [len(t) for _, t in runs.values()])
        self.terms = np.array([term for _, terms in runs.values() for term in terms], TERM)

    def sums_of_pairs(self, values: AnyArray) -> Floats:
        """Return sums over the vectors of each pair, of values at each position.

        Parameters
        ----------
        values : float array, shape (..., vectors)

        Returns
        -------
        float64 array, shape (..., pairs)
        """
        sums = np.cumsum(values, axis=-1, dtype=np.float64)
        sums = np.concatenate([np.zeros((*sums.shape[:-1], 1)), sums], axis=-1)
        first, second = (
            sums[..., begin + count] - sums[..., begin]
            for begin, count in (
                (self.first_row, self.first),
                (self.second_row, self.counts - self.first),
            )
        )
        total: Floats = first + second
        return total


def _classes(counts: Sequence[int], terms: Sequence[int]) -> AnyArray:
    classes = np.zeros(len(counts), CLASS)
    classes["count"], classes["terms"] = counts, terms
    classes["begin"][1:] = np.cumsum(counts)[:-1]
    classes["first_term"][1:] = np.cumsum(terms)[:-1]
    return classes
