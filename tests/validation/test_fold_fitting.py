"""Fitting of folds: equal work is computed once, completed folds come from the checkpoint."""

import json
from dataclasses import replace

import numpy as np
import pytest
from gpuclf import ClipClassifier, cross_validate, cross_validate_grid, nested_search
from gpuclf.svm import KernelMatrix, solve_folds
from gpuclf.validation import fold_solvers
from gpuclf.validation.context import Context, InMemoryCheckpoint
from gpuclf.validation.fold_fitting import FoldFitting
from gpuclf.validation.options import Validation
from gpuclf.validation.plan import make_plan
from gpuclf.validation.progress import ProgressTracker
from gpuclf.validation.setting import Setting

from clips import ONE_CORE, Reported, make_clips
from fence import FENCE

VECTORS = make_clips(n_classes=3, clips=6)
FEW = {"folds": 3, "repeats": 1}


@pytest.fixture
def work(monkeypatch):
    """Count fits of the library and kernel matrices; list values of C or nu and folds."""
    counts = {"fits": 0, "kernels": 0, "values": []}
    fit, of = ClipClassifier.fit, KernelMatrix.of.__func__

    def count_fit(self, X, y, **weights):
        counts["fits"] += 1
        return fit(self, X, y, **weights)

    def count_kernel(cls, *args, **options):
        counts["kernels"] += 1
        return of(cls, *args, **options)

    def list_values(kernel, folds, n_classes, values, *more):
        counts["values"].append((sorted(values), len(folds)))
        return solve_folds(kernel, folds, n_classes, values, *more)

    monkeypatch.setattr(ClipClassifier, "fit", count_fit)
    monkeypatch.setattr(KernelMatrix, "of", classmethod(count_kernel))
    monkeypatch.setattr(fold_solvers, "solve_folds", list_values)
    return counts


def grid(grid, vectors=VECTORS, **classifier):
    clf = ClipClassifier(backend=ONE_CORE, **classifier)
    return cross_validate_grid(clf, vectors, grid, **FEW)


@pytest.mark.parametrize(
    ("classifier", "choices", "different"),
    [
        ({}, {"gamma": [0.1, 1, 10], "C": [1, 10]}, 2),
        ({"svm_type": "nu"}, {"C": [1, 10, 100], "nu": [0.2, 0.3]}, 2),
        ({}, {"C": [1, 1.0]}, 1),
        ({}, {"svm_type": ["C", "linear"], "kernel": ["linear", "rbf"]}, 3),
        ({}, {"kernel": ["linear", "rbf"], "gamma": [0.1, 1.0]}, 3),
    ],
)
def test_equal_settings_are_fitted_once(work, classifier, choices, different):
    points = grid(choices, solver="library", **classifier)
    assert len(points) == np.prod([len(values) for values in choices.values()])
    assert work["fits"] == 3 * different
    for point in points:
        alone = cross_validate(
            ClipClassifier(
                backend=ONE_CORE, solver="library", **{**classifier, **point.parameters}
            ),
            VECTORS,
            **FEW,
        )
        np.testing.assert_array_equal(point.result.scores, alone.scores)


def test_shared_solver_solves_all_values_over_one_kernel_matrix(work):
    grid({"C": [1, 0.1, 10], "gamma": [0.1, 1.0], "nu": [0.1, 0.2]}, kernel="rbf")
    assert work["kernels"] == 1 and work["fits"] == 0
    assert work["values"] == [([0.1, 1, 10], 3)] * 2


@pytest.mark.parametrize(
    ("choices", "kernels"),
    [
        ({"class_weight": [None, "balanced"], "svm_type": ["C", "nu"]}, 1),
        ({"scale": ["minmax", "std"], "C": [1, 2]}, 2),
        ({"kernel": ["rbf", "linear"], "gamma": [1.0, 2.0]}, 2),
        # Settings with one kernel matrix are fitted consecutively, whatever the order of the grid.
        ({"svm_type": ["C", "nu"], "kernel": ["rbf", "linear"], "scale": ["std", "none"]}, 4),
    ],
)
def test_settings_share_kernel_matrices(work, choices, kernels):
    grid(choices, nu=0.2)
    assert work["kernels"] == kernels


def fit_twice(checkpoint=None, backend=ONE_CORE, **classifier):
    """Call one `FoldFitting` twice, as permutation tests and guided searches do."""
    clf = ClipClassifier(backend=backend, **classifier)
    plan = make_plan(VECTORS, [3], [clf.spec], Validation(**FEW))
    context = Context(backend=backend, checkpoint=checkpoint)
    fit = FoldFitting(plan, context, ProgressTracker(context, 6, 3))
    return [fit([Setting(clf, VECTORS)], plan.folds)[0] for _ in range(2)]


def test_last_kernel_matrix_is_kept(work):
    first, second = fit_twice()
    assert work["kernels"] == 1 and len(work["values"]) == 2
    assert [one.score for one in first.folds] == [one.score for one in second.folds]


def test_kept_kernel_matrix_does_not_change_the_choice_of_the_solver(work):
    """The kept matrix reduces the free memory, but the next call reuses it."""
    planned = 1.3 * 4 * 54**2
    backend = replace(ONE_CORE, free_memory=lambda: planned * 1.1 - 4 * 54**2 * work["kernels"])
    for solver in ("auto", "shared"):
        work["kernels"] = 0
        assert [one.solver for one in fit_twice(backend=backend, solver=solver)] == ["shared"] * 2


