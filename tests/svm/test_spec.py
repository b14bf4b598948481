"""Validation of the hyper-parameters of an SVM."""

import numpy as np
import pytest
from gpuclf.errors import InputError
from gpuclf.svm import SvmSpec, check_nu
from hypothesis import given
from hypothesis import strategies as st
from sklearn.svm import SVC, NuSVC


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"svm_type": "D"}, "svm_type: got 'D', expected one of C, nu, linear"),
        ({"kernel": "poly"}, "kernel: got 'poly', expected one of linear, rbf"),
        ({"C": 0}, "C: got 0, expected a number above 0"),
        ({"C": float("nan")}, "C: got nan"),
        ({"nu": 1.1}, "nu: got 1.1, expected a number above 0 and at most 1"),
        ({"gamma": "big"}, "gamma: got 'big', expected scale, auto or a number above 0"),
        ({"gamma": -1.0}, "gamma: got -1.0"),
    ],
)
def test_values_out_of_range_raise(values, message):
    with pytest.raises(InputError, match=message):
        SvmSpec(**values)


@pytest.mark.parametrize("gamma", ["scale", "auto", 0.25])
def test_gamma_matches_scikit_learn(backend, gamma):
    X = np.random.default_rng(0).normal(3, 2, size=(30, 4)).astype(np.float32)
    reference = SVC(gamma=gamma).fit(X, np.arange(30) % 2)._gamma
    got = SvmSpec(gamma=gamma).gamma_for(backend.asarray(X), backend.xp)
    assert got == pytest.approx(reference, rel=1e-9)


def test_gamma_of_constant_features_is_1_as_in_scikit_learn():
    assert SvmSpec().gamma_for(np.ones((4, 2)), np) == 1.0


def test_an_svm_type_without_backend_support_raises(backend):
    from dataclasses import replace

    limited = replace(backend, name="gpu", svm_types=("C", "linear"), require_library=lambda: None)
    SvmSpec(svm_type="C").check_backend(limited)
    message = "svm_type: got 'nu' on the backend gpu, expected one of C, linear, or the backend cpu"
    with pytest.raises(InputError, match=message):
        SvmSpec(svm_type="nu").check_backend(limited)


@given(st.floats(0.01, 1), st.lists(st.integers(1, 12), min_size=2, max_size=4))
def test_check_nu_raises_exactly_if_libsvm_does(nu, counts):
    y = np.repeat(np.arange(len(counts)), counts)
    X = np.random.default_rng(0).normal(size=(len(y), 2))
    try:
        NuSVC(nu=nu, kernel="linear", max_iter=1000).fit(X, y)
        feasible = True
    except ValueError as error:  # at nu = 1 libsvm may find no finite solution
        feasible = "infeasible" not in str(error)
    except Warning:  # not converged in 1000 steps, but feasible
        feasible = True
    if feasible:
        check_nu(nu, counts, "abcd")
    else:
        with pytest.raises(InputError, match="nu: got"):
            check_nu(nu, counts, "abcd")
