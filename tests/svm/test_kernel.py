"""Kernel matrix: the kernel of a fold, compared with scaling its vectors separately."""

from importlib import import_module

import numpy as np
import pytest
from gpuclf.svm import KernelMatrix, SvmSpec
from gpuclf.vectors.scaling import fit_scaler
from hypothesis import given
from hypothesis import strategies as st

from kernels import kernel_of

RNG = np.random.default_rng(0)
X = RNG.gamma(2, size=(12, 3, 6)).astype(np.float32)
X[:, :, 4] = 7  # constant in all clips
X[1:, :, 5] = 2  # constant in all clips but one
TRAIN = np.array([1, 2, 4, 5, 6, 8, 9, 11])


def own_kernel(X, train, spec, scale):
    """Return the kernel of vectors scaled by the training clips in float64, and gamma."""
    scaler = fit_scaler(X[train].reshape(-1, X.shape[2]), scale, np)
    Z = scaler.transform(X.reshape(-1, X.shape[2]), "float64")
    fitted = Z.reshape(*X.shape)[train].reshape(-1, X.shape[2])
    if spec.kernel == "linear":
        return Z @ Z.T, None
    gamma = spec.gamma_for(fitted, np)
    return np.exp(-gamma * ((Z[:, None] - Z) ** 2).sum(axis=2)), gamma


def centred(kernel):
    """Return the centred kernel: SVMs are invariant to shifts of the features."""
    return kernel - kernel.mean(axis=0) - kernel.mean(axis=1)[:, None] + kernel.mean()


@pytest.mark.parametrize("gamma", ["scale", "auto", 0.3])
@pytest.mark.parametrize("scale", ["none", "minmax", "std"])
@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_the_kernel_of_a_fold_matches_scaling_by_its_training_clips(backend, kernel, scale, gamma):
    spec = SvmSpec(kernel=kernel, gamma=gamma)
    matrix = KernelMatrix.of(backend.asarray(X), spec, scale, backend)
    change = matrix.changes([TRAIN])[0]
    got = kernel_of(backend.to_host(matrix.values), backend.to_host(matrix.features), change)
    expected, own_gamma = own_kernel(X, TRAIN, spec, scale)
    if kernel == "linear":
        got, expected = centred(got), centred(expected)
    else:
        assert change.gamma == pytest.approx(own_gamma, rel=1e-9)
    np.testing.assert_allclose(got, expected, atol=2e-5 * np.abs(expected).max())
    assert scale != "none" or change.column_weights.shape[0] == 0


def test_a_change_contains_only_features_with_another_range():
    matrix = KernelMatrix.of(X, SvmSpec(), "minmax", resolve_cpu())
    without = np.arange(1, 12)  # the first clip is the only one in which feature 5 varies
    change = matrix.changes([without])[0]
    assert 1 <= change.column_weights.shape[0] < 6 and change.column_weights.min() == -1
    assert matrix.changes([None])[0].column_weights.shape[0] == 0


@given(st.integers(0, 2**32 - 1), st.sampled_from(["minmax", "std"]))
def test_the_kernel_of_a_fold_does_not_depend_on_its_test_clips(seed, scale):
    rng = np.random.default_rng(seed)
    rest = np.setdiff1d(np.arange(12), TRAIN)
    other = X.copy()
    other[rest] = 10 * rng.normal(size=other[rest].shape)
    rows = (TRAIN[:, None] * 3 + np.arange(3)).ravel()
    kernels = []
    for vectors in (X, other):
        spec = SvmSpec(kernel="rbf")
        matrix = KernelMatrix.of(vectors, spec, scale, resolve_cpu())
        change = matrix.changes([TRAIN])[0]
        kernels.append(
            (change.gamma, kernel_of(matrix.values, matrix.features, change)[np.ix_(rows, rows)])
        )
    assert kernels[0][0] == pytest.approx(kernels[1][0], rel=1e-9)
    np.testing.assert_allclose(kernels[0][1], kernels[1][1], atol=2e-3)


def test_the_matrix_is_float64_on_request():
    spec = SvmSpec(kernel="rbf")
    matrix = KernelMatrix.of(X, spec, "std", resolve_cpu(), "float64")
    got = kernel_of(matrix.values, matrix.features, matrix.changes([TRAIN])[0])
    np.testing.assert_allclose(got, own_kernel(X, TRAIN, spec, "std")[0], atol=1e-12)


def test_the_matrix_does_not_depend_on_the_number_of_threads(monkeypatch):
    def matrix():
        return KernelMatrix.of(X, SvmSpec(), "minmax", resolve_cpu()).values.copy()

    alone = matrix()
    monkeypatch.setattr(import_module("gpuclf.backend.cpu"), "cores", lambda: 5)
    np.testing.assert_array_equal(matrix(), alone)


def resolve_cpu():
    from gpuclf.backend import resolve

    return resolve("cpu")
