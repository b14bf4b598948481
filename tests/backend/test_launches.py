"""The GPU's solver against the CPU's: its kernel run by the CPU, its launches as they are."""

from importlib.resources import files

import numpy as np
import pytest
from gpuclf.backend import Batch, KernelChange, TrainingSet, cpu, interface
from gpuclf.backend.launches import solve_batch

from conftest import gpu_or_skip
from emulated import emulated

SIGNATURE = [
    *["const float*", "long long", "const int*", "const long long*", "const int*", "const int*"],
    *["const long long*", "const float*", "const float*", "int", "float", "int"],
    *["float*", "float*", "float*"],
]


def a_batch(nu, *, changed=False, gamma=0.0, values=(0.1, 1.0), folds=2):
    """Three classes of 14, 10 and 12 vectors, all mixed up."""
    rng = np.random.default_rng(0)
    y = rng.permutation(np.repeat([0, 1, 2], [14, 10, 12]))
    X = (rng.normal(size=(36, 5)) + 0.8 * rng.normal(size=(3, 5))[y]).astype(np.float32)
    matrix = X @ X.T
    if gamma:
        norms = np.diag(matrix)
        matrix = np.maximum(norms + norms[:, None] - 2 * matrix, 0)

    def training(fold):
        weight = np.ones(36)
        weight[rng.choice(36, 6, replace=False)] = 0
        some = X[:, :2] if changed and fold else X[:, :0]
        weights = np.array([0.3, -0.2], np.float32)[: some.shape[1]]
        kernel = KernelChange(some.copy(), weights, some**2 @ weights, gamma)
        return TrainingSet(kernel, weight if fold else np.ones(36))

    members = [np.flatnonzero(y == c) for c in range(3)]
    pairs = [
        (np.concatenate([members[a], members[b]]), len(members[a]))
        for a, b in [(0, 1), (0, 2), (1, 2)]
    ]
    everything, *parts = [training(fold) for fold in range(folds + 1)]
    return matrix, Batch(pairs, parts, everything, list(values), nu)


CASES = {
    "linear": {"nu": False},
    "linear, scaled by fold": {"nu": False, "changed": True},
    "rbf": {"nu": False, "gamma": 0.2},
    "rbf, scaled by fold": {"nu": False, "gamma": 0.2, "changed": True},
    "nu": {"nu": True, "values": (0.2, 0.4)},
}


def decisions(solutions, matrix, batch, fold, value, pair):
    """What a solution says about all vectors, but for its scale."""
    from gpuclf.backend.launches import write_kernel

    kernel = write_kernel(matrix, batch.folds[fold].kernel, np)
    index, _ = batch.pairs[pair]
    beta = np.asarray(solutions[pair].beta[fold, value], np.float64)
    return kernel[:, index] @ beta + solutions[pair].offsets[fold, value].mean()


@pytest.mark.parametrize("in_shared_memory", [True, False])
@pytest.mark.parametrize("case", CASES)
def test_the_kernel_run_on_the_cpu_finds_what_the_cpus_solver_finds(
    tmp_path, monkeypatch, case, in_shared_memory
):
    monkeypatch.setattr(interface, "TOLERANCE", 1e-4)
    matrix, batch = a_batch(**CASES[case])
    kernel = emulated(files("gpuclf.backend") / "smo.cu", "solve_pairs", SIGNATURE, tmp_path)

    def launch(blocks, threads, shared, arguments):
        assert shared <= 4 * 2**16
        kernel(blocks, threads, *[None if isinstance(a, np.uint64) else a for a in arguments])

    most = 2**16 if in_shared_memory else 0
    solved = []
    got = solve_batch(matrix, batch, np, launch, most, solved.append, threads=4)
    expected = cpu("a test").solve_pairs(matrix, batch, lambda count: None)
    assert sum(solved) == 3 * 2 * 2
    for fold, value, pair in np.ndindex(2, 2, 3):
        assert got[pair].violation[fold, value] <= 1e-4
        np.testing.assert_allclose(
            decisions(got, matrix, batch, fold, value, pair),
            decisions(expected, matrix, batch, fold, value, pair),
            atol=2e-3,
        )


@pytest.mark.gpu
@pytest.mark.parametrize("case", CASES)
def test_the_gpu_finds_what_the_cpu_finds(case):
    gpu = gpu_or_skip(require_cuml=False)
    matrix, batch = a_batch(**CASES[case])

    def there(training):
        kernel = training.kernel
        moved = [gpu.asarray(part) for part in kernel[:3]]
        return training._replace(kernel=KernelChange(*moved, kernel.gamma))

    moved = batch._replace(base=there(batch.base), folds=[there(fold) for fold in batch.folds])
    got = gpu.solve_pairs(gpu.asarray(matrix), moved, lambda count: None)
    got = [one._replace(beta=gpu.to_host(one.beta)) for one in got]
    expected = cpu("a test").solve_pairs(matrix, batch, lambda count: None)
    for fold, value, pair in np.ndindex(2, 2, 3):
        np.testing.assert_allclose(
            decisions(got, matrix, batch, fold, value, pair),
            decisions(expected, matrix, batch, fold, value, pair),
            atol=1e-2,
        )
