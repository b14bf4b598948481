"""CPU solver of one pair of classes: objective against libsvm, and invariants."""

import numpy as np
import pytest
from gpuclf.backend import Batch, KernelChange, TrainingSet, cpu, interface
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.svm import SVC, NuSVC

CPU = cpu("a test")


def solve(kernel, na, weight, values, nu=False, weights=(1.0, 1.0), base=None, matrix=None):
    """Solve a pair over a kernel matrix; return coefficients, offsets and violation per value."""
    count = len(kernel)
    kernel = kernel.astype(np.float32)
    same = KernelChange(np.arange(0), np.empty(0, np.float32), 0.0)
    errors = np.where(np.arange(count) < na, *map(float, weights))
    fold = TrainingSet(same, weight * errors)
    base = TrainingSet(same, errors if base is None else base)
    features = np.empty((count, 0), np.float32)
    batch = Batch(
        features, [(np.arange(count), na)], [fold], base, list(values), nu, [np.arange(0)]
    )
    [solution] = CPU.solve_pairs(kernel, batch, lambda solved: None).pairs
    return solution.beta[0].astype(np.float64), solution.offsets[0], solution.violation[0]


def libsvm(kernel, na, weight, value, nu=False, weights=(1.0, 1.0)):
    """Return coefficients and intercept of scikit-learn's libsvm."""
    rows = np.flatnonzero(weight)
    y = np.where(rows < na, 1, -1)
    svm = NuSVC(nu=value) if nu else SVC(C=value)
    svm.set_params(kernel="precomputed", tol=1e-4, class_weight={1: weights[0], -1: weights[1]})
    svm.fit(kernel[np.ix_(rows, rows)].astype(float), y)
    beta = np.zeros(len(kernel))
    beta[rows[svm.support_]] = svm.dual_coef_[0]
    return beta, svm.intercept_[0]


def objective(kernel, na, beta, nu=False):
    y = np.where(np.arange(len(kernel)) < na, 1.0, -1.0)
    return 0.5 * beta @ kernel @ beta - (0 if nu else y @ beta)


def close(got, expected):
    return abs(got - expected) <= 1e-3 * abs(expected) + 1e-6


@st.composite
def problems(draw):
    """Vary sizes, dimensions, overlap, duplicates, equal vectors and excluded vectors."""
    na, nb = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.sampled_from([1, 2, 5, 60]))
    X = rng.normal(size=(na + nb, n))
    X[:na] += draw(st.sampled_from([0.0, 0.5, 3.0]))
    kind = draw(st.sampled_from(["distinct", "duplicates", "all equal"]))
    if kind == "duplicates":
        X = X[rng.integers(0, na + nb, na + nb)]
    elif kind == "all equal":
        X[:] = X[0]
    distances = ((X[:, None] - X) ** 2).sum(axis=2)
    kernel = X @ X.T if draw(st.booleans()) else np.exp(-distances / n)
    weight = (rng.random(na + nb) < draw(st.sampled_from([1.0, 0.7]))).astype(float)
    weight[[0, na]] = 1
    return kernel, na, weight


@settings(max_examples=40)
@given(problems(), st.sampled_from([0.01, 1.0, 100.0]), st.sampled_from([(1, 1), (1, 5)]))
def test_c_svc_reaches_the_objective_of_libsvm(problem, C, weights):
    kernel, na, weight = problem
    [beta], _, violation = solve(kernel, na, weight, [C], weights=weights)
    expected, _ = libsvm(kernel, na, weight, C, weights=weights)
    assert violation[0] <= interface.TOLERANCE
    assert abs(beta.sum()) <= 1e-5 * C * len(beta) and not beta[weight == 0].any()
    assert close(objective(kernel, na, beta), objective(kernel, na, expected))


@pytest.mark.parametrize("seed", range(10))
def test_sum_of_the_coefficients_stays_zero(seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(40, 2))[rng.integers(0, 40, 40)] * [6, 1]
    [beta], _, _ = solve(X @ X.T, 20, np.ones(40), [100.0], weights=(1, 5))
    assert abs(beta.sum()) <= 1e-6 * np.abs(beta).sum()


