"""Nothing of a test clip, and nothing of its group, has a part in what is learned or chosen.

The backend's own library is deterministic: what it learns must be the same to the last bit. The
shared solver computes all folds over one matrix in float32 and stops within a tolerance: its kernel
must be the same but for rounding, and its decisions but for the tolerance.
"""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from gpuclf import ClipClassifier, cross_validate, nested_search
from gpuclf.backend import interface
from gpuclf.errors import InputError
from gpuclf.svm import KernelMatrix, SvmSpec, solve_folds, vote_of_pairs
from gpuclf.validation import fold as fold_module
from gpuclf.validation import plan as plan_module
from gpuclf.validation.fold_fitting import FoldFitting
from gpuclf.validation.options import Validation
from gpuclf.validation.plan import make_plan
from gpuclf.validation.splits import SPLITS, Split, make_splits
from hypothesis import assume, given
from hypothesis import strategies as st

from clips import LABELS, ONE_CORE, make_clips

FOLDS = np.arange(24) % 4  # of the clips of `make_clips`
FIRST = np.flatnonzero(FOLDS == 0)
OUTSIDE = np.flatnonzero(FOLDS != 0)


def tampered(vectors, how, clips=FIRST):
    """Replace what the test clips of the first fold hold."""
    X = vectors.X.copy()
    if how == "other values":
        X[clips] = np.random.default_rng(99).gamma(1, 5, size=X[clips].shape)
    else:
        X[clips] *= how
    return replace(vectors, X=X)


# No group, and no clip, on both sides.


@pytest.mark.filterwarnings("ignore:The least populated class")  # scikit-learn's word
@given(
    split=st.sampled_from(SPLITS),
    groups=st.lists(st.integers(0, 8), min_size=24, max_size=24),
    seed=st.integers(0, 1000),
    inner=st.integers(2, 4),
    protocol=st.sampled_from(["inductive", "thesis"]),
    permute=st.booleans(),
)
def test_no_group_is_on_both_sides_of_an_outer_or_inner_split(
    split, groups, seed, inner, protocol, permute
):
    groups = np.array([f"artist {group}" for group in groups])
    names, units = np.unique(groups, return_inverse=True)
    y = np.arange(24) % 3
    if permute:  # a group has one label to deal out
        y = (np.arange(len(names)) % 3)[units]
    clips = SimpleNamespace(y=y, labels=LABELS[:3], ids=groups, groups=groups, folds=units % 3)
    how = Validation(
        split=split,
        folds=3,
        test_size=0.3,
        repeats=2,
        seed=seed,
        protocol=protocol,
        permute_labels=permute,
    )
    try:
        plan = make_plan(clips, [2], [], how, inner=inner)
    except InputError as error:  # too few groups for such a split
        assert "in training and in test" not in str(error)
        assume(False)
    for fold, insides in zip(plan.folds, plan.inner, strict=True):
        assert not set(groups[fold.train]) & set(groups[fold.test])
        assert len(insides) == inner
        for inside in insides:
            assert len(inside.test)
            assert not set(groups[inside.train]) & set(groups[inside.test])
            assert sorted([*inside.train, *inside.test]) == sorted(fold.train)
        assert sorted(np.concatenate([inside.test for inside in insides])) == sorted(fold.train)


def parting(make):
    """Make splits in which one clip of the test is trained on as well."""

    def make_parted(*args, **options):
        return [Split(np.append(train, test[0]), test) for train, test in make(*args, **options)]

    return make_parted


@pytest.mark.parametrize("module", [plan_module, fold_module])
@pytest.mark.parametrize("grouped", [False, True])
def test_a_split_that_parts_something_is_refused_before_anything_is_fitted(
    monkeypatch, module, grouped
):
    def fit(*args):
        raise AssertionError("fitted")

    monkeypatch.setattr(FoldFitting, "__call__", fit)
    monkeypatch.setattr(KernelMatrix, "of", fit)
    monkeypatch.setattr(module, "make_splits", parting(make_splits))
    groups = np.array([f"artist {number // 2}" for number in range(24)]) if grouped else None
    where = "inner fold 1 of fold 1 of repeat 1" if module is fold_module else "fold 1 of repeat 1"
    what = r"'artist \d+'" if grouped else r"'\d+'"
    with pytest.raises(InputError, match=f"^{where}: got {what} in training and in test"):
        nested_search(
            ClipClassifier(backend=ONE_CORE),
            make_clips(groups=groups),
            {"C": [1, 2]},
            split="kfold",
            folds=3,
            inner=2,
        )


# The library: bitwise.

