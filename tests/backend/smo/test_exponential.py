import numpy as np
import pytest
from gpuclf.backend.smo.exponential import exp_of_negative


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_relative_error_is_a_few_units_in_the_last_place(dtype):
    import numba

    run = numba.njit(exp_of_negative)
    values = np.concatenate([[0.0], np.geomspace(1e-9, 80, 5000)]).astype(dtype)
    got, factor = values.copy(), np.dtype(dtype).type(0.7)
    run(got, factor, np.empty(len(values), np.int32))
    exact = np.exp(-(values * factor).astype(np.float64))
    np.testing.assert_allclose(got, exact, rtol=3e-7 if dtype == "float32" else 1e-14)
    assert got[0] == 1


def test_results_below_the_range_of_float32_are_almost_zero():
    import numba

    run = numba.njit(exp_of_negative)
    values = np.array([200.0, 3e38], np.float32)
    run(values, np.float32(1), np.empty(2, np.int32))
    assert (values >= 0).all() and (values < 1e-37).all()
