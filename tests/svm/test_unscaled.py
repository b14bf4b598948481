"""The scale of features that makes an SVM slow is recognised before the fit."""

import numpy as np
import pytest
from gpuclf.svm import SvmSpec, describe_unscaled
from gpuclf.vectors.scaling import fit_scaler
from hypothesis import given
from hypothesis import strategies as st

X = np.random.default_rng(0).normal(3, 1, size=(90, 10)).astype(np.float32)


@pytest.mark.parametrize("factor", [1e-6, 1, 10, 25])
@pytest.mark.parametrize("svm_type", ["C", "nu", "linear"])
def test_scaled_and_mildly_unscaled_features_are_accepted(svm_type, factor):
    assert describe_unscaled(factor * X, SvmSpec(svm_type), "none", np) == ""


@pytest.mark.parametrize("factor", [100, 1e6])
@pytest.mark.parametrize("svm_type", ["C", "nu"])
def test_unscaled_features_are_named_with_the_remedy(svm_type, factor, backend):
    message = describe_unscaled(backend.asarray(factor * X), SvmSpec(svm_type), "none", backend.xp)
    assert "standard deviations up to" in message and "set scale to 'std' (--scale std)" in message


def test_one_large_feature_among_many_is_enough():
    one = X * np.where(np.arange(10) == 4, 1e6, 1)
    assert "up to 9.5e+05" in describe_unscaled(one, SvmSpec(), "none", np)


@pytest.mark.parametrize("scale", ["std", "minmax"])
@pytest.mark.parametrize("C", [0.01, 1.0, 100.0])
def test_scaling_is_always_enough(scale, C):
    assert describe_unscaled(1e6 * X, SvmSpec(C=C), scale, np) == ""
    scaled = fit_scaler(1e6 * X, scale, np).transform(1e6 * X, np.float32)
    assert describe_unscaled(scaled, SvmSpec(C=C), "none", np) == ""


@pytest.mark.parametrize(
    "spec", [SvmSpec("linear"), SvmSpec(kernel="rbf"), SvmSpec(kernel="precomputed")]
)
def test_svms_whose_time_does_not_grow_are_accepted(spec):
    assert describe_unscaled(1e6 * X, spec, "none", np) == ""


@given(st.floats(0.1, 1000), st.floats(1e-3, 1e3))
def test_a_factor_of_the_features_has_the_effect_of_its_square_on_c(factor, C):
    by_features = describe_unscaled(factor * X, SvmSpec(C=C), "none", np)
    by_penalty = describe_unscaled(X, SvmSpec(C=C * factor**2), "none", np)
    close = abs(C * factor**2 * X.var(axis=0).mean() / 1000 - 1) < 1e-3
    assert close or bool(by_features) == bool(by_penalty)


def test_a_shift_of_the_features_is_irrelevant():
    assert describe_unscaled(X.astype(float) + 1e6, SvmSpec(), "none", np) == ""
