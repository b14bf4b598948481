"""Fitting: what is the same is computed once, what is finished is taken from where it is kept."""

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
    """What is computed: fits of the library, kernel matrices, and values along a path of folds."""
    done = {"fits": 0, "kernels": 0, "values": []}
    fit, of = ClipClassifier.fit, KernelMatrix.of.__func__

    def count_fit(self, X, y):
        done["fits"] += 1
        return fit(self, X, y)

    def count_kernel(cls, *args, **options):
        done["kernels"] += 1
        return of(cls, *args, **options)

    def note_values(kernel, folds, n_classes, values, *more):
        done["values"].append((sorted(values), len(folds)))
        return solve_folds(kernel, folds, n_classes, values, *more)

    monkeypatch.setattr(ClipClassifier, "fit", count_fit)
    monkeypatch.setattr(KernelMatrix, "of", classmethod(count_kernel))
    monkeypatch.setattr(fold_solvers, "solve_folds", note_values)
    return done


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
def test_settings_that_are_the_same_are_fitted_once(work, classifier, choices, different):
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


def test_the_shared_solver_goes_from_value_to_value_over_one_kernel_matrix(work):
    grid({"C": [1, 0.1, 10], "gamma": [0.1, 1.0], "nu": [0.1, 0.2]}, kernel="rbf")
    assert work["kernels"] == 1 and work["fits"] == 0
    assert work["values"] == [([0.1, 1, 10], 3)] * 2


@pytest.mark.parametrize(
    ("choices", "kernels"),
    [
        ({"class_weight": [None, "balanced"], "svm_type": ["C", "nu"]}, 1),
        ({"scale": ["minmax", "std"], "C": [1, 2]}, 2),
        ({"kernel": ["rbf", "linear"], "gamma": [1.0, 2.0]}, 2),
        # Settings of one kernel matrix are fitted one after the other, however the grid runs.
        ({"svm_type": ["C", "nu"], "kernel": ["rbf", "linear"], "scale": ["std", "none"]}, 4),
    ],
)
def test_a_kernel_matrix_serves_all_settings_that_have_it(work, choices, kernels):
    grid(choices, nu=0.2)
    assert work["kernels"] == kernels


def fit_twice(finished=None, backend=ONE_CORE, **classifier):
    """Fit in one go after the other, as permutations and guided searches do."""
    clf = ClipClassifier(backend=backend, **classifier)
    plan = make_plan(VECTORS, [3], [clf.spec], Validation(**FEW))
    context = Context(backend=backend, checkpoint=finished)
    fit = FoldFitting(plan, context, ProgressTracker(context, 6, 3))
    return [fit([Setting(clf, VECTORS)], plan.folds)[0] for _ in range(2)]


def test_the_last_kernel_matrix_is_kept(work):
    first, second = fit_twice()
    assert work["kernels"] == 1 and len(work["values"]) == 2
    assert [one.score for one in first.folds] == [one.score for one in second.folds]


def test_a_kernel_matrix_that_is_kept_does_not_crowd_out_the_next_run(work):
    """The matrix takes the room that was free before, but it is there for the next run as well."""
    wanted = 1.3 * 4 * 54**2
    backend = replace(ONE_CORE, free_memory=lambda: wanted * 1.1 - 4 * 54**2 * work["kernels"])
    for solver in ("auto", "shared"):
        work["kernels"] = 0
        assert [one.solver for one in fit_twice(backend=backend, solver=solver)] == ["shared"] * 2


# What is finished.


def kept(vectors=VECTORS, finished=None, classifier=None, **validation):
    finished = InMemoryCheckpoint() if finished is None else finished
    clf = ClipClassifier(backend=ONE_CORE, **(classifier or {}))
    result = cross_validate(clf, vectors, checkpoint=finished, **{**FEW, **validation})
    return result, finished


@pytest.mark.parametrize("solver", ["shared", "library"])
def test_finished_folds_are_not_fitted_again_and_give_the_same_result(work, solver):
    first, finished = kept(classifier={"solver": solver})
    assert len(finished) == 3 and json.dumps(finished, allow_nan=False)
    shared = {"fits": 0, "kernels": 1, "values": [([1.0], 3)]}
    assert work == (shared if solver == "shared" else {"fits": 3, "kernels": 0, "values": []})
    done = json.dumps(work)
    told = Reported()
    again, _ = kept(finished=finished, classifier={"solver": solver}, progress=told)
    assert json.dumps(work) == done and told.counts("folds") == [(1, 3), (2, 3), (3, 3)]
    assert [one.fold.fold.number for one in told.of("folds")] == [0, 1, 2]
    same, here = first.to_dict(), again.to_dict()
    del same["seconds"], here["seconds"]
    assert same == here


def test_only_what_is_missing_is_fitted(work):
    first, finished = kept(folds=5)
    for name in list(finished)[1:4]:
        del finished[name]
    work["values"].clear()
    again, _ = kept(finished=finished, folds=5)
    assert work["values"] == [([1.0], 3)] and len(finished) == 5
    np.testing.assert_array_equal(first.scores, again.scores)


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
def test_nothing_is_taken_from_another_run(other):
    _, finished = kept()
    before = set(finished)
    fresh, _ = kept(**other)
    mixed, finished = kept(finished=finished, **other)
    assert len(set(finished) - before) == 3
    np.testing.assert_array_equal(fresh.scores, mixed.scores)


def test_what_has_no_part_in_a_result_has_none_in_its_name():
    _, finished = kept()
    for same in (
        {"classifier": {"gamma": 7.0}},
        {"classifier": {"nu": 0.1}},
        {"classifier": {"C": 1}},
        {"vectors": replace(VECTORS, ids=VECTORS.ids[::-1])},
        {"vectors": replace(VECTORS, X=VECTORS.X.copy(), seconds={"read": 1.0})},
    ):
        kept(finished=finished, **same)
        assert len(finished) == 3


def test_progress_reaches_its_end_whatever_is_the_same_or_finished_already():
    for finished in (None, InMemoryCheckpoint()):
        for _ in range(2):
            told = Reported()
            cross_validate_grid(
                ClipClassifier(backend=ONE_CORE),
                VECTORS,
                {"gamma": [0.1, 1.0], "C": [1, 10], "kernel": ["linear", "rbf"]},
                checkpoint=finished,
                progress=told,
                **FEW,
            )
            problems = told.counts("problems")
            assert told.counts("folds") == [(number, 24) for number in range(1, 25)]
            assert all(done <= total == 24 * 3 for done, total in problems)
            assert problems == sorted(problems)
            if not finished:
                assert problems[-1] == (72, 72)


@pytest.mark.parametrize("solver", ["library", "shared"])
def test_all_of_it_runs_behind_the_fence(solver):
    """And gives what the CPU gives."""
    options = {**FEW, "split": "stratified-kfold"}
    here, there = (ClipClassifier(backend=backend, solver=solver) for backend in (ONE_CORE, FENCE))
    for how in ({}, {"protocol": "thesis"}, {"protocol": "thesis", "majority_voting": False}):
        one, other = (
            cross_validate(clf, VECTORS, permutations=2, **options, **how) for clf in (here, there)
        )
        np.testing.assert_array_equal(one.scores, other.scores)
        np.testing.assert_array_equal(one.permuted, other.permuted)
        np.testing.assert_array_equal(one.clips.votes, other.clips.votes)
    found = [
        nested_search(clf, VECTORS, {"C": [0.1, 1]}, inner=2, **options) for clf in (here, there)
    ]
    np.testing.assert_array_equal(*(one.inner_scores for one in found))
