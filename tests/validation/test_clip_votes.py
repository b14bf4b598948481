"""Votes of clips over all folds, and misclassified clips."""

import numpy as np
from gpuclf.validation.clip_votes import ClipVotes
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays


def clip_votes(y, votes):
    votes, y = np.array(votes), np.array(y)
    zeros = np.zeros(len(y), int)
    correct = votes[np.arange(len(y)), y]
    return ClipVotes(np.arange(len(y)).astype(str), y, zeros, zeros, votes, correct)


def test_mistakes_are_sorted_by_their_lead():
    votes = clip_votes([0, 0, 1, 1], [[3, 9, 0], [12, 0, 0], [12, 0, 12], [0, 0, 1]])
    mistakes = votes.mistakes()
    assert [(m.clip, m.predicted) for m in mistakes] == [(3, 2), (0, 1), (2, 0)]
    assert [(m.share_true, m.share_predicted) for m in mistakes] == [(0, 1), (0.25, 0.75), (0, 0.5)]


def test_ties_with_the_true_class_and_untested_clips_are_no_mistakes():
    assert not clip_votes([1, 0], [[6, 6, 0], [0, 0, 0]]).mistakes()


@given(
    votes=arrays(np.int64, (9, 3), elements=st.integers(0, 4)),
    y=arrays(np.int64, 9, elements=st.integers(0, 2)),
)
def test_mistakes_are_the_clips_with_more_votes_for_another_class(votes, y):
    clips = {mistake.clip for mistake in clip_votes(y, votes).mistakes()}
    assert clips == set(np.flatnonzero(votes.max(axis=1) > votes[np.arange(9), y]).tolist())
