"""Permutation test of the accuracy.

Null hypothesis: labels are independent of features. The null distribution is the accuracy of the
same cross-validation, with new splits, for permuted labels; see `CrossValidation.p_value`.

References
----------
M. Ojala and G. C. Garriga, *Permutation tests for studying classifier performance*, Journal of
Machine Learning Research 11, 2010, test 1.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gpuclf.errors import InputError
from gpuclf.svm import SvmSpec
from gpuclf.validation.label_permutation import permute_labels
from gpuclf.validation.options import Validation
from gpuclf.validation.plan import ClipTable, Plan, make_plan
from gpuclf.vectors.feature_vectors import FeatureVectors


def check_permutable(clips: ClipTable, validation: Validation) -> None:
    """Check that labels can be permuted, before any frame is read.

    Parameters
    ----------
    clips : ClipTable
        With groups, labels are permuted among groups.
    validation : Validation
        Settings of the cross-validation.

    Raises
    ------
    InputError
        If ``permute_labels`` is set as well, or a group has clips of several classes.
    """
    if not validation.permutations:
        return
    if validation.permute_labels:
        raise InputError(
            "permutations", got="permute_labels as well", expected="only one of the two"
        )
    if clips.y is not None:
        permute_labels(clips.y, clips.groups, np.random.default_rng(0))


def permuted_plan(
    vectors: FeatureVectors, specs: Sequence[SvmSpec], plan: Plan, number: int
) -> Plan:
    """Plan a cross-validation with permuted labels; its folds keep scores only.

    Parameters
    ----------
    vectors : FeatureVectors
        Clips with their true labels.
    specs : sequence of SvmSpec
        SVMs to fit.
    plan : Plan
        Plan with the true labels; its seed and ``number`` determine the permutation.
    number : int
        Index of the permutation.

    Returns
    -------
    Plan

    Raises
    ------
    InputError
        If a fold of the permuted labels cannot be trained.
    """
    assert vectors.y is not None
    rng = np.random.default_rng([plan.validation.seed, number])
    y = permute_labels(vectors.y, vectors.groups, rng)
    per_clip = [int(vectors.X.shape[1])]
    with warnings.catch_warnings():
        # Groups differ in size: permutation can leave a class with fewer clips than folds.
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        try:
            return make_plan(
                replace(vectors, y=y),
                per_clip,
                specs,
                plan.validation,
                splitter=plan.splitter,
                weight=plan.weight,
            ).scores_only()
        except InputError as error:
            raise InputError(f"permutation {number + 1}, {error}") from error
