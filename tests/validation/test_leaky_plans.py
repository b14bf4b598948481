"""The plan of a leak changes one thing of the plan without a leak."""

from dataclasses import replace

import numpy as np
import pytest
from gpuclf import ClipClassifier
from gpuclf.validation.cross_validation import plan_settings
from gpuclf.validation.leaky_plans import leaky_plans
from gpuclf.validation.options import Validation
from gpuclf.validation.setting import Setting

from clips import make_clips

SCALING, GROUPS, VECTORS = (
    "scaling over all clips",
    "splitting groups",
    "splitting a clip's vectors",
)


def plans(per_clip=3, groups=True, **validation):
    """Return the plan without a leak, those with one, and the leaks that cannot be measured."""
    clips = make_clips(clips=12, per_clip=per_clip)
    if groups:
        clips = replace(clips, groups=np.arange(len(clips)) // 2)
    setting = Setting(ClipClassifier(backend="cpu"), clips)
    honest = plan_settings([setting], Validation(**validation))
    return honest, *leaky_plans(setting, honest)


def times_tested(plan):
    """Return how often each clip, or feature vector, is tested in each repeat."""
    return [np.bincount(np.concatenate([fold.test for fold in run])) for run in plan.runs]


def test_scaling_leak_has_the_same_splits():
    honest, leaky, _ = plans(split="kfold", folds=3, repeats=2)
    assert leaky[SCALING].scale_first and not honest.scale_first
    assert leaky[SCALING].runs == honest.runs


def test_leak_of_groups_has_the_same_split_strategy_over_clips():
    validation = {"split": "shuffle", "test_size": 0.25, "folds": 3, "repeats": 2}
    honest, leaky, _ = plans(**validation)
    assert leaky[GROUPS].validation == honest.validation
    assert any(set(fold.test // 2) & set(fold.train // 2) for fold in leaky[GROUPS].folds)


@pytest.mark.parametrize("split", ["shuffle", "stratified-shuffle", "kfold", "stratified-kfold"])
def test_leak_of_vectors_tests_all_vectors_of_a_clip_in_each_repeat(split):
    options = {"split": split, "test_size": 0.25, "folds": 4, "repeats": 2}
    honest, leaky, _ = plans(groups=False, **options)
    plan = leaky[VECTORS]
    assert all((times == 1).all() and len(times) == 36 * 3 for times in times_tested(plan))
    assert plan.test_to_train == pytest.approx(honest.test_to_train, abs=0.02)
    assert len(plan.folds) == len(honest.folds)


def test_number_of_fits_does_not_grow_with_small_test_sets():
    _, leaky, _ = plans(split="shuffle", test_size=0.1, folds=5, repeats=6)
    assert leaky[VECTORS].shape == (3, 10)


def test_folds_of_vectors_are_no_more_than_a_class_has_vectors():
    clips = make_clips(clips=3, per_clip=2)
    setting = Setting(ClipClassifier(backend="cpu"), clips)
    options = {"split": "stratified-shuffle", "test_size": 0.34, "folds": 2, "repeats": 1}
    honest = plan_settings([setting], Validation(**options))
    tiny = replace(honest, validation=replace(honest.validation, test_size=0.1))
    assert leaky_plans(setting, tiny)[0][VECTORS].shape == (1, 6)


def test_leaks_that_cannot_be_measured_have_a_reason():
    _, leaky, missing = plans(per_clip=1, groups=False, split="kfold", folds=3, repeats=1)
    assert list(leaky) == [SCALING]
    assert missing == {
        GROUPS: "no groups are given",
        VECTORS: "each clip has one feature vector",
    }
