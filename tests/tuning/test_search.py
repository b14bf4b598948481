"""Nested search, compared with an independent implementation in NumPy and scikit-learn."""

import json
import sys
from dataclasses import astuple, replace

import numpy as np
import pytest
from gpuclf import ClipClassifier, cross_validate, nested_search
from gpuclf.backend import interface
from gpuclf.errors import InputError
from gpuclf.metrics.intervals import paired_test
from gpuclf.tuning.nested import best_index
from gpuclf.tuning.space import Choice, Range
from gpuclf.validation.context import InMemoryCheckpoint
from gpuclf.validation.fold_fitting import FoldFitting
from gpuclf.validation.options import Validation
from gpuclf.validation.plan import make_plan
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import recall_score
from sklearn.model_selection import KFold, ParameterGrid, StratifiedGroupKFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler
from sklearn.svm import SVC, LinearSVC, NuSVC

from clips import ONE_CORE, Reported, make_clips

CLF = ClipClassifier(backend=ONE_CORE)
SCALERS = {"minmax": MinMaxScaler, "std": StandardScaler, "none": FunctionTransformer}
DEFAULTS = {"svm_type": "C", "kernel": "linear", "C": 1.0, "nu": 0.5, "gamma": "scale"}


def classifier(solver):
    return ClipClassifier(backend=ONE_CORE, solver=solver)


def reference_score(vectors, train, test, scale="minmax", voting=True, **svm):
    """Return the accuracy of one setting in one fold."""
    svm = {**DEFAULTS, **svm}
    kernel = {"kernel": svm["kernel"], "gamma": svm["gamma"], "tol": interface.TOLERANCE}
    svm_classifier = {
        "C": lambda: SVC(C=svm["C"], **kernel),
        "nu": lambda: NuSVC(nu=svm["nu"], **kernel),
        "linear": lambda: LinearSVC(C=svm["C"], tol=1e-3, random_state=0),
    }[svm["svm_type"]]()
    X, y = vectors.X.astype(np.float64), vectors.y
    n = X.shape[2]
    model = make_pipeline(SCALERS[scale](), svm_classifier)
    with config_context(assume_finite=True, skip_parameter_validation=True):  # twice as fast
        model.fit(X[train].reshape(-1, n), np.repeat(y[train], X.shape[1]))
        votes = model.predict(X[test].reshape(-1, n)).reshape(len(test), -1)
    if not voting:
        return np.mean(votes == y[test][:, None])
    return np.mean([np.bincount(row).argmax() for row in votes] == y[test])


