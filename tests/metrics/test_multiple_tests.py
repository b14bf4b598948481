"""Holm's adjustment of p-values."""

import numpy as np
import pytest
from gpuclf.metrics.multiple_tests import holm
from hypothesis import given
from hypothesis import strategies as st

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def test_adjusted_p_values_of_a_worked_example():
    """The smallest of m is multiplied by m, the next by m - 1, and none is below one before it."""
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])


@given(P_VALUES)
def test_the_step_down_procedure_rejects_what_is_below_the_level(p):
    """Holm's procedure as he states it: stop at the first p-value above level / (m - k)."""
    level, order = 0.05, np.argsort(p, kind="stable")
    rejected = np.zeros(len(p), bool)
    for k, n in enumerate(order):
        if p[n] * (len(p) - k) > level:
            break
        rejected[n] = True
    np.testing.assert_array_equal(holm(p) <= level, rejected)


@given(P_VALUES)
def test_an_adjusted_p_value_is_between_the_p_value_and_bonferronis(p):
    adjusted = holm(p)
    assert (adjusted >= p).all() and (adjusted <= np.minimum(1, len(p) * np.array(p))).all()


def test_one_test_is_not_adjusted_and_undefined_tests_do_not_count():
    assert holm([0.04]).tolist() == [0.04]
    np.testing.assert_array_equal(holm([np.nan, 0.02, np.nan, 0.03]), [np.nan, 0.04, np.nan, 0.04])
    assert holm([]).shape == (0,)
    assert holm([0.5, 0.9]) == pytest.approx([1, 1])