# Completed folds.


def validated(vectors=VECTORS, checkpoint=None, classifier=None, **validation):
    checkpoint = InMemoryCheckpoint() if checkpoint is None else checkpoint
    clf = ClipClassifier(backend=ONE_CORE, **(classifier or {}))
    result = cross_validate(clf, vectors, checkpoint=checkpoint, **{**FEW, **validation})
    return result, checkpoint


@pytest.mark.parametrize("solver", ["shared", "library"])
def test_completed_folds_are_not_fitted_again_and_give_the_same_result(work, solver):
    first, checkpoint = validated(classifier={"solver": solver})
    assert len(checkpoint) == 3 and json.dumps(checkpoint, allow_nan=False)
    shared = {"fits": 0, "kernels": 1, "values": [([1.0], 3)]}
    assert work == (shared if solver == "shared" else {"fits": 3, "kernels": 0, "values": []})
    before = json.dumps(work)
    reported = Reported()
    second, _ = validated(checkpoint=checkpoint, classifier={"solver": solver}, progress=reported)
    assert json.dumps(work) == before and reported.counts("folds") == [(1, 3), (2, 3), (3, 3)]
    assert [progress.fold.fold.number for progress in reported.of("folds")] == [0, 1, 2]
    expected, got = first.to_dict(), second.to_dict()
    del expected["seconds"], got["seconds"]
    assert expected == got


def test_only_missing_folds_are_fitted(work):
    first, checkpoint = validated(folds=5)
    for name in list(checkpoint)[1:4]:
        del checkpoint[name]
    work["values"].clear()
    second, _ = validated(checkpoint=checkpoint, folds=5)
    assert work["values"] == [([1.0], 3)] and len(checkpoint) == 5
    np.testing.assert_array_equal(first.scores, second.scores)


OTHER_RUNS = {
    "X": {"vectors": replace(VECTORS, X=VECTORS.X * np.float32(1.5))},
    "shape": {"vectors": replace(VECTORS, X=VECTORS.X.transpose(0, 2, 1))},
    "labels' names": {"vectors": replace(VECTORS, labels=("a", "b", "c"))},
    "classes": {"vectors": replace(VECTORS, y=VECTORS.y[::-1])},
    "C": {"classifier": {"C": 2.0}},
    "kernel": {"classifier": {"kernel": "rbf"}},
    "scale": {"classifier": {"scale": "std"}},
    "class weights": {"classifier": {"class_weight": "balanced"}},
    "solver": {"classifier": {"solver": "library"}},
    "seed": {"seed": 7},
    "voting": {"majority_voting": False},
    "protocol": {"protocol": "thesis"},
}


@pytest.mark.parametrize("other", OTHER_RUNS.values(), ids=OTHER_RUNS)
def test_folds_of_another_run_are_not_used(other):
    _, checkpoint = validated()
    before = set(checkpoint)
    fresh, _ = validated(**other)
    mixed, checkpoint = validated(checkpoint=checkpoint, **other)
    assert len(set(checkpoint) - before) == 3
    np.testing.assert_array_equal(fresh.scores, mixed.scores)


def test_unused_parameters_do_not_change_the_name_of_a_result():
    _, checkpoint = validated()
    for same in (
        {"classifier": {"gamma": 7.0}},
        {"classifier": {"nu": 0.1}},
        {"classifier": {"C": 1}},
        {"vectors": replace(VECTORS, ids=VECTORS.ids[::-1])},
        {"vectors": replace(VECTORS, X=VECTORS.X.copy(), seconds={"read": 1.0})},
    ):
        validated(checkpoint=checkpoint, **same)
        assert len(checkpoint) == 3


def test_progress_counts_duplicate_and_completed_folds():
    for checkpoint in (None, InMemoryCheckpoint()):
        for _ in range(2):
            reported = Reported()
            cross_validate_grid(
                ClipClassifier(backend=ONE_CORE),
                VECTORS,
                {"gamma": [0.1, 1.0], "C": [1, 10], "kernel": ["linear", "rbf"]},
                checkpoint=checkpoint,
                progress=reported,
                **FEW,
            )
            problems = reported.counts("problems")
            assert reported.counts("folds") == [(number, 24) for number in range(1, 25)]
            assert all(done <= total == 24 * 3 for done, total in problems)
            assert problems == sorted(problems)
            if not checkpoint:
                assert problems[-1] == (72, 72)


@pytest.mark.parametrize("solver", ["library", "shared"])
def test_device_arrays_give_the_same_result_as_host_arrays(solver):
    options = {**FEW, "split": "stratified-kfold"}
    classifiers = [ClipClassifier(backend=b, solver=solver) for b in (ONE_CORE, FENCE)]
    for protocol in ({}, {"protocol": "thesis"}, {"protocol": "thesis", "majority_voting": False}):
        one, other = (
            cross_validate(clf, VECTORS, permutations=2, **options, **protocol)
            for clf in classifiers
        )
        np.testing.assert_array_equal(one.scores, other.scores)
        np.testing.assert_array_equal(one.permuted, other.permuted)
        np.testing.assert_array_equal(one.clips.votes, other.clips.votes)
    searches = [
        nested_search(clf, VECTORS, {"C": [0.1, 1]}, inner=2, **options) for clf in classifiers
    ]
    np.testing.assert_array_equal(*(search.inner_scores for search in searches))
