"""Labels are dealt out to clips, or to whole groups."""

import numpy as np
import pytest
from gpuclf.errors import InputError
from gpuclf.validation.label_permutation import permute_labels
from hypothesis import given
from hypothesis import strategies as st


def test_without_groups_every_clip_may_get_any_label():
    y = np.repeat([0, 1, 2], 20)
    dealt = permute_labels(y, None, np.random.default_rng(0))
    assert sorted(dealt) == sorted(y) and 10 < (dealt == y).sum() < 32


@given(
    sizes=st.lists(st.integers(1, 4), min_size=4, max_size=12),
    labels=st.lists(st.integers(0, 2), min_size=12, max_size=12),
    seed=st.integers(0, 1000),
)
def test_labels_are_dealt_out_to_groups_and_none_is_lost(sizes, labels, seed):
    rng = np.random.default_rng(seed)
    groups = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    of_group = np.array(labels[: len(sizes)])
    dealt = permute_labels(of_group[groups], groups, rng)
    found = [set(dealt[groups == group]) for group in range(len(sizes))]
    assert all(len(labels) == 1 for labels in found)
    assert sorted(label for labels in found for label in labels) == sorted(of_group)


def test_a_group_of_several_classes_has_no_label_to_deal_out():
    groups = np.array(["Abba", "Abba", "Blur"])
    with pytest.raises(InputError, match="permuted labels: got the group 'Abba' with clips of sev"):
        permute_labels(np.array([0, 1, 1]), groups, np.random.default_rng(0))
