"""The clips that most votes are wrong about."""

import numpy as np
from gpuclf.validation.clip_votes import ClipVotes
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays


def tally(y, votes):
    votes, y = np.array(votes), np.array(y)
    nothing = np.zeros(len(y), int)
    own = votes[np.arange(len(y)), y]
    return ClipVotes(np.arange(len(y)).astype(str), y, nothing, nothing, votes, own)


def test_the_surest_mistake_comes_first():
    found = tally([0, 0, 1, 1], [[3, 9, 0], [12, 0, 0], [12, 0, 12], [0, 0, 1]]).mistakes()
    assert [(one.clip, one.taken_for) for one in found] == [(3, 2), (0, 1), (2, 0)]
    assert [(one.share_true, one.share_taken) for one in found] == [(0, 1), (0.25, 0.75), (0, 0.5)]


def test_a_tie_with_its_own_class_and_a_clip_never_tested_are_no_mistakes():
    assert not tally([1, 0], [[6, 6, 0], [0, 0, 0]]).mistakes()


@given(
    votes=arrays(np.int64, (9, 3), elements=st.integers(0, 4)),
    y=arrays(np.int64, 9, elements=st.integers(0, 2)),
)
def test_mistakes_are_the_clips_whose_class_has_not_most_votes(votes, y):
    found = {one.clip for one in tally(y, votes).mistakes()}
    assert found == set(np.flatnonzero(votes.max(axis=1) > votes[np.arange(9), y]).tolist())
