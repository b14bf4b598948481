"""Plan of a cross-validation: folds, inner folds, and errors raised before any fit."""

from dataclasses import replace

import numpy as np
import pytest
from gpuclf import FeatureVectors
from gpuclf.errors import InputError
from gpuclf.svm import SvmSpec
from gpuclf.validation.options import Validation
from gpuclf.validation.plan import make_plan
from sklearn.model_selection import KFold, StratifiedKFold

from clips import make_clips

CLIPS = make_clips()  # 24 clips of 3 classes


def plan_of(clips=CLIPS, specs=(), inner=0, **validation):
    return make_plan(clips, [3], specs, Validation(**{"folds": 3, **validation}), inner=inner)


@pytest.mark.parametrize(
    ("protocol", "voting", "scale_first", "split_vectors"),
    [
        ("inductive", True, False, False),
        ("inductive", False, False, False),
        ("thesis", True, True, False),
        ("thesis", False, True, True),
    ],
)
def test_thesis_protocol_scales_first_and_splits_vectors_without_voting(
    protocol, voting, scale_first, split_vectors
):
    validation = Validation(protocol=protocol, majority_voting=voting)
    assert (validation.scale_first, validation.split_vectors) == (scale_first, split_vectors)
    plan = make_plan(CLIPS, [3], [], validation)
    assert (plan.scale_first, plan.split_vectors) == (scale_first, split_vectors)
    other = make_plan(CLIPS, [3], [], validation, split_vectors=not split_vectors)
    assert other.split_vectors is not split_vectors


def test_folds_and_inner_folds_of_repeat_r_use_seed_plus_r():
    clips = make_clips(clips=12)
    plan = plan_of(clips, split="kfold", repeats=2, seed=5, inner=4)
    assert plan.shape == (2, 3) and len(plan.folds) == len(plan.inner) == 6
    for fold, inner_folds in zip(plan.folds, plan.inner, strict=True):
        seed = 5 + fold.repeat
        train, test = list(KFold(3, shuffle=True, random_state=seed).split(clips.y))[fold.number]
        np.testing.assert_array_equal(fold.train, train)
        np.testing.assert_array_equal(fold.test, test)
        y = clips.y[train]
        inner = StratifiedKFold(4, shuffle=True, random_state=seed).split(y, y)
        for one, (inner_train, inner_test) in zip(inner_folds, inner, strict=True):
            np.testing.assert_array_equal(one.train, train[inner_train])
            np.testing.assert_array_equal(one.test, train[inner_test])


def test_solver_starts_from_training_clips_if_there_are_inner_folds():
    assert all(fold.base is None for fold in plan_of().folds)
    nested = plan_of(inner=2)
    for fold, inner_folds in zip(nested.folds, nested.inner, strict=True):
        assert fold.base is fold.train
        assert all(one.base is fold.train for one in inner_folds)


def test_properties_of_a_plan():
    plan = plan_of(split="kfold", folds=4, repeats=2)
    assert plan.pairs == 3 and plan.test_to_train == 1 / 3 and plan.inner == [[]] * 8
    assert not any(fold.scores_only for fold in plan.folds)
    assert all(fold.scores_only for fold in plan.scores_only().folds)
    assert plan.scores_only().shape == (2, 4)


def test_digest_depends_on_clips_labels_and_splits():
    plan = plan_of(repeats=2)
    assert plan.digest(CLIPS) == plan_of(repeats=2).digest(CLIPS)
    digests = {
        plan.digest(CLIPS),
        plan.digest(replace(CLIPS, ids=CLIPS.ids[::-1])),
        plan.digest(replace(CLIPS, labels=("a", "b", "c"))),
        plan_of(repeats=1).digest(CLIPS),
        plan_of(repeats=2, seed=1).digest(CLIPS),
        plan_of(replace(CLIPS, y=CLIPS.y[::-1]), repeats=2).digest(CLIPS),
    }
    assert len(digests) == 6


