"""Table of the scores of every fold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gpuclf._utils.table import Table
from gpuclf.validation.fold_score import FoldScore


def fold_table(scores: Sequence[FoldScore]) -> Table:
    """Return the scores of folds as a table, one row per fold.

    Parameters
    ----------
    scores : sequence of FoldScore

    Returns
    -------
    Table
        Columns ``repeat`` and ``fold`` (from 0), ``n_train`` and ``n_test`` (number of clips, or
        of feature vectors if these are split), and the accuracies of `FoldScore`:
        ``test_accuracy``, ``test_balanced_accuracy`` and ``test_vector_accuracy``.
    """
    columns = {
        "repeat": [one.fold.repeat for one in scores],
        "fold": [one.fold.number for one in scores],
        "n_train": [len(one.fold.train) for one in scores],
        "n_test": [len(one.fold.test) for one in scores],
        "test_accuracy": [one.score for one in scores],
        "test_balanced_accuracy": [one.balanced_score for one in scores],
        "test_vector_accuracy": [one.vector_score for one in scores],
    }
    return Table({name: np.array(column) for name, column in columns.items()})