LEARNERS = {
    "C, linear, minmax": {},
    "C, RBF, std": {"kernel": "rbf", "scale": "std"},
    "nu, RBF, minmax": {"svm_type": "nu", "kernel": "rbf", "nu": 0.3},
    "linear, std": {"svm_type": "linear", "scale": "std"},
    "C, RBF, balanced": {"kernel": "rbf", "scale": "none", "class_weight": "balanced"},
}


@pytest.fixture
def learned(monkeypatch):
    """All that the classifiers learn, fit by fit, as bytes."""
    fits = []
    real = ClipClassifier.fit

    def fit(self, X, y):
        real(self, X, y)
        arrays = {**vars(self.scaler_), **vars(self.svm_.decision)}
        fits.append({name: np.asarray(value).tobytes() for name, value in arrays.items()})
        return self

    monkeypatch.setattr(ClipClassifier, "fit", fit)
    return fits


@pytest.mark.parametrize("how", [1e3, -3.0, "other values"])
@pytest.mark.parametrize("learner", LEARNERS.values(), ids=LEARNERS)
def test_the_library_learns_the_same_whatever_the_test_clips_are(learned, learner, how):
    clf = ClipClassifier(solver="library", backend=ONE_CORE, **learner)
    vectors = make_clips(folds=FOLDS)
    grid = {"nu": [0.2, 0.3]} if clf.svm_type == "nu" else {"C": [0.1, 1.0]}
    found = []
    for one in (vectors, tampered(vectors, how)):
        learned.clear()
        search = nested_search(clf, one, grid, split="predefined", inner=3)
        # Setting by setting, fold by fold: the fold itself and its inner folds; those of all clips.
        found.append((search, np.array(learned).reshape(2, 20)[:, :16].reshape(2, 4, 4)))
    (before, fits), (after, fits_after) = found
    assert (fits[:, 0] == fits_after[:, 0]).all()
    assert (fits[:, 1] != fits_after[:, 1]).any()  # where those clips are trained on
    np.testing.assert_array_equal(before.inner_scores[..., 0], after.inner_scores[..., 0])
    assert before.chosen[0, 0] == after.chosen[0, 0]


def test_scaling_over_all_clips_first_would_be_seen(learned):
    vectors = make_clips(folds=FOLDS)
    for one in (vectors, tampered(vectors, 10.0)):
        clf = ClipClassifier(solver="library", backend=ONE_CORE)
        cross_validate(clf, one, split="predefined", protocol="thesis")
    assert learned[0] != learned[4]


# The shared solver: but for rounding, and for its tolerance.

SHARED = [(1.0, "linear"), (1.0, "rbf"), (0.3, "nu")]


def training_kernel(vectors, scale, kernel):
    """Kernel of the first fold's training vectors, its diagonal gone: no shift is seen."""
    spec = SvmSpec(kernel=kernel)
    matrix = KernelMatrix.of(vectors.X, spec, scale, ONE_CORE)
    change = matrix.changes([OUTSIDE])[0]
    rows = (OUTSIDE[:, None] * 3 + np.arange(3)).ravel()
    features = matrix.features[np.ix_(rows, change.columns)].astype(np.float64)
    products = (features * change.column_weights) @ features.T
    values = matrix.values[np.ix_(rows, rows)].astype(np.float64)
    if kernel == "rbf":
        norms = np.diagonal(products)
        values += norms + norms[:, None] - 2 * products
        return np.exp(-change.gamma * values), change.gamma
    values += products
    centred = values - values.mean(axis=0) - values.mean(axis=1)[:, None] + values.mean()
    return centred, change.gamma


@pytest.mark.parametrize("how", [100.0, 1e6, "other values"])
@pytest.mark.parametrize("kernel", ["linear", "rbf"])
@pytest.mark.parametrize("scale", ["none", "minmax", "std"])
def test_a_fold_of_the_shared_solver_trains_with_the_same_kernel(scale, kernel, how):
    vectors = make_clips()
    before, gamma = training_kernel(vectors, scale, kernel)
    after, gamma_after = training_kernel(tampered(vectors, how), scale, kernel)
    assert gamma == gamma_after
    np.testing.assert_allclose(after, before, atol=2e-4 * np.abs(before).max())


