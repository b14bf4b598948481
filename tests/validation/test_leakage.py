"""Test clips, and clips of their groups, do not influence training or parameter selection.

The backend's library is deterministic: fitted models must be identical. The shared solver computes
all folds over one float32 matrix and stops within a tolerance: its kernel must be equal up to
rounding, its decision values up to the tolerance.
"""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from gpuclf import ClipClassifier, cross_validate, nested_search
from gpuclf.backend import interface
from gpuclf.backend.votes import vote_of_pairs
from gpuclf.errors import InputError
from gpuclf.model.splits import SPLITS, Split
from gpuclf.svm import KernelMatrix, SvmSpec, solve_folds
from gpuclf.validation import fold as fold_module
from gpuclf.validation import runs as runs_module
from gpuclf.validation.fold_fitting import FoldFitting
from gpuclf.validation.options import Validation
from gpuclf.validation.plan import make_plan
from hypothesis import assume, given
from hypothesis import strategies as st

from clips import LABELS, ONE_CORE, make_clips

FOLDS = np.arange(24) % 4  # fold of each clip of `make_clips`
TEST = np.flatnonzero(FOLDS == 0)
TRAIN = np.flatnonzero(FOLDS != 0)


def tampered(vectors, change, clips=TEST):
    """Change the feature vectors of the test clips of the first fold."""
    X = vectors.X.copy()
    if change == "other values":
        X[clips] = np.random.default_rng(99).gamma(1, 5, size=X[clips].shape)
    else:
        X[clips] *= change
    return replace(vectors, X=X)


# Training and test are disjoint.


@pytest.mark.filterwarnings("ignore:The least populated class")  # of scikit-learn
@given(
    split=st.sampled_from(SPLITS),
    groups=st.lists(st.integers(0, 8), min_size=24, max_size=24),
    seed=st.integers(0, 1000),
    folds=st.integers(2, 3),
    protocol=st.sampled_from(["inductive", "thesis"]),
    permute=st.booleans(),
)
def test_groups_are_not_split_by_outer_or_inner_folds(
    split, groups, seed, folds, protocol, permute
):
    groups = np.array([f"artist {group}" for group in groups])
    names, units = np.unique(groups, return_inverse=True)
    y = np.arange(24) % 3
    if permute:  # permutation requires one class per group
        y = (np.arange(len(names)) % 3)[units]
    clips = SimpleNamespace(y=y, labels=LABELS[:3], ids=groups, groups=groups, folds=units % 3)
    validation = Validation(
        split=split,
        folds=folds,
        test_size=0.3,
        repeats=2,
        seed=seed,
        protocol=protocol,
        permute_labels=permute,
    )
    try:
        plan = make_plan(clips, [2], [], validation, inner=None)
    except InputError as error:  # too few groups for this split
        assert "in training and in test" not in str(error)
        assume(False)
    for fold, inner_folds in zip(plan.folds, plan.inner, strict=True):
        assert not set(groups[fold.train]) & set(groups[fold.test])
        assert len(inner_folds) == len(plan.inner[0]) >= 2
        for one in inner_folds:
            assert len(one.test)
            assert not set(groups[one.train]) & set(groups[one.test])
            assert sorted([*one.train, *one.test]) == sorted(fold.train)
        assert sorted(np.concatenate([one.test for one in inner_folds])) == sorted(fold.train)


def leaking(make):
    """Wrap a function that splits so that one test clip is in the training set as well."""

    def make_leaking(*args, **options):
        return [Split(np.append(train, test[0]), test) for train, test in make(*args, **options)]

    return make_leaking