def reference(vectors, points, outer, inner, seed, groups=None, voting=True):
    """Return inner means and test scores ``(settings, folds)`` and the choice of each fold."""
    splitter = StratifiedKFold if groups is None else StratifiedGroupKFold
    means, scores = [], []
    for train, test in outer:
        y = vectors.y[train]
        of_train = None if groups is None else groups[train]
        inner_folds = list(splitter(inner, shuffle=True, random_state=seed).split(y, y, of_train))
        means.append(
            [
                np.mean(
                    [
                        reference_score(vectors, train[a], train[b], voting=voting, **point)
                        for a, b in inner_folds
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
def test_scores_and_choices_equal_those_of_an_independent_search(monkeypatch, grid, solver, voting):
    """Exact for the library solver; the shared solver converges to another point in the tolerance.

    With a lower tolerance for both, only the predictions of a few vectors near a decision boundary
    differ.
    """
    if solver == "auto":
        monkeypatch.setattr(interface, "TOLERANCE", 1e-5)
    vectors = make_clips(clips=10, n=10)  # enough for a feasible small nu
    search = nested_search(
        classifier(solver), vectors, grid, inner=3, split="kfold", folds=3, repeats=2,
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
            chosen_scores = scores[chosen, np.arange(3)]
            np.testing.assert_allclose(search.result.scores[repeat], chosen_scores, rtol=1e-12)
        else:
            assert np.abs(search.inner_scores[:, repeat] - means).max() < 0.03
            assert np.abs(search.inner_scores[:, repeat] - means).mean() < 0.003
            assert np.abs(search.scores[:, repeat] - scores).mean() < 0.01


def test_groups_are_split_neither_by_outer_nor_by_inner_folds():
    vectors = make_clips(clips=12)
    groups = vectors.y * 6 + np.arange(36) % 6
    grid = {"C": [0.01, 1.0]}
    search = nested_search(
        classifier("library"),
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


# Choice of the setting; nested and flat scores.


def search_of(vectors=None, grid=None, **options):
    grid = {"C": [0.001, 0.1, 10.0], "scale": ["std", "minmax"]} if grid is None else grid
    vectors = make_clips(clips=9) if vectors is None else vectors
    options = {"folds": 3, "repeats": 2, "inner": 3, "split": "kfold", **options}
    return nested_search(options.pop("clf", CLF), vectors, grid, **options)


def test_ties_go_to_the_first_setting():
    easy = make_clips(apart=20.0)
    for values in ([1.0, 2.0, 3.0], [3.0, 2.0, 1.0]):
        search = search_of(easy, {"C": values})
        assert (search.inner_scores == 1).all() and (search.chosen == 0).all()
        assert search.best == {"C": values[0]}
    assert best_index([0.1 + 0.2, 0.3]) == 0 == best_index([0.3, 0.1 + 0.2])
    assert best_index([np.nan, 0.2, 0.5, 0.5]) == 2


def test_flat_result_is_that_of_the_best_mean_score_on_the_test_clips():
    by_inner_folds = []
    for seed in range(6):
        vectors = make_clips(clips=9, apart=0.5, seed=seed)
        search = search_of(vectors)
        means = search.scores.mean(axis=(1, 2))
        assert search.flat.accuracy == pytest.approx(means.max(), rel=1e-14)
        assert search.best_on_test == search.parameters[means.argmax()]
        np.testing.assert_array_equal(search.flat.scores, search.scores[means.argmax()])
        by_inner_folds.append(search.best == search.parameters[means.argmax()])
    assert not all(by_inner_folds)  # otherwise, the two choices could not be distinguished
    best = ClipClassifier(backend=ONE_CORE, **search.parameters[means.argmax()])
    alone = cross_validate(best, vectors, folds=3, repeats=2, split="kfold")
    assert abs(alone.accuracy - search.flat.accuracy) < 0.02  # other initial values, same tolerance
    assert search.headline() is search.result and search.headline(flat=True) is search.flat


def test_the_data_frame_has_a_row_per_setting_and_ranks_the_best_first():
    grid = {"C": [1e-6, 0.1, 1], "kernel": ["linear", "rbf"]}
    found = nested_search(CLF, make_clips(), grid, folds=3, repeats=2, inner=2)
    frame = found.to_frame()
    settings = frame[["param_C", "param_kernel"]].to_dict("records")
    assert settings == [
        {f"param_{name}": value for name, value in point.items()} for point in found.parameters
    ]
    np.testing.assert_allclose(frame["mean_inner_score"], found.inner_scores.mean(axis=(1, 2)))
    np.testing.assert_allclose(frame["mean_test_score"], found.scores.mean(axis=(1, 2)))
    np.testing.assert_allclose(frame["std_test_score"], found.scores.std(axis=(1, 2)))
    assert frame["times_chosen"].sum() == found.chosen.size
    assert sorted(frame["rank_all_clips_score"]) == [1, 2, 3, 4, 5, 6]
    best = frame[frame["rank_all_clips_score"] == 1].iloc[0]
    assert {"C": best["param_C"], "kernel": best["param_kernel"]} == found.best


def test_scores_of_settings_that_were_not_evaluated_are_nan():
    options = {"folds": 3, "repeats": 1, "inner": 2, "method": "guided", "trials": 4}
    found = nested_search(CLF, make_clips(), {"C": Range(0.001, 10)}, **options)
    frame = found.to_frame()
    np.testing.assert_array_equal(
        frame["mean_test_score"].isna(), np.isnan(found.scores).all(axis=(1, 2))
    )


def test_each_fold_is_scored_with_the_setting_that_its_inner_folds_choose():
    search = search_of()
    for repeat, number in np.ndindex(2, 3):
        chosen = search.chosen[repeat, number]
        assert chosen == search.inner_scores[:, repeat, number].argmax()
        assert search.result.scores[repeat, number] == search.scores[chosen, repeat, number]


def test_best_setting_is_chosen_by_folds_of_all_clips():
    search = search_of()
    vectors, points = make_clips(clips=9), search.parameters
    folds = StratifiedKFold(3, shuffle=True, random_state=0).split(vectors.y, vectors.y)
    folds = list(folds)
    means = [
        np.mean([reference_score(vectors, train, test, **point) for train, test in folds])
        for point in points
    ]
    np.testing.assert_allclose(search.whole, means, atol=0.04)  # one clip of 27
    assert search.best == points[search.whole.argmax()]


def test_optimism_is_the_mean_difference_of_flat_and_nested():
    search = search_of()
    optimism = search.optimism
    assert optimism.difference == pytest.approx(search.flat.accuracy - search.result.accuracy)
    expected = paired_test(search.flat.scores, search.result.scores, 1 / 2, 0.95)
    assert astuple(optimism) == pytest.approx(astuple(expected))


def test_settings_are_chosen_by_balanced_accuracy_if_classes_are_imbalanced():
    vectors = replace(make_clips(), y=np.array([0] * 12 + [1] * 7 + [2] * 5))
    options = {"split": "stratified-kfold", "folds": 3, "repeats": 2}
    search = nested_search(CLF, vectors, {"C": [1e-4, 10.0]}, inner=2, **options)
    assert search.metric == search.to_dict()["metric"] == "balanced_accuracy"
    for point, scores in zip(search.parameters, search.scores, strict=True):
        alone = cross_validate(clone(CLF).set_params(**point), vectors, **options)
        recalls = [
            recall_score(one.fold.y[one.fold.test], one.tested.labels, average="macro")
            for one in alone.folds
        ]
        np.testing.assert_allclose(scores.ravel(), recalls)


def test_optimism_is_the_difference_of_the_accuracies_in_folds_of_unequal_sizes():
    vectors = make_clips(clips=9)
    folds = np.empty(27, int)
    folds[np.argsort(vectors.y, kind="stable")] = [0, 0, 0, 0, 0, 0, 1, 2, 3] * 3
    clf = ClipClassifier(backend=ONE_CORE)
    grid = {"C": [0.001, 0.1, 10.0]}
    search = nested_search(clf, replace(vectors, folds=folds), grid, split="predefined")
    difference = search.flat.accuracy - search.result.accuracy
    assert search.optimism.difference == pytest.approx(difference) != 0
    assert search.optimism.low < difference < search.optimism.high


def test_search_of_one_point_equals_a_cross_validation():
    search = search_of(grid={"C": [0.1]})
    assert search.parameters == [{"C": 0.1}] and (search.chosen == 0).all()
    assert search.optimism.difference == 0 and search.optimism.p == 1
    np.testing.assert_array_equal(search.flat.scores, search.result.scores)
    alone = cross_validate(
        ClipClassifier(C=0.1, backend=ONE_CORE), make_clips(clips=9), folds=3, repeats=2,
        split="kfold",
    )  # fmt: skip
    assert np.abs(search.result.scores - alone.scores).mean() < 0.02


def test_equivalent_settings_are_fitted_once_and_the_first_is_chosen(monkeypatch):
    fits = []
    real = ClipClassifier.fit
    monkeypatch.setattr(
        ClipClassifier, "fit", lambda self, X, y, **weights: fits.append(self.C) or real(self, X, y)
    )
    grid = {"C": [1.0, 10.0], "gamma": [0.1, 1.0, 10.0]}
    search = search_of(grid=grid, clf=classifier("library"))
    assert len(fits) == 2 * (6 * (1 + 3) + 3) and search.inner_scores.shape == (6, 2, 3)
    for first in (0, 3):
        np.testing.assert_array_equal(search.inner_scores[first], search.inner_scores[first + 2])
    assert {search.parameters[n]["gamma"] for n in search.chosen.ravel()} == {0.1}


def test_space_accepts_any_iterable_of_values():
    search = search_of(grid={"C": np.array([1, 10]), "class_weight": [None, "balanced"]})
    assert len(search.parameters) == 4


# Random and guided search.


def test_random_search_evaluates_distinct_points_within_the_ranges():
    space = {"C": Range(0.01, 100, log=True), "scale": Choice(("std", "minmax"))}
    search, again = (search_of(grid=space, method="random", trials=6) for _ in range(2))
    values = [point["C"] for point in search.parameters]
    assert len(set(values)) == 6 and all(0.01 <= C <= 100 for C in values)
    assert search.parameters == again.parameters and search.flat is not None
    np.testing.assert_array_equal(search.result.scores, again.result.scores)
    assert not np.isnan(search.scores).any()


def test_guided_search_is_reproducible_and_finds_a_good_c():
    """The classes are so close that only a large C, without scaling, separates them."""
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


def test_guided_search_scores_only_the_chosen_settings_on_the_test_clips():
    space = {"C": Range(1e-3, 10, log=True)}
    reported = Reported()
    search = search_of(grid=space, method="guided", trials=5, repeats=1, progress=reported)
    assert search.flat is None and search.optimism is None and search.best_on_test is None
    assert search.headline(flat=True) is search.result
    evaluated = ~np.isnan(search.inner_scores)
    assert (evaluated.sum(axis=0) == 5).all()
    for setting, _, number in zip(*np.nonzero(~np.isnan(search.scores)), strict=True):
        assert search.chosen[0, number] == setting
    assert (~np.isnan(search.scores)).sum() == 3
    folds = reported.of("folds")
    assert len(folds) == 3 + 4 * 5 * 3 and {fold.total for fold in folds} == {63}
    assert sum(one.fold.fold.outer is None for one in folds) == 3


def test_point_suggested_repeatedly_is_fitted_once(monkeypatch):
    fits = []
    real = ClipClassifier.fit
    monkeypatch.setattr(
        ClipClassifier, "fit", lambda self, X, y, **weights: fits.append(self.C) or real(self, X, y)
    )
    reported = Reported()
    search = search_of(
        grid={"C": [0.1, 1.0]}, method="guided", trials=12, repeats=1,
        clf=classifier("library"), progress=reported,
    )  # fmt: skip
    assert len(search.parameters) == 2 and len(fits) <= 2 * 4 * 3 + 3
    assert len(reported.of("folds")) == 3 + 4 * 12 * 3


def test_guided_search_without_optuna_raises_before_any_setting_is_made(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)

    def make(*args):
        raise AssertionError("made")

    monkeypatch.setattr("gpuclf.tuning.search.Setting", make)
    with pytest.raises(InputError, match="expected python -m pip install optuna"):
        search_of(grid={"C": [1, 2]}, method="guided")


# Validation, serialisation, progress.


@pytest.mark.parametrize(
    ("vectors", "grid", "options", "message"),
    [
        (None, {"C": Range(0.1, 1)}, {}, r"grid, C: got the range 0\.1\.\.1, expected values"),
        (None, {}, {}, "grid: got no hyper-parameter, expected at least one"),
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
            "^fold 1 of repeat 1, inner folds: got 4, expected at most 3: class 'blues' has cl",
        ),
        (
            make_clips(clips=4),
            {"C": [1]},
            {"folds": 2, "inner": 5},
            "^fold 1 of repeat 1, inner folds: got 5, expected at most 2: class 'jazz' has 1 clip",
        ),
        (
            make_clips(clips=9),
            {"svm_type": ["linear"], "C": [1]},
            {"clf": classifier("shared")},
            "solver: got 'shared' for a LinearSVC",
        ),
    ],
)
def test_invalid_search_raises_before_any_fit(monkeypatch, vectors, grid, options, message):
    def fit(self, path, folds):
        raise AssertionError("fitted")

    monkeypatch.setattr(FoldFitting, "_fit", fit)
    with pytest.raises(InputError, match=message):
        search_of(vectors, grid, **options)


def test_a_small_class_reduces_the_default_number_of_inner_folds():
    vectors = make_clips(clips=9)
    y = np.where(np.arange(27) < 6, 0, 1 + np.arange(27) % 2)
    options = {"split": "stratified-kfold", "folds": 2, "inner": None, "repeats": 1}
    search = search_of(replace(vectors, y=y), **options)
    assert search.inner == 3 and np.isfinite(search.inner_scores).all()


def test_several_n_vectors_raise_if_single_vectors_are_split():
    vectors = {V: make_clips(per_clip=V) for V in (2, 4)}
    with pytest.raises(InputError, match="n_vectors or overlap: got several values, expected one"):
        make_plan(
            vectors[2],
            list(vectors),
            [CLF.spec],
            Validation(protocol="thesis", majority_voting=False),
        )


@pytest.mark.parametrize("method", ["grid", "random", "guided"])
@pytest.mark.parametrize("options", [{}, {"folds": 1, "repeats": 1, "split": "shuffle"}])
def test_to_dict_is_strict_json(method, options):
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


def test_repr_has_accuracy_majority_class_and_number_of_settings():
    assert repr(search_of(make_clips(apart=20.0), {"C": [1.0, 2.0]})) == (
        "<accuracy 100.0% +/- 0.0% over 2 x 3 folds, majority class 33.3%, nested, 2 settings>"
    )


@pytest.mark.parametrize("method", ["grid", "guided"])
def test_resumed_search_gives_the_same_result(method):
    space = {"C": [0.001, 0.1, 10.0], "scale": ["std", "minmax"]}
    finished = InMemoryCheckpoint()
    whole = search_of(grid=space, method=method, trials=5, checkpoint=finished)
    for name in list(finished)[::2]:
        del finished[name]
    again = search_of(grid=space, method=method, trials=5, checkpoint=finished)
    assert again.to_dict() == whole.to_dict()
    np.testing.assert_array_equal(again.result.clips.votes, whole.result.clips.votes)


def test_inner_and_outer_folds_are_reported():
    reported = Reported()
    search_of(grid={"C": [0.1, 1.0]}, repeats=1, progress=reported)
    scores_only = [one.fold.fold.scores_only for one in reported.of("folds")]
    assert reported.counts("folds") == [(number, 30) for number in range(1, 31)]
    assert scores_only.count(False) == 6 and scores_only.count(True) == 24
    assert reported.counts("problems")[-1] == (30 * 3, 30 * 3)


def test_inner_folds_that_do_not_converge_are_reported(monkeypatch):
    monkeypatch.setattr(interface, "SHARED_ITERATIONS", 2)
    with pytest.warns(ConvergenceWarning, match="in 15 of 15 folds, first in fold 1 of repeat 1"):
        search_of(grid={"C": [10.0]}, repeats=1)


def test_class_missing_from_a_fold_warns():
    vectors = make_clips()
    folds = np.where(vectors.y == 0, 0, np.arange(24) % 3)
    with pytest.warns(UserWarning, match="fold 1 of repeat 1 has no clip of class 'blues'"):
        search_of(replace(vectors, folds=folds), split="predefined", inner=None)
