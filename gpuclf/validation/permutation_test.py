"""Permuted labels: how a run scores if labels mean nothing.

The whole run is repeated with labels dealt out anew, its splits with them, over the same kernel
matrix. M. Ojala and G. C. Garriga, *Permutation tests for studying classifier performance*, Journal
of Machine Learning Research 11, 2010, test 1.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gpuclf.errors import InputError
from gpuclf.svm import SvmSpec
from gpuclf.validation.label_permutation import deal
from gpuclf.validation.plan import ClipTable, Plan, Validation, make_plan
from gpuclf.vectors.feature_vectors import FeatureVectors


def check_permutable(clips: ClipTable, validation: Validation, permutations: int) -> None:
    """Make sure that labels can be permuted, before any frame is read.

    Parameters
    ----------
    clips : ClipTable
        With groups, labels are dealt out to groups.
    validation : Validation
    permutations : int
        How often.

    Raises
    ------
    InputError
        If labels are permuted already, or groups have no one label.
    """
    if permutations < 0:
        raise InputError("permutations", got=permutations, expected="0 or more")
    if permutations and validation.permute_labels:
        raise InputError(
            "permutations", got="labels that are permuted already", expected="permute_labels off"
        )
    if permutations and clips.y is not None:
        deal(clips.y, clips.groups, np.random.default_rng(0))


def permuted_plan(
    vectors: FeatureVectors, specs: Sequence[SvmSpec], validation: Validation, number: int
) -> Plan:
    """Plan the run again with permuted labels, of which nothing but scores are wanted.

    Parameters
    ----------
    vectors : FeatureVectors
    specs : sequence of SvmSpec
        What will be fitted.
    validation : Validation
        Its seed and the number settle how labels are dealt.
    number : int
        Which permutation.

    Raises
    ------
    InputError
        If the permuted run cannot be done.
    """
    assert vectors.y is not None
    y = deal(vectors.y, vectors.groups, np.random.default_rng([validation.seed, number]))
    per_clip = int(vectors.X.shape[1])
    with warnings.catch_warnings():
        # Groups differ in size: a class may have fewer clips than there are folds.
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        try:
            return make_plan(replace(vectors, y=y), per_clip, specs, validation).brief()
        except InputError as error:
            raise InputError(f"permutation {number + 1}, {error}") from error
