"""Majority voting: every feature vector of a clip has one vote.

Ties go to the lower class index: ``bincount(votes).argmax()``.
"""

from __future__ import annotations

from types import ModuleType

from gpuclf._typing import Array


def vote_counts(votes: Array, n_classes: int, xp: ModuleType) -> Array:
    """Count the votes for each class in every clip.

    Parameters
    ----------
    votes : int array, shape (clips, V)
        Class of each feature vector.
    n_classes : int
        Number of classes.
    xp : module
        NumPy or CuPy.

    Returns
    -------
    int64 array, shape (clips, n_classes)
        Each row sums to ``V``.

    Examples
    --------
    >>> import numpy as np
    >>> vote_counts(np.array([[0, 2, 2], [1, 0, 1]]), 3, np).tolist()
    [[1, 0, 2], [1, 2, 0]]
    """
    clips = votes.shape[0]
    # One bincount counts all clips: clip i has the bins from i * n_classes.
    cells = votes + n_classes * xp.arange(clips)[:, None]
    counts = xp.bincount(cells.ravel(), minlength=clips * n_classes)
    return counts.reshape(clips, n_classes)


def elect(counts: Array) -> Array:
    """Return the class with most votes of every clip; ties go to the lower index.

    Parameters
    ----------
    counts : array, shape (clips, n_classes)
        Number of votes for each class.

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
