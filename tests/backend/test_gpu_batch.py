"""GPU solver against the CPU solver; without a GPU, its CUDA kernels are compiled for the CPU."""

from dataclasses import replace

import numpy as np
import pytest
from gpuclf.backend import Batch, KernelChange, TrainingSet, cpu, interface
from gpuclf.backend.gpu_batch import solve_batch
from gpuclf.backend.gpu_kernel import write_kernels
from gpuclf.backend.gpu_smo import PROBLEM, ProblemRun, block_size
from gpuclf.errors import BackendError

from conftest import gpu_or_skip
from kernels import kernel_of


def make_batch(nu, *, changed=False, gamma=0.0, values=(0.1, 1.0), folds=2):
    """Return the matrix and the batch of three classes of 14, 10 and 12 vectors in random order."""
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
        columns = np.arange(2 if changed and fold else 0)
        kernel = KernelChange(columns, np.array([0.3, -0.2], np.float32)[columns], gamma)
        return TrainingSet(kernel, weight if fold else np.ones(36))

    members = [np.flatnonzero(y == c) for c in range(3)]
    pairs = [
        (np.concatenate([members[a], members[b]]), len(members[a]))
        for a, b in [(0, 1), (0, 2), (1, 2)]
    ]
    base, *trainings = [training(fold) for fold in range(folds + 1)]
    tested = [np.flatnonzero(one.weight == 0) for one in trainings]
    return matrix, Batch(X, pairs, trainings, base, list(values), nu, tested)


CASES = {
    "linear": {"nu": False},
    "linear, scaled by fold": {"nu": False, "changed": True},
    "rbf": {"nu": False, "gamma": 0.2},
    "rbf, scaled by fold": {"nu": False, "gamma": 0.2, "changed": True},
    "nu": {"nu": True, "values": (0.2, 0.4)},
}


def all_decisions(solved, matrix, batch, fold):
    """Return decision values of all vectors, (values, pairs, vectors), without a nu-SVC's scale."""
    kernel = kernel_of(matrix, batch.features, batch.folds[fold].kernel)
    return np.array(
        [
            [
                kernel[:, index] @ np.asarray(one.beta[fold, value], float)
                + one.offsets[fold, value].mean()
                for one, (index, _) in zip(solved.pairs, batch.pairs, strict=True)
            ]
            for value in range(len(batch.values))
        ]
    )


def check(got, expected, matrix, batch, atol):
    begin = 0
    for fold, rows in enumerate(batch.tested):
        ours, theirs = (all_decisions(one, matrix, batch, fold) for one in (got, expected))
        np.testing.assert_allclose(ours, theirs, atol=atol)
        offsets = np.array([one.offsets[fold].mean(axis=-1) for one in got.pairs]).T
        decided = got.decisions[begin : begin + len(rows)] + offsets
        np.testing.assert_allclose(decided, ours[:, :, rows].transpose(2, 0, 1), atol=1e-5)
        begin += len(rows)


@pytest.mark.parametrize("block", [(64, 1), (32, 2), (64, 0)], ids=str)
@pytest.mark.parametrize("case", CASES)
def test_emulated_kernels_agree_with_the_cpu_solver(device, monkeypatch, case, block):
    monkeypatch.setattr(interface, "TOLERANCE", 1e-4)
    monkeypatch.setattr("gpuclf.backend.gpu_smo.block_size", lambda largest, shared: block)
    matrix, batch = make_batch(**CASES[case])
    solved = []
    got = solve_batch(matrix, batch, device, solved.append)
    expected = cpu("a test").solve_pairs(matrix, batch, lambda count: None)
    assert sum(solved) == 3 * 2 * 2
    assert max(one.violation.max() for one in got.pairs) <= 1e-4
    check(got, expected, matrix, batch, atol=2e-3)


