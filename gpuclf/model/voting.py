"""Votes: every feature vector of a clip has one, and most of them make the clip's label.

Ties go to the lower index: ``bincount(votes).argmax()``.
"""

from __future__ import annotations

from types import ModuleType

from gpuclf._typing import Array


def vote_counts(votes: Array, n_classes: int, xp: ModuleType) -> Array:
    """Count the votes of every clip.

    Parameters
    ----------
    votes : int array, shape (clips, V)
        The class that each vector votes for.
    n_classes : int
        How many classes there are.
    xp : module
        NumPy or CuPy.

    Returns
    -------
    int64 array, shape (clips, n_classes)
        Rows sum up to ``V``.

    Examples
    --------
    >>> import numpy as np
    >>> vote_counts(np.array([[0, 2, 2], [1, 0, 1]]), 3, np).tolist()
    [[1, 0, 2], [1, 2, 0]]
    """
    clips = votes.shape[0]
    # One bincount serves all clips: clip i counts in the cells i * n_classes and after.
    cells = votes + n_classes * xp.arange(clips)[:, None]
    counts = xp.bincount(cells.ravel(), minlength=clips * n_classes)
    return counts.reshape(clips, n_classes)


def elect(counts: Array) -> Array:
    """Give every clip the class with most votes; ties go to the lower index.

    Parameters
    ----------
    counts : array, shape (clips, n_classes)
        Votes.

    Returns
    -------
    int64 array, shape (clips,)

    Examples
    --------
    >>> import numpy as np
    >>> elect(np.array([[2, 2, 0], [0, 1, 3]])).tolist()
    [0, 2]
    """
    return counts.argmax(axis=1)
