"""Nested search against an independent one, written here in plain NumPy and scikit-learn."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest
from gpuclf import ClipClassifier, cross_validate, nested_search
from gpuclf.backend import interface
from gpuclf.errors import InputError
from gpuclf.metrics.intervals import paired_test
from gpuclf.tuning.nested import first_best
from gpuclf.tuning.space import Choice, Range
from gpuclf.validation.context import InMemoryCheckpoint
from gpuclf.validation.fold_fitting import FoldFitting
from gpuclf.validation.options import Validation
from gpuclf.validation.plan import make_plan
from sklearn import config_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold, ParameterGrid, StratifiedGroupKFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler
from sklearn.svm import SVC, LinearSVC, NuSVC

from clips import ONE_CORE, Reported, make_clips

CLF = ClipClassifier(backend=ONE_CORE)
SCALERS = {"minmax": MinMaxScaler, "std": StandardScaler, "none": FunctionTransformer}
USUAL = {"svm_type": "C", "kernel": "linear", "C": 1.0, "nu": 0.5, "gamma": "scale"}


def with_solver(solver):
    return ClipClassifier(backend=ONE_CORE, solver=solver)


def reference_score(vectors, train, test, scale="minmax", voting=True, **svm):
    """Accuracy of one setting in one fold."""
    svm = {**USUAL, **svm}
    kernel = {"kernel": svm["kernel"], "gamma": svm["gamma"], "tol": interface.TOLERANCE}
    learner = {
        "C": lambda: SVC(C=svm["C"], **kernel),
        "nu": lambda: NuSVC(nu=svm["nu"], **kernel),
        "linear": lambda: LinearSVC(C=svm["C"], tol=1e-3, random_state=0),
    }[svm["svm_type"]]()
    X, y = vectors.X.astype(np.float64), vectors.y
    n = X.shape[2]
    model = make_pipeline(SCALERS[scale](), learner)
    with config_context(assume_finite=True, skip_parameter_validation=True):  # half of the time
        model.fit(X[train].reshape(-1, n), np.repeat(y[train], X.shape[1]))
        votes = model.predict(X[test].reshape(-1, n)).reshape(len(test), -1)
    if not voting:
        return np.mean(votes == y[test][:, None])
    return np.mean([np.bincount(ballot).argmax() for ballot in votes] == y[test])


def reference(vectors, points, outer, inner, seed, groups=None, voting=True):
    """Inner means and test scores ``(settings, folds)``, and the setting that each fold chooses."""
    splitter = StratifiedKFold if groups is None else StratifiedGroupKFold
    means, scores = [], []
    for train, test in outer:
        y = vectors.y[train]
        of_train = None if groups is None else groups[train]
        inside = list(splitter(inner, shuffle=True, random_state=seed).split(y, y, of_train))
        means.append(
            [
                np.mean(
                    [
                        reference_score(vectors, train[a], train[b], voting=voting, **point)
                        for a, b in inside
                    ]
                )
                for point in points
            ]
        )
        scores.append(
            [reference_score(vectors, train, test, voting=voting, **point) for point in points]
        )
    means, scores = np.array(means).T, np.array(scores).T
    return means, scores, np.round(means, 9).argmax(axis=0)


GRIDS = {
    "C and scale": {"C": [0.01, 1.0, 30.0], "scale": ["minmax", "std", "none"]},
    "RBF": {"kernel": ["rbf"], "gamma": ["scale", 0.1], "C": [0.3, 10.0]},
    "nu": {"svm_type": ["nu"], "nu": [0.23, 0.41], "kernel": ["linear", "rbf"]},
    "three kinds": {"svm_type": ["C", "nu", "linear"], "nu": [0.29], "scale": ["std"]},
}


@pytest.mark.parametrize("solver", ["library", "auto"])
@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
@pytest.mark.parametrize("voting", [True, False])
def test_inner_scores_choice_and_test_scores_are_those_of_an_independent_search(
    monkeypatch, grid, solver, voting
):
    """To the last digit by the library; the shared solver stops elsewhere within a tolerance.

    It is tightened for both; vectors on an edge between classes may still be called otherwise, so
    that scores differ by a few of them.
    """
    if solver == "auto":
        monkeypatch.setattr(interface, "TOLERANCE", 1e-5)
    vectors = make_clips(clips=10, n=10)  # so many that a small nu finds a margin
    search = nested_search(
        with_solver(solver), vectors, grid, inner=3, split="kfold", folds=3, repeats=2,
        seed=4, majority_voting=voting,
    )  # fmt: skip
    points = list(ParameterGrid(grid))
    assert search.parameters == points
    for repeat in range(2):
        seed = 4 + repeat
        outer = list(KFold(3, shuffle=True, random_state=seed).split(vectors.y))
        means, scores, chosen = reference(vectors, points, outer, 3, seed, voting=voting)
        if solver == "library":
            np.testing.assert_allclose(search.inner_scores[:, repeat], means, rtol=1e-12)
            np.testing.assert_allclose(search.scores[:, repeat], scores, rtol=1e-12)
            np.testing.assert_array_equal(search.chosen[repeat], chosen)
            picked = scores[chosen, np.arange(3)]
            np.testing.assert_allclose(search.result.scores[repeat], picked, rtol=1e-12)
        else:
            assert np.abs(search.inner_scores[:, repeat] - means).max() < 0.03
            assert np.abs(search.inner_scores[:, repeat] - means).mean() < 0.003
            assert np.abs(search.scores[:, repeat] - scores).mean() < 0.01


def test_with_groups_neither_loop_parts_one():
    vectors = make_clips(clips=12)
    groups = vectors.y * 6 + np.arange(36) % 6
    grid = {"C": [0.01, 1.0]}
    search = nested_search(
        with_solver("library"),
        replace(vectors, groups=groups),
        grid,
        inner=2,
        split="stratified-kfold",
        folds=3,
        repeats=1,
        seed=2,
    )
    y = vectors.y
    outer = StratifiedGroupKFold(3, shuffle=True, random_state=2).split(y, y, groups)
    points = [{"C": 0.01}, {"C": 1.0}]
    means, scores, chosen = reference(vectors, points, list(outer), 2, 2, groups)
    np.testing.assert_allclose(search.inner_scores[:, 0], means)
    np.testing.assert_allclose(search.scores[:, 0], scores)
    np.testing.assert_array_equal(search.chosen[0], chosen)


# The choice, and what the search is worth.


def search_of(vectors=None, grid=None, **options):
    grid = {"C": [0.001, 0.1, 10.0], "scale": ["std", "minmax"]} if grid is None else grid
    vectors = make_clips(clips=9) if vectors is None else vectors
    options = {"folds": 3, "repeats": 2, "inner": 3, "split": "kfold", **options}
    return nested_search(options.pop("clf", CLF), vectors, grid, **options)


def test_ties_go_to_the_setting_that_comes_first():
    easy = make_clips(apart=20.0)
    for values in ([1.0, 2.0, 3.0], [3.0, 2.0, 1.0]):
        search = search_of(easy, {"C": values})
        assert (search.inner_scores == 1).all() and (search.chosen == 0).all()
        assert search.best == {"C": values[0]}
    assert first_best([0.1 + 0.2, 0.3]) == 0 == first_best([0.3, 0.1 + 0.2])
    assert first_best([np.nan, 0.2, 0.5, 0.5]) == 2


def test_flat_is_the_setting_with_the_best_mean_on_the_test_clips():
    by_inner_folds = []
    for seed in range(6):
        vectors = make_clips(clips=9, apart=0.5, seed=seed)
        search = search_of(vectors)
        means = search.scores.mean(axis=(1, 2))
        assert search.flat.accuracy == means.max()
        assert search.best_on_test == search.parameters[means.argmax()]
        np.testing.assert_array_equal(search.flat.scores, search.scores[means.argmax()])
        by_inner_folds.append(search.best == search.parameters[means.argmax()])
    assert not all(by_inner_folds)  # which would choose another one
    best = ClipClassifier(backend=ONE_CORE, **search.parameters[means.argmax()])
    alone = cross_validate(best, vectors, folds=3, repeats=2, split="kfold")
    assert abs(alone.accuracy - search.flat.accuracy) < 0.02  # another start, the same tolerance
    assert search.headline() is search.result and search.headline(flat=True) is search.flat


def test_every_fold_is_scored_with_the_setting_that_it_chose():
    search = search_of()
    for repeat, number in np.ndindex(2, 3):
        chosen = search.chosen[repeat, number]
        assert chosen == search.inner_scores[:, repeat, number].argmax()
        assert search.result.scores[repeat, number] == search.scores[chosen, repeat, number]


def test_the_setting_for_all_clips_is_chosen_by_folds_of_all_of_them():
    search = search_of()
    vectors, points = make_clips(clips=9), search.parameters
    folds = StratifiedKFold(3, shuffle=True, random_state=0).split(vectors.y, vectors.y)
    folds = list(folds)
    means = [
        np.mean([reference_score(vectors, train, test, **point) for train, test in folds])
        for point in points
    ]
    np.testing.assert_allclose(search.whole, means, atol=0.04)  # a clip of 27
    assert search.best == points[search.whole.argmax()]


def test_optimism_is_the_mean_difference_of_flat_and_nested():
    search = search_of()
    optimism = search.optimism
    assert optimism.difference == pytest.approx(search.flat.accuracy - search.result.accuracy)
    assert optimism == paired_test(search.flat.scores, search.result.scores, 1 / 2, 0.95)


def test_a_space_of_one_point_is_a_cross_validation():
    search = search_of(grid={"C": [0.1]})
    assert search.parameters == [{"C": 0.1}] and (search.chosen == 0).all()
    assert search.optimism.difference == 0 and search.optimism.p == 1
    np.testing.assert_array_equal(search.flat.scores, search.result.scores)
    alone = cross_validate(
        ClipClassifier(C=0.1, backend=ONE_CORE), make_clips(clips=9), folds=3, repeats=2,
        split="kfold",
    )  # fmt: skip
    assert np.abs(search.result.scores - alone.scores).mean() < 0.02


def test_settings_that_are_the_same_are_fitted_once_and_the_first_is_chosen(monkeypatch):
    fits = []
    real = ClipClassifier.fit
    monkeypatch.setattr(
        ClipClassifier, "fit", lambda self, X, y: fits.append(self.C) or real(self, X, y)
    )
    grid = {"C": [1.0, 10.0], "gamma": [0.1, 1.0, 10.0]}
    search = search_of(grid=grid, clf=with_solver("library"))
    assert len(fits) == 2 * (6 * (1 + 3) + 3) and search.inner_scores.shape == (6, 2, 3)
    for first in (0, 3):
        np.testing.assert_array_equal(search.inner_scores[first], search.inner_scores[first + 2])
    assert {search.parameters[n]["gamma"] for n in search.chosen.ravel()} == {0.1}


def test_a_plain_value_of_the_grid_may_be_anything_that_the_classifier_takes():
    search = search_of(grid={"C": np.array([1, 10]), "class_weight": [None, "balanced"]})
    assert len(search.parameters) == 4


# Random and guided search.


def test_a_random_search_tries_different_points_within_their_ranges():
    space = {"C": Range(0.01, 100, log=True), "scale": Choice(("std", "minmax"))}
    search, again = (search_of(grid=space, method="random", trials=6) for _ in range(2))
    values = [point["C"] for point in search.parameters]
    assert len(set(values)) == 6 and all(0.01 <= C <= 100 for C in values)
    assert search.parameters == again.parameters and search.flat is not None
    np.testing.assert_array_equal(search.result.scores, again.result.scores)
    assert not np.isnan(search.scores).any()


def test_a_guided_search_repeats_itself_and_finds_a_good_c():
    """Vectors of whom the classes lie close: only a large C, not scaled, tells them apart."""
    rng = np.random.default_rng(0)
    vectors = make_clips(n_classes=2, clips=12, per_clip=2, n=2)
    X = 0.1 * rng.normal(size=vectors.X.shape)
    X[..., 0] += 0.02 * vectors.y[:, None] + 0.001 * rng.normal(size=(24, 2)) - X[..., 0]
    vectors = replace(vectors, X=X.astype(np.float32))
    clf = ClipClassifier(scale="none", backend=ONE_CORE)
    space = {"C": Range(1e-4, 1e5, log=True)}
    options = {"method": "guided", "trials": 14, "folds": 3, "repeats": 1, "inner": 3}
    search, again = (search_of(vectors, space, clf=clf, **options) for _ in range(2))
    assert search.parameters == again.parameters
    np.testing.assert_array_equal(search.chosen, again.chosen)
    assert search.result.accuracy > 0.9 and search.best["C"] > 100
    assert cross_validate(clf, vectors, folds=3, repeats=1, split="kfold").accuracy < 0.8
    other = search_of(vectors, space, clf=clf, seed=1, **options)
    assert other.parameters != search.parameters


def test_a_guided_search_tests_what_is_chosen_and_nothing_else():
    space = {"C": Range(1e-3, 10, log=True)}
    told = Reported()
    search = search_of(grid=space, method="guided", trials=5, repeats=1, progress=told)
    assert search.flat is None and search.optimism is None and search.best_on_test is None
    assert search.headline(flat=True) is search.result
    tried = ~np.isnan(search.inner_scores)
    assert (tried.sum(axis=0) == 5).all()  # trials of every fold
    for setting, _, number in zip(*np.nonzero(~np.isnan(search.scores)), strict=True):
        assert search.chosen[0, number] == setting
    assert (~np.isnan(search.scores)).sum() == 3
    folds = told.of("folds")
    assert len(folds) == 3 + 4 * 5 * 3 and {fold.total for fold in folds} == {63}
    assert sum(one.fold.fold.outer is None for one in folds) == 3


def test_a_guide_that_asks_again_for_a_point_has_it_computed_once(monkeypatch):
    fits = []
    real = ClipClassifier.fit
    monkeypatch.setattr(
        ClipClassifier, "fit", lambda self, X, y: fits.append(self.C) or real(self, X, y)
    )
    told = Reported()
    search = search_of(
        grid={"C": [0.1, 1.0]}, method="guided", trials=12, repeats=1,
        clf=with_solver("library"), progress=told,
    )  # fmt: skip
    assert len(search.parameters) == 2 and len(fits) <= 2 * 4 * 3 + 3
    assert len(told.of("folds")) == 3 + 4 * 12 * 3


def test_without_optuna_a_guided_search_says_so_before_anything_is_made(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)

    def make(*args):
        raise AssertionError("made")

    monkeypatch.setattr("gpuclf.tuning.search.Setting", make)
    with pytest.raises(InputError, match="expected python -m pip install optuna"):
        search_of(grid={"C": [1, 2]}, method="guided")


# What cannot be done, records, progress.


@pytest.mark.parametrize(
    ("vectors", "grid", "options", "message"),
    [
        (None, {"C": Range(0.1, 1)}, {}, r"grid, C: got the range 0\.1\.\.1, expected values"),
        (None, {}, {}, "grid: got nothing, expected values"),
        (None, {"C": []}, {}, "choice: got no values"),
        (None, {"c": [1]}, {}, "grid: got 'c', expected one of C, class_weight"),
        (None, {"backend": ["cpu"]}, {}, "grid: got 'backend', expected one of C, class_weight"),
        (None, {"C": [1, -1]}, {}, "C: got -1, expected a number above 0"),
        (None, {"svm_type": ["C", "nu"], "nu": [0.1, 0.99]}, {}, "nu: got 0.99, expected at most"),
        (None, {"C": [1]}, {"inner": 1}, "inner: got 1, expected at least 2"),
        (None, {"C": [1]}, {"method": "best"}, "method: got 'best', expected one of grid"),
        (
            make_clips(clips=9, groups=np.arange(27) % 4),
            {"C": [1]},
            {"split": "kfold", "folds": 4, "inner": 4},
            "^fold 1 of repeat 1, inner folds: got 4, expected 2 to 3, the number of groups",
        ),
        (
            make_clips(clips=4),
            {"C": [1]},
            {"folds": 2, "inner": 5},
            "^fold 1 of repeat 1, inner split 'stratified-kfold': n_splits=5 cannot be greater",
        ),
        (
            make_clips(clips=9),
            {"svm_type": ["linear"], "C": [1]},
            {"clf": with_solver("shared")},
            "solver: got 'shared' for a LinearSVC",
        ),
    ],
)
def test_what_cannot_be_searched_is_refused_before_anything_is_fitted(
    monkeypatch, vectors, grid, options, message
):
    def fit(self, path, folds):
        raise AssertionError("fitted")

    monkeypatch.setattr(FoldFitting, "_fit", fit)
    with pytest.raises(InputError, match=message):
        search_of(vectors, grid, **options)


def test_a_class_of_fewer_clips_than_inner_folds_is_passed_over():
    vectors = make_clips(clips=9)
    y = np.where(np.arange(27) < 4, 0, 1 + np.arange(27) % 2)
    search = search_of(replace(vectors, y=y), split="stratified-kfold", folds=2, inner=5, repeats=1)
    assert np.isfinite(search.inner_scores).all()


def test_several_n_vectors_cannot_be_searched_where_single_vectors_are_split():
    some = {V: make_clips(per_clip=V) for V in (2, 4)}
    with pytest.raises(InputError, match="n_vectors: got several values, expected one"):
        make_plan(
            some[2], list(some), [CLF.spec], Validation(protocol="thesis", majority_voting=False)
        )


@pytest.mark.parametrize("method", ["grid", "random", "guided"])
@pytest.mark.parametrize("options", [{}, {"folds": 1, "repeats": 1, "split": "shuffle"}])
def test_a_search_is_strict_json(method, options):
    space = {"C": np.array([1, 10]), "scale": ["std", "none"], "class_weight": [{"rock": 2.0}]}
    search = search_of(grid=space, method=method, trials=3, **options)
    written = json.loads(json.dumps(search.to_dict(), allow_nan=False))
    assert written["method"] == method and written["inner"] == 3
    assert written["nested_accuracy"] == search.result.accuracy
    assert sum(one["chosen"] for one in written["settings"]) == search.chosen.size
    assert written["best"] == {**search.best, "C": float(search.best["C"])}
    assert (written["flat_accuracy"] is None) == (method == "guided")
    assert (written["optimism"] is None) == (method == "guided")
    for one, inner in zip(written["settings"], search.inner_scores, strict=True):
        expected = np.where(np.isnan(inner), None, inner).tolist()
        assert one["inner_scores"] == expected


def test_a_search_says_what_it_is():
    assert repr(search_of(make_clips(apart=20.0), {"C": [1.0, 2.0]})) == (
        "<accuracy 100.0% +/- 0.0% over 2 x 3 folds, chance 33.3%, nested, 2 settings>"
    )


@pytest.mark.parametrize("method", ["grid", "guided"])
def test_a_search_that_goes_on_where_it_was_ends_with_the_same(method):
    space = {"C": [0.001, 0.1, 10.0], "scale": ["std", "minmax"]}
    finished = InMemoryCheckpoint()
    whole = search_of(grid=space, method=method, trials=5, checkpoint=finished)
    for name in list(finished)[::2]:
        del finished[name]
    again = search_of(grid=space, method=method, trials=5, checkpoint=finished)
    assert again.to_dict() == whole.to_dict()
    np.testing.assert_array_equal(again.result.clips.votes, whole.result.clips.votes)


def test_folds_are_told_of_inner_ones_as_well():
    told = Reported()
    search_of(grid={"C": [0.1, 1.0]}, repeats=1, progress=told)
    brief = [one.fold.fold.brief for one in told.of("folds")]
    assert told.counts("folds") == [(number, 30) for number in range(1, 31)]
    assert brief.count(False) == 6 and brief.count(True) == 24
    assert told.counts("problems")[-1] == (30 * 3, 30 * 3)


def test_svms_that_did_not_converge_are_told_of_in_inner_folds_too(monkeypatch):
    monkeypatch.setattr(interface, "SHARED_ITERATIONS", 2)
    with pytest.warns(ConvergenceWarning, match="in 15 of 15 folds, first in fold 1 of repeat 1"):
        search_of(grid={"C": [10.0]}, repeats=1)


def test_a_class_that_a_fold_lacks_is_told_of():
    vectors = make_clips()
    folds = np.where(vectors.y == 0, 0, np.arange(24) % 3)
    with pytest.warns(UserWarning, match="fold 1 of repeat 1 has no clip of class 'blues'"):
        search_of(replace(vectors, folds=folds), split="predefined")
