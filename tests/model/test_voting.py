"""Majority voting."""

import numpy as np
from gpuclf.model.voting import elect, vote_counts
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays


@given(
    arrays(np.int64, st.tuples(st.integers(1, 9), st.integers(1, 13)), elements=st.integers(0, 4))
)
def test_class_with_most_votes_wins_and_ties_go_to_the_lower_index(votes):
    counts = vote_counts(votes, 5, np)
    assert (counts.sum(axis=1) == votes.shape[1]).all()
    assert elect(counts).tolist() == [np.bincount(ballot).argmax() for ballot in votes]


def test_votes_are_counted_on_the_device(backend):
    votes = backend.asarray(np.array([[3, 0, 3], [1, 2, 0]]))
    counts = vote_counts(votes, 4, backend.xp)
    assert backend.to_host(counts).tolist() == [[1, 0, 0, 2], [1, 1, 1, 0]]
    assert backend.to_host(elect(counts)).tolist() == [3, 0]
