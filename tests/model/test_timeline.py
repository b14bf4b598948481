"""Consecutive windows of one class are merged to stretches."""

import numpy as np
from gpuclf.model.timeline import stretches


def bounds(times, classes):
    return [run[:2] for run in stretches(np.array(times, float), np.array(classes))]


def test_stretches_of_overlapping_windows_meet_in_the_middle_of_the_overlap():
    times = [(0, 3), (1, 4), (2, 5), (3, 6)]
    assert bounds(times, [0, 0, 1, 1]) == [(0, 3), (3, 6)]


def test_stretches_of_adjacent_windows_meet_where_the_windows_meet():
    assert bounds([(0, 2), (2, 4), (4, 6)], [0, 1, 1]) == [(0, 2), (2, 6)]


def test_stretches_do_not_reach_into_gaps_between_windows():
    assert bounds([(0, 1), (5, 6), (10, 11)], [0, 1, 1]) == [(0, 1), (5, 11)]


def test_stretch_names_its_windows():
    runs = stretches(np.array([(0, 1), (1, 2), (2, 3)], float), np.array([2, 2, 0]))
    assert [(run.first, run.stop) for run in runs] == [(0, 2), (2, 3)]


def test_no_windows_make_no_stretch():
    assert stretches(np.zeros((0, 2)), np.zeros(0, int)) == []
