"""Kernel matrix of a fold by its definition, in NumPy."""

import numpy as np


def kernel_of(matrix, features, change):
    """Return the kernel matrix that results from a `gpuclf.backend.KernelChange`."""
    x, weights = features[:, change.columns].astype(float), change.column_weights.astype(float)
    if not change.gamma:
        return matrix + (x * weights) @ x.T
    differences = x[:, None] - x
    distances = matrix + (differences**2 * weights).sum(axis=2)
    return np.exp(-change.gamma * np.maximum(distances, 0))
