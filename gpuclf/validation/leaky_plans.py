"""Plans of cross-validations with one leak, to compare with a plan without a leak."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gpuclf.model.splits import largest_folds
from gpuclf.validation.options import Validation
from gpuclf.validation.plan import Plan, make_plan
from gpuclf.validation.setting import Setting
from gpuclf.vectors.feature_vectors import FeatureVectors

SCALING = "scaling over all clips"
GROUPS = "splitting groups"
FOLDS = "ignoring the predefined folds"
VECTORS = "splitting a clip's vectors"


def leaky_plans(setting: Setting, honest: Plan) -> tuple[dict[str, Plan], dict[str, str]]:
    """Return the plans of a cross-validation with a leak.

    Parameters
    ----------
    setting : Setting
    honest : Plan
        Plan without a leak.

    Returns
    -------
    plans : dict of str to Plan
        Plan of each leak that can be measured, by the name of the leak.
    missing : dict of str to str
        Reason why each of the others cannot be measured.
    """
    vectors, missing = setting.vectors, {}
    ungrouped, counts = replace(vectors, groups=None), [int(vectors.X.shape[1])]
    specs, predefined = [setting.clf.spec], honest.validation.split == "predefined"
    validation = _random_folds(vectors, honest.validation) if predefined else honest.validation
    plans = {SCALING: replace(honest, scale_first=True)}
    if vectors.groups is not None or predefined:
        name = FOLDS if vectors.groups is None else GROUPS
        plans[name] = make_plan(ungrouped, counts, specs, validation)
    else:
        missing[GROUPS] = "no groups are given"
    if counts[0] > 1:
        assert vectors.y is not None
        largest = largest_folds(np.repeat(vectors.y, counts[0]))
        single = replace(_partition(validation, largest), majority_voting=False)
        plans[VECTORS] = make_plan(ungrouped, counts, specs, single, split_vectors=True)
    else:
        missing[VECTORS] = "each clip has one feature vector"
    return plans, missing


def _random_folds(vectors: FeatureVectors, validation: Validation) -> Validation:
    """Replace predefined folds, which may keep groups together, by as many random ones."""
    assert vectors.y is not None
    folds = min(len(np.unique(np.asarray(vectors.folds))), largest_folds(vectors.y))
    return replace(validation, split="stratified-kfold", folds=folds, repeats=1)


def _partition(validation: Validation, largest: int) -> Validation:
    """Replace random test sets by k folds of about their size, with about as many fits.

    There are at most ``largest`` folds, so that they can be stratified. Each repeat tests all
    vectors of a clip, so that the clip has all its votes.
    """
    if validation.split not in ("shuffle", "stratified-shuffle"):
        return validation
    folds = min(largest, max(2, round(1 / validation.test_size)))
    repeats = max(1, validation.repeats * validation.folds // folds)
    same = replace(validation, split="stratified-kfold", folds=folds, repeats=repeats)
    return replace(same, split="kfold") if validation.split == "shuffle" else same
