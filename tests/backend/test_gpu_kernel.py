"""Kernels of folds by emulated CUDA kernels, against their definition."""

import numpy as np
import pytest
from gpuclf.backend import KernelChange
from gpuclf.backend.gpu_kernel import reorder, unchanged_kernel, write_kernels

from kernels import kernel_of

VECTORS = 150  # two tiles, the second one cut


def make_changes(n, counts, gamma):
    rng = np.random.default_rng(1)
    return [
        KernelChange(
            np.sort(rng.choice(n, count, replace=False)),
            rng.uniform(-0.5, 1, count).astype(np.float32),
            gamma * (1 + fold),
        )
        for fold, count in enumerate(counts)
    ]


def make_matrix(gamma):
    X = np.random.default_rng(0).normal(size=(VECTORS, 20)).astype(np.float32)
    matrix = X @ X.T
    if gamma:
        norms = np.diag(matrix)
        matrix = np.maximum(norms + norms[:, None] - 2 * matrix, 0)
    return X, matrix


@pytest.mark.parametrize("gamma", [0.0, 0.03], ids=["linear", "rbf"])
def test_kernels_of_folds_equal_their_definition(device, gamma):
    X, matrix = make_matrix(gamma)
    changes = make_changes(20, [1, 8, 19], gamma)
    kernels = write_kernels(matrix, np.ascontiguousarray(X.T), changes, device)
    for kernel, change in zip(kernels, changes, strict=True):
        assert kernel.rate == 0
        expected = kernel_of(matrix, X, change)
        np.testing.assert_allclose(kernel.matrix, expected, rtol=1e-5, atol=2e-5)


def test_kernels_of_folds_are_symmetric_across_tiles(device):
    X, matrix = make_matrix(0.0)
    matrix = np.maximum(matrix, matrix.T)
    [kernel] = write_kernels(matrix, np.ascontiguousarray(X.T), make_changes(20, [5], 0.0), device)
    np.testing.assert_array_equal(kernel.matrix[:128, 128:], kernel.matrix[128:, :128].T)


def test_rbf_kernel_of_a_vector_with_itself_is_exactly_1(device):
    X, matrix = make_matrix(0.03)
    np.fill_diagonal(matrix, 0)
    [kernel] = write_kernels(
        matrix, np.ascontiguousarray(X.T), make_changes(20, [19], 0.03), device
    )
    np.testing.assert_array_equal(kernel.matrix.diagonal(), 1)


def test_a_fold_without_changes_uses_the_shared_matrix():
    _, matrix = make_matrix(0.03)
    no_change = KernelChange(np.arange(0), np.zeros(0, np.float32), 0.03)
    kernel = unchanged_kernel(matrix, no_change)
    assert kernel.matrix is matrix
    np.testing.assert_allclose(np.exp2(-kernel.rate * matrix), np.exp(-0.03 * matrix), rtol=1e-5)


def test_reorder_permutes_rows_and_columns(device):
    _, matrix = make_matrix(0.0)
    order = np.random.default_rng(2).permutation(VECTORS)
    np.testing.assert_array_equal(reorder(matrix, order, device), matrix[np.ix_(order, order)])
