import json

import numpy as np
import pytest
import sklearn.metrics
from gpuclf.errors import InputError
from gpuclf.metrics import brier, calibration, log_loss
from hypothesis import given
from hypothesis import strategies as st

votes = st.integers(1, 50).flatmap(
    lambda v: st.tuples(st.just(v), st.lists(st.integers(1, v), min_size=1, max_size=30))
)


def test_share_on_an_edge_belongs_to_the_lower_bin():
    for bins in range(1, 61):
        for each in (1, 2, 7):  # number of distinct shares per bin
            won = np.arange(1, bins * each + 1)
            binned = calibration(won, won, won / (bins * each), bins)
            assert (binned.count == each).all(), (bins, each)


@given(votes, st.integers(0, 2**32 - 1))
def test_bins_contain_mean_share_and_accuracy(drawn, seed):
    of, won = drawn
    shares = np.array(won) / of
    true, predicted = np.random.default_rng(seed).integers(0, 2, (2, len(won)))
    binned = calibration(true, predicted, shares, bins=10)
    error = 0.0
    for b, (low, high) in enumerate(zip(binned.edges, binned.edges[1:], strict=False)):
        inside = (low < shares) & (shares <= high)
        assert binned.count[b] == inside.sum()
        if inside.any():
            right, share = np.mean((true == predicted)[inside]), shares[inside].mean()
            assert (binned.accuracy[b], binned.share[b]) == pytest.approx((right, share))
            error += inside.mean() * abs(right - share)
        else:
            assert np.isnan([binned.accuracy[b], binned.share[b]]).all()
    assert binned.expected_error == pytest.approx(error)


def test_calibrated_shares_have_zero_error():
    true = np.zeros(10, int)
    predicted = np.array([0] * 7 + [1] * 3)
    assert calibration(true, predicted, np.full(10, 0.7)).expected_error == pytest.approx(0)
    assert calibration(true, predicted, np.ones(10)).expected_error == pytest.approx(0.3)


def test_empty_bins_are_null_in_json():
    binned = calibration(np.array([0, 1]), np.array([0, 0]), np.array([0.9, 1.0]), bins=2)
    assert json.loads(json.dumps(binned.to_dict(), allow_nan=False)) == {
        "edges": [0, 0.5, 1],
        "count": [0, 2],
        "share": [None, 0.95],
        "accuracy": [None, 0.5],
        "expected_error": pytest.approx(0.45),
    }


@pytest.mark.parametrize("share", [0.0, -0.1, 1.5, np.nan])
def test_share_outside_0_to_1_raises(share):
    with pytest.raises(InputError, match=f"shares: got {share}, expected shares above 0"):
        calibration(np.array([0, 1]), np.array([0, 1]), np.array([0.5, share]))


def test_zero_bins_raise():
    with pytest.raises(InputError, match="bins: got 0, expected at least 1"):
        calibration(np.array([0]), np.array([0]), np.array([1.0]), bins=0)


@given(st.integers(0, 2**32 - 1))
def test_brier_score_is_the_squared_distance(seed):
    rng = np.random.default_rng(seed)
    true = rng.integers(0, 3, 10)
    shares = rng.multinomial(12, [0.2, 0.3, 0.5], size=10) / 12
    distances = [
        sum((share - (c == own)) ** 2 for c, share in enumerate(row))
        for own, row in zip(true, shares, strict=True)
    ]
    np.testing.assert_allclose(brier(true, shares), distances)


def test_brier_score_ranges_from_0_to_2():
    true = np.array([0, 2, 1])
    assert (brier(true, np.eye(3)[true]) == 0).all()
    assert (brier(true, np.eye(3)[(true + 1) % 3]) == 2).all()


@given(st.integers(2, 6), st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_log_loss_is_that_of_scikit_learn(classes, samples, seed):
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.full(classes, 0.3), size=samples)
    true = rng.integers(0, classes, samples)
    expected = sklearn.metrics.log_loss(true, probabilities, labels=range(classes))
    np.testing.assert_allclose(log_loss(true, probabilities).mean(), expected)