def test_split_vectors_have_the_class_of_their_clip_and_no_groups():
    clips = replace(CLIPS, groups=np.arange(24) // 12)
    plan = plan_of(clips, split="kfold", protocol="thesis", majority_voting=False, repeats=1)
    assert all(len(fold.train) + len(fold.test) == 72 for fold in plan.folds)
    np.testing.assert_array_equal(plan.folds[0].y, np.repeat(CLIPS.y, 3))
    shared_clips = [set(fold.train // 3) & set(fold.test // 3) for fold in plan.folds]
    assert any(shared_clips)  # the leak of the thesis protocol


def test_labels_are_permuted_again_in_every_repeat():
    plan = plan_of(permute_labels=True, repeats=3, split="kfold")
    labels = [tuple(run[0].y) for run in plan.runs]
    assert len(set(labels)) == 3 and all(sorted(y) == sorted(CLIPS.y) for y in labels)


@pytest.mark.parametrize("inner", [0, None])
def test_class_missing_in_training_is_named(inner):
    folds = np.where(CLIPS.y == 2, 1, np.arange(24) % 3)
    plan = plan_of(replace(CLIPS, folds=folds), split="predefined", inner=inner)
    assert plan.missing_class == "fold 2 of repeat 1 has no clip of class 'rock' to train on"
    assert plan_of(inner=inner).missing_class == ""


@pytest.mark.parametrize("groups", [None, np.arange(24) // 2])
def test_the_other_predefined_folds_are_the_inner_folds(groups):
    """Predefined folds may keep clips together that are not independent."""
    folds = np.arange(24) // 2 % 4
    clips = replace(CLIPS, folds=folds, groups=groups)
    plan = plan_of(clips, split="predefined", inner=None)
    for number, inner_folds in enumerate(plan.inner):
        tested = [set(folds[one.test]) for one in inner_folds]
        assert tested == [{other} for other in range(4) if other != number]
    assert [set(folds[one.test]) for one in plan.whole] == [{0}, {1}, {2}, {3}]
    message = "inner: got 2 with predefined folds, expected no --inner: the other predefined folds"
    with pytest.raises(InputError, match=message):
        plan_of(clips, split="predefined", inner=2)


def test_the_inner_folds_of_two_predefined_folds_are_stratified():
    clips = replace(CLIPS, folds=np.arange(24) % 2)
    plan = plan_of(clips, split="predefined", inner=2)
    assert [len(inner_folds) for inner_folds in [*plan.inner, plan.whole]] == [2, 2, 2]


@pytest.mark.parametrize(
    ("clips", "folds", "groups", "count"),
    [(12, 3, None, 5), (5, 5, None, 4), (3, 3, None, 2), (12, 3, 3, 2), (12, 4, 4, 3)],
)
def test_by_default_there_are_5_inner_folds_or_as_the_smallest_class_allows(
    clips, folds, groups, count
):
    clips = make_clips(clips=clips)
    if groups is not None:  # each group has clips of all classes, as speakers have
        number = np.empty(len(clips.y), dtype=int)
        for label in range(3):
            number[clips.y == label] = np.arange(len(clips.y) // 3)
        clips = replace(clips, groups=number % groups)
    plan = plan_of(clips, split="stratified-kfold", folds=folds, inner=None, repeats=1)
    assert {len(inner_folds) for inner_folds in plan.inner} == {count}


def test_class_missing_in_an_inner_fold_is_not_reported():
    """One inner fold tests both training clips of a class, because they are one group."""
    y = np.array([0, 0, 0, 0] + [1] * 10 + [2] * 10)
    groups = np.array([0, 0, 1, 1, *range(2, 22)])
    folds = np.array([0, 0, 1, 1] + [0, 1] * 10)
    clips = replace(CLIPS, y=y, groups=groups, folds=folds)
    plan = plan_of(clips, split="predefined", inner=None)
    assert plan.missing_class == ""
    assert any(0 not in y[one.train] for inner_folds in plan.inner for one in inner_folds)


NU = SvmSpec(svm_type="nu", nu=0.9)


@pytest.mark.parametrize(
    ("clips", "options", "message"),
    [
        ({"y": None}, {}, "labels: got none, expected the class of every clip"),
        ({"labels": ()}, {}, "labels: got none"),
        (
            {"labels": ("blues",), "y": 0 * CLIPS.y},
            {},
            "labels: got 1 class, 'blues', expected at least two",
        ),
        ({"labels": (*CLIPS.labels, "folk")}, {}, "class 'folk': got 0 clips, expected at least 2"),
        (
            {"folds": CLIPS.y // 2},
            {"split": "predefined"},
            "fold 1 of repeat 1: got 1 class to train on, expected at least two",
        ),
        ({}, {"specs": [SvmSpec("nu", nu=0.1), NU], "split": "shuffle"}, "nu: got 0.9, expected"),
    ],
)
def test_infeasible_plan_raises(clips, options, message):
    with pytest.raises(InputError, match=message):
        plan_of(replace(CLIPS, **clips), **options)


def test_nu_infeasible_in_an_inner_fold_raises():
    y = np.array([0] * 6 + [1] * 9)
    clips = FeatureVectors(CLIPS.X[:15], y, ("blues", "jazz"), CLIPS.ids[:15])
    options = {"split": "stratified-kfold", "folds": 3, "seed": 0}
    largest = SvmSpec(svm_type="nu", nu=0.8)  # the largest feasible nu for 4 and 6 clips
    plan_of(clips, [largest], **options)
    with pytest.raises(InputError, match=r"nu: got 0.8, expected at most 0\.\d+ for"):
        plan_of(clips, [largest], inner=3, **options)


@pytest.mark.parametrize("svm_type", ["C", "linear"])
def test_nu_is_checked_for_nu_svc_only(svm_type):
    options = {"split": "shuffle", "inner": 2}
    plan = plan_of(specs=[SvmSpec(svm_type, nu=1.0)], **options)
    assert plan.missing_class == "" and plan.digest(CLIPS) == plan_of(**options).digest(CLIPS)
    with pytest.raises(InputError, match=r"nu: got 1\.0, expected"):
        plan_of(specs=[SvmSpec("nu", nu=1.0)], **options)