@pytest.mark.parametrize("module", [runs_module, fold_module])
@pytest.mark.parametrize("grouped", [False, True])
def test_overlapping_split_raises_before_any_fit(monkeypatch, module, grouped):
    def fit(*args):
        raise AssertionError("fitted")

    monkeypatch.setattr(FoldFitting, "__call__", fit)
    monkeypatch.setattr(KernelMatrix, "of", fit)
    name = "inner_splits" if module is fold_module else "make_splits"
    monkeypatch.setattr(module, name, leaking(getattr(module, name)))
    groups = np.array([f"artist {number // 2}" for number in range(24)]) if grouped else None
    where = "inner fold 1 of fold 1 of repeat 1" if module is fold_module else "fold 1 of repeat 1"
    name = r"'artist \d+'" if grouped else r"'\d+'"
    with pytest.raises(InputError, match=f"^{where}: got {name} in training and in test"):
        nested_search(
            ClipClassifier(backend=ONE_CORE),
            make_clips(groups=groups),
            {"C": [1, 2]},
            split="kfold",
            folds=3,
            inner=2,
        )


# The library: identical models.

CLASSIFIERS = {
    "C, linear, minmax": {},
    "C, RBF, std": {"kernel": "rbf", "scale": "std"},
    "nu, RBF, minmax": {"svm_type": "nu", "kernel": "rbf", "nu": 0.3},
    "linear, std": {"svm_type": "linear", "scale": "std"},
    "C, RBF, balanced": {"kernel": "rbf", "scale": "none", "class_weight": "balanced"},
}


@pytest.fixture
def fitted(monkeypatch):
    """Fitted arrays of the classifiers, as bytes, fit by fit."""
    fits = []
    original = ClipClassifier.fit

    def fit(self, X, y, sample_weight=None):
        original(self, X, y, sample_weight)
        arrays = {**vars(self.scaler_), **vars(self.svm_.decision)}
        fits.append({name: np.asarray(value).tobytes() for name, value in arrays.items()})
        return self

    monkeypatch.setattr(ClipClassifier, "fit", fit)
    return fits


@pytest.mark.parametrize("change", [1e3, -3.0, "other values"])
@pytest.mark.parametrize("parameters", CLASSIFIERS.values(), ids=CLASSIFIERS)
def test_library_fits_the_same_model_whatever_the_test_clips_are(fitted, parameters, change):
    clf = ClipClassifier(solver="library", backend=ONE_CORE, **parameters)
    vectors = make_clips(folds=FOLDS)
    grid = {"nu": [0.2, 0.3]} if clf.svm_type == "nu" else {"C": [0.1, 1.0]}
    results = []
    for one in (vectors, tampered(vectors, change)):
        fitted.clear()
        search = nested_search(clf, one, grid, split="predefined")
        # Setting by setting, fold by fold: the fold and its inner folds; last, those of all clips.
        results.append((search, np.array(fitted).reshape(2, 20)[:, :16].reshape(2, 4, 4)))
    (before, fits), (after, fits_after) = results
    assert (fits[:, 0] == fits_after[:, 0]).all()
    assert (fits[:, 1] != fits_after[:, 1]).any()  # the changed clips are in training
    np.testing.assert_array_equal(before.inner_scores[..., 0], after.inner_scores[..., 0])
    assert before.chosen[0, 0] == after.chosen[0, 0]


def test_scaling_over_all_clips_changes_the_fitted_model(fitted):
    vectors = make_clips(folds=FOLDS)
    for one in (vectors, tampered(vectors, 10.0)):
        clf = ClipClassifier(solver="library", backend=ONE_CORE)
        cross_validate(clf, one, split="predefined", protocol="thesis")
    assert fitted[0] != fitted[4]


# The shared solver: equal up to rounding and tolerance.

SHARED = [(1.0, "linear"), (1.0, "rbf"), (0.3, "nu")]


def training_kernel(vectors, scale, kernel):
    """Kernel of the training vectors of the first fold, centred so that shifts cancel."""
    spec = SvmSpec(kernel=kernel)
    matrix = KernelMatrix.of(vectors.X, spec, scale, ONE_CORE)
    change = matrix.changes([TRAIN])[0]
    rows = (TRAIN[:, None] * 3 + np.arange(3)).ravel()
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