def test_unconverged_problems_continue_in_the_next_launch(device, monkeypatch):
    matrix, batch = make_batch(nu=False)
    one_launch = solve_batch(matrix, batch, device)
    monkeypatch.setattr("gpuclf.backend.gpu_smo.STEPS_PER_LAUNCH", 3)
    many_launches = solve_batch(matrix, batch, device)
    assert max(one.violation.max() for one in many_launches.pairs) <= interface.TOLERANCE
    check(many_launches, one_launch, matrix, batch, atol=1e-2)


def test_problems_of_all_folds_that_share_the_matrix_are_one_launch(device):
    for case in ("linear", "rbf", "nu"):
        launched = []
        counting = replace(device, launch=lambda one, to=launched: to.append(one.kernel))
        matrix, batch = make_batch(**CASES[case], folds=3)
        solve_batch(matrix, batch, counting)
        # The vectors are not sorted by class; the base is solved before the folds.
        assert launched == ["reorder", "solve_pairs", "solve_pairs", "decide"]


def test_kernels_of_changed_folds_are_one_launch_per_group(device, monkeypatch):
    monkeypatch.setattr("gpuclf.backend.gpu_batch.kernels_at_once", lambda free, vectors: 4)
    launched = []
    counting = replace(device, launch=lambda one: launched.append(one.kernel))
    matrix, batch = make_batch(**CASES["rbf, scaled by fold"], folds=5)
    solve_batch(matrix, batch, counting)
    group = ["weigh_norms", "write_kernels", "solve_pairs"]
    base = ["reorder", "solve_pairs"]
    # Two groups are in flight; the first one is decided before the third one is submitted.
    assert launched == [*base, *group, *group, "decide", *group, "decide", "decide"]


def test_a_launch_has_as_many_problems_as_the_device_ends_in_time(device, monkeypatch):
    monkeypatch.setattr("gpuclf.backend.gpu_smo.WAVES", 1)
    monkeypatch.setattr("gpuclf.backend.gpu_smo.block_size", lambda largest, shared: (128, 1))
    sizes = []

    def launch(one):
        if one.file == "smo.cu":
            sizes.append(one.blocks)
        device.launch(one)

    matrix, batch = make_batch(nu=False)
    cut = solve_batch(matrix, batch, replace(device, launch=launch))
    assert sizes == [6, 8, 4]  # the base, then 2 folds, 2 values and 3 pairs
    check(cut, solve_batch(matrix, batch, device), matrix, batch, atol=0)


def test_progress_is_reported_while_a_launch_runs(device):
    matrix, batch = make_batch(nu=False)
    events = []
    waits = iter([False, False, True])  # of the second launch, that of the folds

    def submitted():
        events.append("submitted")
        return lambda: next(waits) if events.count("submitted") == 2 else True

    def to_host(array):
        events.append("read")
        return np.asarray(array)

    solve_batch(matrix, batch, replace(device, submitted=submitted, to_host=to_host), events.append)
    assert events == ["submitted", "read", "submitted", 12, "read", 0, 0]


def test_progress_counts_problems_that_do_not_converge(device, monkeypatch):
    monkeypatch.setattr(interface, "SHARED_ITERATIONS", 2)
    solved = []
    solve_batch(*make_batch(nu=False), device, solved.append)
    assert sum(solved) == 2 * 2 * 3


def fail_above(limit, sizes):
    """Return `write_kernels` for a device whose memory holds a number of kernels."""

    def write(matrix, features, changes, device):
        sizes.append(len(changes))
        if len(changes) > limit:
            raise MemoryError
        return write_kernels(matrix, features, changes, device)

    return write


def test_half_as_many_kernels_are_tried_when_memory_is_exhausted(device, monkeypatch):
    sizes = []
    monkeypatch.setattr("gpuclf.backend.gpu_batch.kernels_at_once", lambda free, vectors: 4)
    monkeypatch.setattr("gpuclf.backend.gpu_batch.write_kernels", fail_above(1, sizes))
    matrix, batch = make_batch(**CASES["linear, scaled by fold"], folds=4)
    solved = []
    got = solve_batch(matrix, batch, device, solved.append)
    assert sizes == [2, 1, 1, 1, 1]
    assert sum(solved) == 4 * 2 * 3
    expected = cpu("a test").solve_pairs(matrix, batch, lambda count: None)
    check(got, expected, matrix, batch, atol=1e-2)


