"""Fit an SVM with the backend's library: pair by pair, or one class against the rest."""

from __future__ import annotations

import numpy as np

from gpuclf.backend import Array, Backend, PairOptions
from gpuclf.data.blocks import Ints
from gpuclf.svm.model import LinearDecision, RbfDecision, SvmModel
from gpuclf.svm.spec import SvmSpec, class_pairs


def fit_svm(X: Array, y: Ints, n_classes: int, spec: SvmSpec, backend: Backend) -> SvmModel:
    """Fit a multi-class SVM.

    Parameters
    ----------
    X : float array, shape (vectors, n), on the backend's device
        Scaled training vectors.
    y : int64 array, shape (vectors,), on the host
        Their classes, numbered from 0; each has at least one vector.
    n_classes : int
        How many there are, 2 or more.
    spec : SvmSpec
        Which SVM.
    backend : Backend
        Whose library fits it.

    Returns
    -------
    SvmModel
        With its arrays on the device.

    Examples
    --------
    >>> from gpuclf.backend import resolve
    >>> X = np.array([[0.0], [1.0], [4.0], [5.0]])
    >>> model = fit_svm(X, np.array([0, 0, 1, 1]), 2, SvmSpec(C=10), resolve("cpu"))
    >>> model.predict(np.array([[2.0], [3.0]]), np).tolist()
    [0, 1]
    """
    if spec.svm_type == "linear":
        return _one_vs_rest(X, y, n_classes, spec, backend)
    return _one_vs_one(X, y, n_classes, spec, backend)


def _one_vs_rest(X: Array, y: Ints, n_classes: int, spec: SvmSpec, backend: Backend) -> SvmModel:
    xp = backend.xp
    fit = backend.fit_linear(X, backend.asarray(y), spec.C)
    weights, intercept = fit.weights.astype(xp.float64), fit.intercept.astype(xp.float64)
    if n_classes == 2:  # the library's one function speaks for the second class
        weights, intercept = (
            xp.concatenate([-weights, weights]),
            xp.concatenate([-intercept, intercept]),
        )
    return SvmModel(
        LinearDecision(weights, intercept),
        n_classes,
        one_vs_one=False,
        converged=np.full(n_classes, fit.converged),
    )


def _one_vs_one(X: Array, y: Ints, n_classes: int, spec: SvmSpec, backend: Backend) -> SvmModel:
    xp = backend.xp
    pairs = class_pairs(n_classes)
    gamma = spec.gamma_for(X, xp)
    options = PairOptions(spec.svm_type, spec.kernel, spec.C, spec.nu, gamma)
    linear = spec.kernel == "linear"
    # A linear kernel's support vectors add up to one vector of weights a pair.
    functions = xp.zeros((len(pairs), X.shape[1 if linear else 0]), dtype=xp.float64)
    intercepts, converged = np.empty(len(pairs)), np.empty(len(pairs), dtype=bool)
    for pair, (a, b) in enumerate(pairs):
        members = np.flatnonzero((y == a) | (y == b))
        rows = backend.asarray(members)
        vectors = X[rows]
        second = backend.asarray((y[members] == b).astype(np.int64))
        fit = backend.fit_pair(vectors, second, options)
        if linear:
            functions[pair] = fit.coef.astype(xp.float64) @ vectors[fit.support].astype(xp.float64)
        else:
            functions[pair, rows[fit.support]] = fit.coef
        intercepts[pair], converged[pair] = fit.intercept, fit.converged
    intercept = backend.asarray(intercepts)
    decision: LinearDecision | RbfDecision
    if linear:
        decision = LinearDecision(functions, intercept)
    else:
        used = xp.flatnonzero((functions != 0).any(axis=0))
        decision = RbfDecision(X[used], functions[:, used], intercept, gamma)
    return SvmModel(decision, n_classes, one_vs_one=True, converged=converged)
