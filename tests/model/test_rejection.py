"""Threshold of the probability for a target precision."""

import numpy as np
import pytest
from gpuclf.errors import InputError
from gpuclf.model.rejection import Rejection, check_target_precision, choose_threshold
from hypothesis import given
from hypothesis import strategies as st

clips = st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=80)
targets = st.floats(0.3, 0.97)


@given(clips, targets)
def test_accepted_clips_have_the_target_precision_also_with_one_more_error(drawn, target):
    sure, correct = np.array(drawn).T / 20, np.array([one for _, one in drawn])
    threshold = choose_threshold(sure[0], correct, target)
    accepted = sure[0] >= threshold
    errors = (accepted & ~correct).sum() + 1
    assert not accepted.any() or errors <= (1 - target) * (accepted.sum() + 1)


@given(clips, targets)
def test_no_lower_threshold_has_the_target_precision(drawn, target):
    sure, correct = np.array([one for one, _ in drawn]) / 20, np.array([one for _, one in drawn])
    threshold = choose_threshold(sure, correct, target)
    for lower in np.unique(sure[sure < threshold]):
        accepted = sure >= lower
        errors = (accepted & ~correct).sum() + 1
        assert errors > (1 - target) * (accepted.sum() + 1)


def test_few_correct_clips_are_no_evidence_of_a_high_precision():
    sure = np.linspace(0.99, 0.9, 19)
    assert choose_threshold(sure[:18], np.ones(18, bool), 0.95) == np.inf
    assert choose_threshold(sure, np.ones(19, bool), 0.95) == 0


def test_clips_with_equal_probability_are_accepted_or_rejected_together():
    sure, correct = np.array([0.9, 0.9, 0.9, 0.5]), np.array([True, False, True, False])
    assert choose_threshold(sure, correct, 0.5) == 0.9
    assert choose_threshold(sure, correct, 0.6) == np.inf


def test_no_clip_is_rejected_if_all_together_have_the_target_precision():
    sure, correct = np.array([0.9, 0.8, 0.7]), np.array([True, False, True])
    assert choose_threshold(sure, correct, 0.5) == 0


def test_precision_of_new_clips_is_the_target_on_average():
    rng = np.random.default_rng(0)
    reached = []
    for _ in range(200):
        sure = rng.uniform(0.4, 1, (2, 300))
        correct = rng.random((2, 300)) < sure
        accepted = sure[1] >= choose_threshold(sure[0], correct[0], 0.85)
        reached.append(correct[1][accepted].mean())
    assert np.mean(reached) == pytest.approx(0.85, abs=0.01)


def test_coverage_and_precision_count_accepted_clips():
    accepted, correct = np.array([1, 1, 0, 0], bool), np.array([1, 0, 1, 1], bool)
    rejection = Rejection.of(0.8, 0.7, accepted, correct)
    assert (rejection.coverage, rejection.precision) == (0.5, 0.5)
    assert np.isnan(Rejection.of(0.8, np.inf, np.zeros(4, bool), correct).precision)


@pytest.mark.parametrize("target", [0, 1, -0.5, np.nan, "0.9", True])
def test_target_precision_is_a_number_between_0_and_1(target):
    with pytest.raises(InputError, match=r"^target_precision: got .*expected a number above 0"):
        check_target_precision(target, probability=True)


def test_target_precision_requires_probabilities():
    with pytest.raises(InputError, match=r"^target_precision: .*expected probability=True$"):
        check_target_precision(0.9, probability=False)