def test_half_of_the_kernels_in_use_are_tried_where_the_plan_allows_more(device, monkeypatch):
    sizes = []
    monkeypatch.setattr("gpuclf.backend.gpu_batch.write_kernels", fail_above(1, sizes))
    solve_batch(*make_batch(**CASES["linear, scaled by fold"], folds=4), device)
    assert sizes == [4, 1, 1, 1, 1]  # two kernels at a time, in two groups


def test_memory_error_is_raised_if_half_as_many_kernels_do_not_fit_either(device, monkeypatch):
    sizes = []
    monkeypatch.setattr("gpuclf.backend.gpu_batch.write_kernels", fail_above(0, sizes))
    with pytest.raises(MemoryError):
        solve_batch(*make_batch(**CASES["linear, scaled by fold"], folds=4), device)
    assert sizes == [4, 1]


@pytest.mark.parametrize("count", [63, 64, 65])
def test_problems_at_the_limit_of_a_block_are_solved(device, monkeypatch, count):
    monkeypatch.setattr("gpuclf.backend.gpu_smo.MAX_IN_REGISTERS", 1)
    monkeypatch.setattr("gpuclf.backend.gpu_smo.SIZES", (32, 64))
    rng = np.random.default_rng(count)
    y = np.arange(count) % 2
    X = (rng.normal(size=(count, 3)) + y[:, None]).astype(np.float32)
    members = np.argsort(y, kind="stable")
    no_change = KernelChange(np.arange(0), np.zeros(0, np.float32), 0.0)
    training = TrainingSet(no_change, np.ones(count))
    tested = [np.arange(0)]
    pairs = [(members, int((y == 0).sum()))]
    batch = Batch(X, pairs, [training], training, [1.0], False, tested)
    matrix = X @ X.T
    used = []
    recording = replace(device, launch=lambda one: (used.append(one), device.launch(one)))
    got = solve_batch(matrix, batch, recording)
    in_registers = [dict(one.macros)["PER"] for one in used if one.file == "smo.cu"]
    assert in_registers == [1 if count <= 64 else 0]
    expected = cpu("a test").solve_pairs(matrix, batch, lambda solved: None)
    check(got, expected, matrix, batch, atol=1e-2)


def test_violation_exceeds_the_tolerance_without_convergence(device, monkeypatch):
    monkeypatch.setattr(interface, "SHARED_ITERATIONS", 2)
    matrix, batch = make_batch(nu=False)
    solved = solve_batch(matrix, batch, device)
    assert max(one.violation.max() for one in solved.pairs) > interface.TOLERANCE


def test_problems_with_more_vectors_than_flags_are_refused(device):
    problems = np.zeros((1, 1, 1), PROBLEM)
    problems["count"] = 65_537
    with pytest.raises(BackendError, match=r"got two classes of 65537 vectors, expected at most"):
        ProblemRun(problems, 65_537, device, nu=False, rbf=False)


def test_block_size_covers_all_vectors():
    for largest in range(2, 5000, 37):
        threads, per = block_size(largest, 227 * 1024)
        assert threads % 32 == 0 and threads * per >= largest
    assert block_size(20_000, 227 * 1024) == (1024, 0)


@pytest.mark.gpu
@pytest.mark.parametrize("case", CASES)
def test_gpu_agrees_with_the_cpu_solver(case):
    gpu = gpu_or_skip()
    matrix, batch = make_batch(**CASES[case])

    moved = batch._replace(features=gpu.asarray(batch.features))
    got = gpu.solve_pairs(gpu.asarray(matrix), moved, lambda count: None)
    pairs = [one._replace(beta=gpu.to_host(one.beta)) for one in got.pairs]
    got = got._replace(pairs=pairs, decisions=gpu.to_host(got.decisions))
    expected = cpu("a test").solve_pairs(matrix, batch, lambda count: None)
    check(got, expected, matrix, batch, atol=1e-2)
