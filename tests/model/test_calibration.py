"""Probabilities from votes and decision values."""

import numpy as np
import pytest
from gpuclf.metrics import brier, log_loss
from gpuclf.model.calibration import ClipCalibration, ClipScores, confidence
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax


def made(clips, classes=3, vectors=4, sharpness=1.0, seed=0):
    """Return scores of clips, and classes drawn with the softmax of some multiple of them."""
    rng = np.random.default_rng(seed)
    decisions = rng.normal(scale=2, size=(clips, vectors, classes))
    scores = ClipScores.of(decisions.argmax(axis=2), decisions)
    bias = np.linspace(-0.5, 0.5, classes)
    probabilities = softmax(sharpness * scores.decisions + 2 * scores.shares + bias, axis=1)
    y = (probabilities.cumsum(axis=1) > rng.random((clips, 1))).argmax(axis=1)
    return scores, y


def test_parameters_of_the_model_that_drew_the_classes_are_found():
    scores, y = made(40_000, sharpness=0.7)
    calibration = ClipCalibration.fit(scores, y)
    assert calibration.decision_weight == pytest.approx(0.7, abs=0.05)
    assert calibration.vote_weight == pytest.approx(2, abs=0.15)
    bias = calibration.bias - calibration.bias.mean()
    np.testing.assert_allclose(bias, [-0.5, 0, 0.5], atol=0.05)


@pytest.mark.parametrize("sharpness", [0.1, 5])
def test_probabilities_of_new_clips_are_better_than_the_softmax_of_decision_values(sharpness):
    (scores, y), (new, new_y) = (made(300, sharpness=sharpness, seed=seed) for seed in (0, 1))
    after = ClipCalibration.fit(scores, y).probabilities(new)
    before = ClipCalibration.none(3).probabilities(new)
    assert log_loss(new_y, after).mean() < log_loss(new_y, before).mean()
    assert brier(new_y, after).mean() < brier(new_y, before).mean()


@given(st.integers(2, 6), st.integers(2, 40), st.integers(1, 5), st.integers(0, 1000))
def test_probabilities_are_between_0_and_1_and_sum_to_1(classes, clips, vectors, seed):
    scores, y = made(clips, classes, vectors, seed=seed)
    probabilities = ClipCalibration.fit(scores, y).probabilities(scores)
    assert ((probabilities > 0) & (probabilities < 1)).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


@given(st.integers(5, 40), st.integers(0, 1000))
def test_fit_does_not_depend_on_the_order_of_clips(clips, seed):
    scores, y = made(clips, seed=seed)
    order = np.random.default_rng(seed).permutation(clips)
    fitted = ClipCalibration.fit(scores, y)
    permuted = ClipCalibration.fit(ClipScores(*(each[order] for each in scores)), y[order])
    np.testing.assert_allclose(
        fitted.probabilities(scores), permuted.probabilities(scores), atol=1e-3
    )


def test_no_class_is_certain_although_all_predictions_are_correct():
    y = np.repeat([0, 1], 10)
    decisions = np.where(np.eye(2, dtype=bool)[y], 5.0, -5.0)[:, None]
    scores = ClipScores.of(y[:, None], decisions)
    sure = confidence(ClipCalibration.fit(scores, y).probabilities(scores), y)
    assert (sure > 0.9).all() and (sure < 0.99).all()  # (20 + 1) / (20 + 2) with Laplace's rule


def test_class_that_is_missing_in_training_has_probability_0():
    scores, y = made(50)
    scores.decisions[:10, 2] = -np.inf
    calibration = ClipCalibration.fit(scores, y)
    probabilities = calibration.probabilities(scores)
    assert (probabilities[:10, 2] == 0).all() and (probabilities[10:] > 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


def test_clips_of_a_class_that_is_missing_in_training_are_not_used():
    scores, y = made(50)
    lost = y == 2
    lost[np.flatnonzero(lost)[:3]] = False
    scores.decisions[lost, 2] = -np.inf
    fitted = ClipCalibration.fit(scores, y)
    kept = ClipCalibration.fit(ClipScores(*(each[~lost] for each in scores)), y[~lost])
    np.testing.assert_allclose(fitted.bias, kept.bias)
    assert fitted.decision_weight == kept.decision_weight