@settings(max_examples=50)
@given(problems(), st.floats(0.05, 0.95))
def test_nu_svc_satisfies_its_optimality_conditions(problem, share):
    kernel, na, weight = problem
    a, b = weight[:na].sum(), weight[na:].sum()
    nu = share * 2 * min(a, b) / (a + b)
    [beta], _, violation = solve(kernel, na, weight, [nu], nu=True)
    total = nu * (a + b) / 2
    assert violation[0] <= interface.TOLERANCE
    np.testing.assert_allclose([beta[:na].sum(), beta[na:].sum()], [total, -total], rtol=1e-4)
    # Checked by definition, as libsvm scales its solution: no pair of coefficients can gain.
    error = -kernel @ beta
    first = np.arange(len(beta)) < na
    lowest, highest = np.where(first, 0, -weight), np.where(first, weight, 0)
    for part in (slice(na), slice(na, None)):
        x, e, low, high = (array[part] for array in (beta, error, lowest, highest))
        rises, falls = e[x < high - 1e-6], e[x > low + 1e-6]
        if len(rises) and len(falls):
            assert rises.max() - falls.min() <= 2 * interface.TOLERANCE


def random_problem(seed=0, na=60, nb=50, n=8):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(na + nb, n))
    X[:na] += 0.6
    weight = (rng.random(na + nb) < 0.85).astype(float)
    return X @ X.T, na, weight


@pytest.mark.parametrize("nu", [False, True])
def test_path_solves_every_value_as_well_as_a_single_fit(nu):
    kernel, na, weight = random_problem()
    values = [0.1, 0.2, 0.5] if nu else [0.01, 0.1, 1.0, 10.0, 100.0]
    path, _, _ = solve(kernel, na, weight, values, nu)
    for beta, value in zip(path, values, strict=True):
        [single], _, _ = solve(kernel, na, weight, [value], nu)
        assert close(objective(kernel, na, beta, nu), objective(kernel, na, single, nu))


def test_solution_does_not_depend_on_the_starting_point():
    kernel, na, weight = random_problem()
    [warm], offset, _ = solve(kernel, na, weight, [1.0])
    [cold], other, _ = solve(kernel, na, weight, [1.0], base=weight)
    assert close(objective(kernel, na, warm), objective(kernel, na, cold))
    assert abs(offset[0, 0] - other[0, 0]) < 5e-3


@pytest.mark.parametrize("nu", [False, True])
def test_decision_values_agree_with_libsvm(nu):
    kernel, na, weight = random_problem()
    value = 0.4 if nu else 1.0
    [beta], offsets, _ = solve(kernel, na, weight, [value], nu)
    expected, intercept = libsvm(kernel, na, weight, value, nu)
    (first, second), scale = offsets[0], 1.0
    if nu:
        scale = (second - first) / 2
    got = (kernel @ beta + (first + second) / 2) / scale
    np.testing.assert_allclose(got, kernel @ expected + intercept, atol=5e-3)


@pytest.mark.parametrize("seed", range(6))
def test_intercept_without_free_vectors_is_the_middle_of_the_feasible_interval(seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(200, 5))
    X[:100] += 0.5
    kernel = np.exp(-0.02 * ((X[:, None] - X) ** 2).sum(axis=2))
    weight = np.ones(200)
    weight[rng.choice(100, 30)[:, None] + [0, 100]] = 0
    [beta], offsets, _ = solve(kernel, 100, weight, [0.1])
    assert len(np.unique(beta[weight > 0])) == 2
    _, intercept = libsvm(kernel, 100, weight, 0.1)
    np.testing.assert_allclose(offsets[0], intercept, atol=1e-5)