@pytest.mark.parametrize("how", [100.0, 1e6, "other values"])
@pytest.mark.parametrize("based", ["on all clips", "on those that are trained on"])
@pytest.mark.parametrize(
    ("spec", "value"),
    [(SvmSpec(), 1.0), (SvmSpec(kernel="rbf"), 1.0), (SvmSpec("nu", "rbf"), 0.31)],
    ids=["C, linear", "C, RBF", "nu, RBF"],
)
def test_a_fold_of_the_shared_solver_decides_the_same_about_other_clips(
    monkeypatch, spec, value, based, how
):
    """Clips of the first fold are replaced; those of the second are asked about.

    Neither is trained on. Both solutions lie within a tolerance of the same optimum, which is
    tightened here, so that decisions (about 1 at the margins) agree to 0.01.
    """
    monkeypatch.setattr(interface, "TOLERANCE", 1e-5)
    vectors = make_clips(apart=2.0)
    train, probe = np.flatnonzero(FOLDS > 1), np.flatnonzero(FOLDS == 1)
    base = train if based == "on those that are trained on" else None
    split = SimpleNamespace(train=train, test=probe, y=vectors.y, base=base)
    decided = []
    for one in (vectors, tampered(vectors, how)):
        kernel = KernelMatrix.of(one.X, spec, "minmax", ONE_CORE)
        [[found]] = solve_folds(kernel, [split], 3, [value])
        decided.append(found)
    before, after = decided
    np.testing.assert_allclose(after.decisions, before.decisions, atol=0.01)
    labels = [vote_of_pairs(one.decisions, one.pairs, 3, np) for one in decided]
    assert np.mean(labels[0] == labels[1]) > 0.95  # but for one that is all but tied


@pytest.mark.parametrize(
    ("seed", "how"), [(0, 100.0), (1, "other values"), (2, "other labels"), (3, "other values")]
)
@pytest.mark.parametrize("method", ["grid", "random", "guided"])
@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_nothing_of_a_folds_test_clips_changes_what_its_inner_folds_choose(
    seed, kernel, method, how
):
    vectors = make_clips(folds=FOLDS, seed=seed)
    if how == "other labels":
        y = vectors.y.copy()
        y[FIRST] = (y[FIRST] + 1) % 3
        other = replace(vectors, y=y)
    else:
        other = tampered(vectors, how)
    clf = ClipClassifier(kernel=kernel, solver="shared", backend=ONE_CORE)
    space = {"C": [0.001, 0.03, 1.0], "scale": ["std", "minmax"]}
    before, after = (
        nested_search(clf, one, space, split="predefined", inner=3, method=method, trials=4)
        for one in (vectors, other)
    )
    scores = [
        {
            str(point): inner[0, 0]
            for point, inner in zip(one.parameters, one.inner_scores, strict=True)
        }
        for one in (before, after)
    ]
    tried = [{k: v for k, v in one.items() if not np.isnan(v)} for one in scores]
    assert tried[0] == tried[1] and len(tried[0]) > 1
    chosen = [one.parameters[one.chosen[0, 0]] for one in (before, after)]
    assert chosen[0] == chosen[1]


# The order of clips, and labels without meaning.


@pytest.mark.parametrize("solver", ["shared", "library"])
@pytest.mark.parametrize("kernel", ["linear", "rbf"])
@pytest.mark.parametrize("groups", [None, FOLDS * 10 + np.arange(24) // 12])
def test_clips_in_another_order_get_the_same_votes(monkeypatch, solver, kernel, groups):
    """With predefined folds: all other splits, and a search's inner ones, are drawn by position."""
    monkeypatch.setattr(interface, "TOLERANCE", 1e-6)
    vectors = make_clips(folds=FOLDS, groups=groups)
    order = np.random.default_rng(0).permutation(24)
    columns = {
        name: value[order] for name, value in vars(vectors).items() if isinstance(value, np.ndarray)
    }
    shuffled = replace(vectors, **columns)
    clf = ClipClassifier(kernel=kernel, solver=solver, backend=ONE_CORE)
    before, after = (
        cross_validate(clf, one, split="predefined").clips for one in (vectors, shuffled)
    )
    place = {name: number for number, name in enumerate(after.ids)}
    back = [place[name] for name in before.ids]
    np.testing.assert_array_equal(before.votes, after.votes[back])
    np.testing.assert_array_equal(before.right, after.right[back])


def test_with_labels_that_mean_nothing_the_flat_score_flatters_and_the_nested_one_does_not():
    """Chance is a half; the standard error of the mean over 10 x 3 x 4 folds is about 0.02."""
    vectors = make_clips(n_classes=2, clips=12, per_clip=1, n=4, apart=3.0)
    searches = [
        nested_search(
            ClipClassifier(kernel="rbf", backend=ONE_CORE),
            vectors,
            {"gamma": [0.1, 1.0, 10.0], "C": [0.1, 1, 10]},
            inner=3,
            split="stratified-kfold",
            folds=4,
            repeats=3,
            seed=10 * run,
            permute_labels=True,
        )
        for run in range(10)
    ]
    nested = np.mean([search.result.accuracy for search in searches])
    flat = np.mean([search.flat.accuracy for search in searches])
    assert abs(nested - 0.5) < 0.06
    assert flat > nested + 0.02
