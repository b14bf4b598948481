"""A fold's own kernel by its definition, in NumPy."""

import numpy as np


def kernel_of(matrix, features, change):
    """The kernel that a `gpuclf.backend.KernelChange` makes of the matrix that all folds share."""
    x, weights = features[:, change.columns].astype(float), change.column_weights.astype(float)
    if not change.gamma:
        return matrix + (x * weights) @ x.T
    differences = x[:, None] - x
    distances = matrix + (differences**2 * weights).sum(axis=2)
    return np.exp(-change.gamma * np.maximum(distances, 0))