def test_working_set_smaller_than_the_support_vectors_converges(monkeypatch):
    monkeypatch.setattr("gpuclf.backend.smo.batch.MAX_SLOTS", 16)
    kernel, na, weight = random_problem()
    [beta], _, violation = solve(kernel, na, weight, [1.0])
    expected, _ = libsvm(kernel, na, weight, 1.0)
    assert violation[0] <= interface.TOLERANCE
    assert close(objective(kernel, na, beta), objective(kernel, na, expected))


def test_problem_beyond_float32_precision_is_solved_in_float64():
    # A large uninformative feature and a small informative one.
    rng = np.random.default_rng(0)
    informative = np.repeat([0.0, 3.0], 20) + rng.normal(size=40).round()
    X = np.stack([(300 * rng.normal(size=40)).round(), informative], axis=1)
    kernel = X @ X.T
    [beta], _, violation = solve(kernel, 20, np.ones(40), [1.0])
    expected, _ = libsvm(kernel, 20, np.ones(40), 1.0)
    assert violation[0] <= interface.TOLERANCE
    assert close(objective(kernel, 20, beta), objective(kernel, 20, expected))


def test_iteration_limit_stops_with_the_remaining_violation(monkeypatch):
    monkeypatch.setattr(interface, "SHARED_ITERATIONS", 3)
    kernel, na, weight = random_problem()
    _, _, violation = solve(kernel, na, weight, [1.0])
    assert violation[0] > interface.TOLERANCE


def stretched_problem(seed, count, features, factor):
    """Return two overlapping classes; scales of the features span a factor."""
    X = np.random.default_rng(seed).normal(size=(count, features))
    X[: count // 2] += 0.7
    X *= np.geomspace(1, factor, features)
    return (X @ X.T).astype(np.float32).astype(float), count // 2, np.ones(count)


@pytest.mark.parametrize("seed", range(3))
def test_c_svc_with_few_features_and_large_c_converges_in_few_iterations(monkeypatch, seed):
    monkeypatch.setattr(interface, "SHARED_ITERATIONS", 1000)  # SMO alone takes more than 100,000
    kernel, na, weight = stretched_problem(seed, 80, 6, 30)
    [beta], _, violation = solve(kernel, na, weight, [100.0])
    expected, _ = libsvm(kernel, na, weight, 100.0)
    assert violation[0] <= interface.TOLERANCE
    assert abs(beta.sum()) <= 1e-6 * np.abs(beta).sum()
    assert objective(kernel, na, beta) == pytest.approx(objective(kernel, na, expected), rel=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_nu_svc_with_few_features_converges_in_few_iterations_and_keeps_both_sums(
    monkeypatch, seed
):
    kernel, na, weight = stretched_problem(seed, 200, 20, 30)
    monkeypatch.setattr(interface, "SHARED_ITERATIONS", 2000)  # SMO alone takes more than 5000
    [beta], _, violation = solve(kernel, na, weight, [0.15], nu=True)
    assert violation[0] <= interface.TOLERANCE
    np.testing.assert_allclose([beta[:na].sum(), beta[na:].sum()], [15, -15], rtol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_large_c_does_not_accumulate_rounding_errors(seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(200, 5))
    X[:100] += 0.5
    distances = ((X[:, None] - X) ** 2).sum(axis=2)
    kernel = np.exp(-0.05 * distances).astype(np.float32).astype(float)
    first = np.arange(200) < 100
    _, beta = solve(kernel, 100, np.ones(200), [100.0, 1e4])[0]
    error = np.where(first, 1.0, -1.0) - kernel @ beta
    rises, falls = beta < np.where(first, 1e4, 0) - 0.01, beta > np.where(first, 0, -1e4) + 0.01
    assert error[rises].max() - error[falls].min() <= 5 * interface.TOLERANCE


def test_indefinite_kernel_converges():
    X = np.random.default_rng(0).normal(size=(100, 3))
    kernel = np.tanh(X @ X.T - 1)
    _, _, violation = solve(kernel, 50, np.ones(100), [1.0, 100.0])
    assert (violation <= interface.TOLERANCE).all()
