"""Regions of a recording: its windows with a label, merged or not."""

from pathlib import Path

import numpy as np
import pytest
from gpuclf.errors import InputError
from gpuclf.model.window_predictions import WindowPredictions

LABELS = ("wren", "robin", "crow")


def predictions_of(votes, window=3.0, hop=1.5, predicted=None):
    votes = np.array(votes)
    starts = hop * np.arange(len(votes))
    return WindowPredictions(
        recording="a.wav",
        name=Path("a.wav"),
        labels=LABELS,
        times=np.column_stack([starts, starts + window]),
        predicted=votes.argmax(axis=1) if predicted is None else np.array(predicted),
        votes=votes,
        band=(0, 11_025),
    )


def test_every_window_is_a_region_with_the_vote_shares_of_all_classes():
    regions = predictions_of([[4, 0, 0], [1, 2, 1]]).regions()
    assert regions.times.tolist() == [[0, 3], [1.5, 4.5]]
    assert regions.predicted.tolist() == [0, 1]
    assert regions.score.tolist() == [1, 0.5]
    assert regions.vote_shares.tolist() == [[1, 0, 0], [0.25, 0.5, 0.25]]


def test_windows_below_the_minimum_score_are_left_out():
    made = predictions_of([[4, 0, 0], [1, 2, 1], [0, 3, 1]])
    assert made.regions(0.75).times[:, 0].tolist() == [0, 3]
    assert made.regions(0.5).times[:, 0].tolist() == [0, 1.5, 3]


def test_windows_without_a_label_are_left_out():
    made = predictions_of([[4, 0, 0], [0, 0, 0], [0, 3, 1]], predicted=[0, -1, -1])
    assert made.regions().times.tolist() == [[0, 3]]
    assert made.regions(merge=True).times.tolist() == [[0, 2.25]]


def test_merged_windows_have_the_mean_of_their_vote_shares():
    regions = predictions_of([[4, 0, 0], [2, 1, 1], [0, 4, 0]]).regions(merge=True)
    assert regions.times.tolist() == [[0, 3.75], [3.75, 6]]
    assert regions.score.tolist() == [0.75, 1]
    assert regions.vote_shares[0].tolist() == [0.75, 0.125, 0.125]


def test_windows_of_one_class_around_one_below_the_minimum_are_not_merged():
    made = predictions_of([[4, 0, 0], [2, 1, 1], [4, 0, 0]], window=1, hop=1)
    assert made.regions(0.6, merge=True).times.tolist() == [[0, 1], [2, 3]]
    assert made.regions(merge=True).times.tolist() == [[0, 3]]


@pytest.mark.parametrize("merge", [False, True])
def test_there_may_be_no_region(merge):
    regions = predictions_of([[2, 1, 1]]).regions(0.9, merge=merge)
    assert len(regions) == 0 and regions.times.shape == (0, 2) and regions.score.shape == (0,)
    assert regions.vote_shares.shape == (0, 3)


def test_predictions_are_not_changed():
    made = predictions_of([[2, 1, 1]])
    made.regions(0.9)
    assert made.predicted.tolist() == [0]


@pytest.mark.parametrize("score", [-0.1, 1.5, float("nan")])
def test_minimum_score_is_a_fraction(score):
    with pytest.raises(InputError, match=r"min_score: got .*, expected 0 to 1"):
        predictions_of([[2, 1, 1]]).regions(score)
