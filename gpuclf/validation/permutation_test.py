"""Permutation test: the scores of a run under the null hypothesis.

The whole run is repeated with permuted labels, and splits of these, over the same kernel
matrix. M. Ojala and G. C. Garriga, *Permutation tests for studying classifier performance*,
Journal of Machine Learning Research 11, 2010, test 1.
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
    """Make sure that labels can be permuted, before any frame is read.

    Parameters
    ----------
    clips : ClipTable
        With groups, labels are permuted among groups.
    validation : Validation

    Raises
    ------
    InputError
        If labels are permuted already, or groups have no one label.
    """
    if not validation.permutations:
        return
    if validation.permute_labels:
        raise InputError(
            "permutations", got="labels that are permuted already", expected="permute_labels off"
        )
    if clips.y is not None:
        permute_labels(clips.y, clips.groups, np.random.default_rng(0))


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
        Its seed and the number determine the permutation.
    number : int
        Which permutation.

    Raises
    ------
    InputError
        If the permuted run cannot be done.
    """
    assert vectors.y is not None
    y = permute_labels(vectors.y, vectors.groups, np.random.default_rng([validation.seed, number]))
    per_clip = [int(vectors.X.shape[1])]
    with warnings.catch_warnings():
        # Groups differ in size: a class may have fewer clips than there are folds.
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        try:
            return make_plan(replace(vectors, y=y), per_clip, specs, validation).brief()
        except InputError as error:
            raise InputError(f"permutation {number + 1}, {error}") from error
