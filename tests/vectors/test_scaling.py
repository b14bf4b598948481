"""Scaling, compared with scikit-learn."""

import numpy as np
import pytest
from gpuclf.errors import InputError
from gpuclf.vectors.scaling import fit_scaler
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.preprocessing import MinMaxScaler, StandardScaler

X = (np.random.default_rng(0).gamma(2, 30, size=(50, 7)) + 1000).astype(np.float32)


@pytest.mark.parametrize(
    ("scale", "reference"), [("minmax", MinMaxScaler()), ("std", StandardScaler())]
)
def test_scaling_matches_scikit_learn_in_float64(backend, scale, reference):
    train, test = X[:40], X[40:]
    scaler = fit_scaler(backend.asarray(train), scale, backend.xp)
    got = backend.to_host(scaler.transform(backend.asarray(test), "float64"))
    expected = reference.fit(train.astype(np.float64)).transform(test.astype(np.float64))
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12)


def test_scale_none_leaves_vectors_unchanged(backend):
    vectors = backend.asarray(X)
    got = fit_scaler(vectors, "none", backend.xp).transform(vectors, "float32")
    np.testing.assert_array_equal(backend.to_host(got), X)


@pytest.mark.parametrize("scale", ["minmax", "std"])
@pytest.mark.parametrize("value", [0.0, 0.1, -1e30])
def test_feature_constant_in_training_becomes_0_in_the_test(backend, scale, value):
    train = np.full((7, 1), value, dtype=np.float32)
    scaler = fit_scaler(backend.asarray(train), scale, backend.xp)
    test = backend.asarray(np.array([[value], [5.0]], dtype=np.float32))
    assert backend.to_host(scaler.transform(test, "float32")).tolist() == [[0], [0]]


@given(
    arrays(
        np.float32,
        st.tuples(st.integers(2, 20), st.integers(1, 5)),
        elements=st.floats(-(2.0**100), 2.0**100, width=32),
    )
)
def test_minmax_maps_training_vectors_to_0_and_1_without_nan(vectors):
    scaled = fit_scaler(vectors, "minmax", np).transform(vectors, "float64")
    assert np.isfinite(scaled).all()
    assert scaled.min() == 0 and scaled.max() <= 1
    varied = vectors.max(axis=0) > vectors.min(axis=0)
    assert (scaled.max(axis=0) == varied).all()


def test_unknown_scaling_raises():
    with pytest.raises(InputError, match="scale: got 'max', expected one of none, minmax, std"):
        fit_scaler(X, "max", np)


@pytest.mark.parametrize("size", [1e-24, 1e20])
def test_standard_deviation_does_not_overflow_float32(backend, size):
    train = (X * size).astype(np.float32)
    scaler = fit_scaler(backend.asarray(train), "std", backend.xp)
    expected = train.astype(np.float64).std(axis=0)
    np.testing.assert_allclose(backend.to_host(scaler.divisor), expected, rtol=1e-9)
