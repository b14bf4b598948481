"""Permutation of labels among clips or groups."""

import numpy as np
import pytest
from gpuclf.errors import InputError
from gpuclf.validation.label_permutation import permute_labels
from hypothesis import given
from hypothesis import strategies as st


def test_labels_are_permuted_among_clips_without_groups():
    y = np.repeat([0, 1, 2], 20)
    permuted = permute_labels(y, None, np.random.default_rng(0))
    assert sorted(permuted) == sorted(y) and 10 < (permuted == y).sum() < 32


@given(
    sizes=st.lists(st.integers(1, 4), min_size=4, max_size=12),
    labels=st.lists(st.integers(0, 2), min_size=12, max_size=12),
    seed=st.integers(0, 1000),
)
def test_labels_are_permuted_among_groups(sizes, labels, seed):
    rng = np.random.default_rng(seed)
    groups = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    of_group = np.array(labels[: len(sizes)])
    permuted = permute_labels(of_group[groups], groups, rng)
    by_group = [set(permuted[groups == group]) for group in range(len(sizes))]
    assert all(len(labels) == 1 for labels in by_group)
    assert sorted(label for labels in by_group for label in labels) == sorted(of_group)


def test_group_with_several_classes_raises():
    groups = np.array(["Abba", "Abba", "Blur"])
    with pytest.raises(InputError, match="permuted labels: got group 'Abba' with clips of several"):
        permute_labels(np.array([0, 1, 1]), groups, np.random.default_rng(0))
