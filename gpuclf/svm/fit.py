"""Fit one multi-class SVM with the shared solver or with the library of the backend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gpuclf._typing import Array, Bools, Floats, Ints
from gpuclf.backend import Backend, PairOptions, interface
from gpuclf.svm.class_weight import check_weights
from gpuclf.svm.kernel import KernelMatrix
from gpuclf.svm.model import LinearDecision, RbfDecision, SvmModel
from gpuclf.svm.shared import Problems, intercepts_and_divisors
from gpuclf.svm.spec import SvmSpec, class_pairs


def fit_svm(
    X: Array,
    y: Ints,
    n_classes: int,
    spec: SvmSpec,
    backend: Backend,
    *,
    class_weights: Sequence[float] | None = None,
    sample_weight: Floats | None = None,
    solver: str = "library",
) -> SvmModel:
    """Fit a multi-class SVM.

    Parameters
    ----------
    X : float array, shape (vectors, n), on the backend's device
        Scaled training vectors.
    y : int64 array, shape (vectors,), on the host
        Class of each vector, from 0; each class has at least one vector.
    n_classes : int
        Number of classes, 2 or more.
    spec : SvmSpec
        Hyper-parameters.
    backend : Backend
        Backend that computes.
    class_weights : sequence of float, shape (n_classes,), optional
        Factor of the penalty of each class; 1 by default.
    sample_weight : float64 array, shape (vectors,), on the host, optional
        Factor of the penalty of each vector, above 0; 1 by default.
    solver : {"library", "shared"}
        The library of the backend, which fits one pair of classes at a time, or the shared solver.

    Returns
    -------
    SvmModel
        Fitted model, with its arrays on the device.

    Examples
    --------
    >>> from gpuclf.backend import resolve
    >>> X = np.array([[0.0], [1.0], [4.0], [5.0]])
    >>> model = fit_svm(X, np.array([0, 0, 1, 1]), 2, SvmSpec(C=10), resolve("cpu"))
    >>> model.predict(np.array([[2.0], [3.0]]), resolve("cpu")).tolist()
    [0, 1]
    """
    class_weights = [1.0] * n_classes if class_weights is None else list(map(float, class_weights))
    check_weights(range(n_classes), class_weights)
    if spec.svm_type == "linear":
        return _one_vs_rest(X, y, n_classes, spec, backend, class_weights, sample_weight)
    gamma = spec.gamma_for(X, backend.xp) if spec.kernel == "rbf" else 0.0
    fit = _all_pairs if solver == "shared" else _pair_by_pair
    functions, intercepts, converged = fit(
        X, y, n_classes, spec, backend, class_weights, sample_weight, gamma
    )
    return SvmModel(
        _decision(X, functions, backend.asarray(intercepts), spec, gamma, backend),
        n_classes,
        one_vs_one=True,
        converged=converged,
    )


def _one_vs_rest(
    X: Array,
    y: Ints,
    n_classes: int,
    spec: SvmSpec,
    backend: Backend,
    class_weights: list[float],
    sample_weight: Floats | None,
) -> SvmModel:
    xp = backend.xp
    weight = None if sample_weight is None else backend.asarray(sample_weight)
    fit = backend.fit_linear(X, backend.asarray(y), spec.C, class_weights, weight)
    functions, intercept = fit.coef.astype(xp.float64), fit.intercept.astype(xp.float64)
    if n_classes == 2:  # the library returns one function, positive for the second class
        functions, intercept = (
            xp.concatenate([-functions, functions]),
            xp.concatenate([-intercept, intercept]),
        )
    return SvmModel(
        LinearDecision(functions, intercept),
        n_classes,
        one_vs_one=False,
        converged=np.full(n_classes, fit.converged),
    )


# Coefficients (pairs, vectors), intercepts (pairs,), convergence (pairs,).
Fitted = tuple[Array, Floats, Bools]


def _pair_by_pair(
    X: Array,
    y: Ints,
    n_classes: int,
    spec: SvmSpec,
    backend: Backend,
    class_weights: list[float],
    sample_weight: Floats | None,
    gamma: float,
) -> Fitted:
    pairs = class_pairs(n_classes)
    functions = backend.xp.zeros((len(pairs), X.shape[0]), dtype=backend.xp.float64)
    intercepts, converged = np.empty(len(pairs)), np.empty(len(pairs), dtype=bool)
    for pair, (a, b) in enumerate(pairs):
        members = np.flatnonzero((y == a) | (y == b))
        rows = backend.asarray(members)
        vectors = X[rows][:, rows] if spec.kernel == "precomputed" else X[rows]
        second = backend.asarray((y[members] == b).astype(np.int64))
        options = PairOptions(
            spec.svm_type,
            spec.kernel,
            spec.C,
            spec.nu,
            gamma or 1.0,
            (class_weights[a], class_weights[b]),
            None if sample_weight is None else backend.asarray(sample_weight[members]),
        )
        fit = backend.fit_pair(vectors, second, options)
        functions[pair, rows[fit.support]] = fit.coef
        intercepts[pair], converged[pair] = fit.intercept, fit.converged
    return functions, intercepts, converged


def _all_pairs(
    X: Array,
    y: Ints,
    n_classes: int,
    spec: SvmSpec,
    backend: Backend,
    class_weights: list[float],
    sample_weight: Floats | None,
    gamma: float,
) -> Fitted:
    xp = backend.xp
    kernel = KernelMatrix.of(X[:, None], replace(spec, gamma=gamma or 1.0), "none", backend)
    problems = Problems(kernel, y, n_classes, dict(enumerate(class_weights)), sample_weight)
    batch = problems.batch([(None, np.arange(0))], [spec.nu if spec.svm_type == "nu" else spec.C])
    solutions = backend.solve_pairs(kernel.values, batch, lambda solved: None).pairs
    intercepts, divisors = (part[0] for part in intercepts_and_divisors(solutions, 0, batch.nu))
    functions = xp.zeros((len(batch.pairs), X.shape[0]), dtype=xp.float64)
    for pair, ((index, _), solution) in enumerate(zip(batch.pairs, solutions, strict=True)):
        functions[pair, backend.asarray(index)] = solution.beta[0, 0] / divisors[pair]
    intercepts = intercepts / divisors
    if spec.kernel == "linear":  # the matrix is computed from centred vectors
        intercepts -= backend.to_host(functions @ (X.astype(xp.float64) @ kernel.centre))
    return (
        functions,
        intercepts,
        np.array([s.violation[0, 0] <= interface.TOLERANCE for s in solutions]),
    )


def _decision(
    X: Array, functions: Array, intercept: Array, spec: SvmSpec, gamma: float, backend: Backend
) -> LinearDecision | RbfDecision:
    xp = backend.xp
    if spec.kernel == "linear":  # the support vectors sum to one weight vector per pair
        return LinearDecision(functions @ X.astype(xp.float64), intercept)
    if spec.kernel == "precomputed":
        return LinearDecision(functions, intercept)
    used = xp.flatnonzero((functions != 0).any(axis=0))
    return RbfDecision(X[used], functions[:, used], intercept, gamma)