@pytest.mark.parametrize("change", [100.0, 1e6, "other values"])
@pytest.mark.parametrize("kernel", ["linear", "rbf"])
@pytest.mark.parametrize("scale", ["none", "minmax", "std"])
def test_kernel_of_the_shared_solver_does_not_depend_on_test_clips(scale, kernel, change):
    vectors = make_clips()
    before, gamma = training_kernel(vectors, scale, kernel)
    after, gamma_after = training_kernel(tampered(vectors, change), scale, kernel)
    assert gamma == gamma_after
    np.testing.assert_allclose(after, before, atol=2e-4 * np.abs(before).max())


@pytest.mark.parametrize("change", [100.0, 1e6, "other values"])
@pytest.mark.parametrize("start", ["all clips", "training clips"])
@pytest.mark.parametrize(
    ("spec", "value"),
    [(SvmSpec(), 1.0), (SvmSpec(kernel="rbf"), 1.0), (SvmSpec("nu", "rbf"), 0.31)],
    ids=["C, linear", "C, RBF", "nu, RBF"],
)
def test_decisions_of_the_shared_solver_do_not_depend_on_test_clips(
    monkeypatch, spec, value, start, change
):
    """Clips of the first fold are changed, clips of the second are classified; neither is trained.

    Both solutions are within the tolerance of the same optimum. With the tolerance set here,
    decision values (about 1 at the margins) agree to 0.01.
    """
    monkeypatch.setattr(interface, "TOLERANCE", 1e-5)
    vectors = make_clips(apart=2.0)
    train, probe = np.flatnonzero(FOLDS > 1), np.flatnonzero(FOLDS == 1)
    base = train if start == "training clips" else None
    split = SimpleNamespace(train=train, test=probe, y=vectors.y, base=base, weight=None)
    solved = []
    for one in (vectors, tampered(vectors, change)):
        kernel = KernelMatrix.of(one.X, spec, "minmax", ONE_CORE)
        [[result]] = solve_folds(kernel, [split], 3, [value])
        solved.append(result)
    before, after = solved
    np.testing.assert_allclose(after.decisions, before.decisions, atol=0.01)
    labels = [vote_of_pairs(one.decisions, one.pairs, 3)[0] for one in solved]
    assert np.mean(labels[0] == labels[1]) > 0.95  # nearly tied votes may differ


@pytest.mark.parametrize(
    ("seed", "change"), [(0, 100.0), (1, "other values"), (2, "other labels"), (3, "other values")]
)
@pytest.mark.parametrize("method", ["grid", "random", "guided"])
@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_selection_by_inner_folds_does_not_depend_on_test_clips(seed, kernel, method, change):
    vectors = make_clips(folds=FOLDS, seed=seed)
    if change == "other labels":
        y = vectors.y.copy()
        y[TEST] = (y[TEST] + 1) % 3
        other = replace(vectors, y=y)
    else:
        other = tampered(vectors, change)
    clf = ClipClassifier(kernel=kernel, solver="shared", backend=ONE_CORE)
    space = {"C": [0.001, 0.03, 1.0], "scale": ["std", "minmax"]}
    before, after = (
        nested_search(clf, one, space, split="predefined", method=method, trials=4)
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


# The order of clips, and permuted labels.


@pytest.mark.parametrize("solver", ["shared", "library"])
@pytest.mark.parametrize("kernel", ["linear", "rbf"])
@pytest.mark.parametrize("groups", [None, FOLDS * 10 + np.arange(24) // 12])
def test_order_of_clips_does_not_change_their_votes(monkeypatch, solver, kernel, groups):
    """Folds are predefined, because other splits are drawn by the index of a clip."""
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
    index = {name: number for number, name in enumerate(after.ids)}
    rows = [index[name] for name in before.ids]
    np.testing.assert_array_equal(before.votes, after.votes[rows])
    np.testing.assert_array_equal(before.right, after.right[rows])


def test_with_permuted_labels_only_the_flat_score_is_biased():
    """Chance level is 0.5; the standard error of the mean over 10 x 3 x 4 folds is about 0.02."""
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
