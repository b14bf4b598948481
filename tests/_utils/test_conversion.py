"""Conversion and validation of parameter values."""

from typing import Literal

import numpy as np
import pytest
from gpuclf._utils.conversion import check_limits, conform, from_text
from gpuclf.errors import InputError
from hypothesis import given
from hypothesis import strategies as st

GAMMA = Literal["scale", "auto"] | float
STATISTICS = tuple[Literal["sum", "mean"], ...]


@pytest.mark.parametrize(
    ("value", "hint", "expected"),
    [
        (1, float, 1.0),
        (np.float32(0.5), float, 0.5),
        (np.int64(3), int, 3),
        ("scale", GAMMA, "scale"),
        (1, GAMMA, 1.0),
        (None, int | None, None),
        (3, int | None, 3),
        (True, bool, True),
        ("a", str, "a"),
        ("sum,mean", STATISTICS, ("sum", "mean")),
        (["mean"], STATISTICS, ("mean",)),
        ((), STATISTICS, ()),
        (1.0, Literal[1, 2], 1.0),
    ],
)
def test_a_value_is_converted_to_the_type_of_its_field(value, hint, expected):
    converted = conform("name", value, hint)
    assert converted == expected and type(converted) is type(expected)


@pytest.mark.parametrize(
    ("value", "hint", "message"),
    [
        ("1", float, "name: got '1', expected a number"),
        (True, float, "name: got True, expected a number"),
        (True, int, "name: got True, expected an integer"),
        (1.0, int, "name: got 1.0, expected an integer"),
        (float("nan"), float, "name: got nan, expected a number"),
        (float("inf"), GAMMA, "name: got inf, expected one of scale, auto or a number"),
        (10**400, float, "name: got 1000"),
        (1, bool, "name: got 1, expected true or false"),
        (1, str, "name: got 1, expected a string"),
        (None, int, "name: got None, expected an integer"),
        ("x", int | None, "name: got 'x', expected an integer or none"),
        ("sum,median", STATISTICS, "name: got 'median', expected one of sum, mean"),
        (3, STATISTICS, "name: got 3, expected a list"),
        ([1], Literal["a"], "name: got [1], expected one of a"),
    ],
)
def test_an_invalid_value_is_an_error(value, hint, message):
    with pytest.raises(InputError) as caught:
        conform("name", value, hint)
    assert str(caught.value).startswith(message)


@given(
    st.integers(-(10**6), 10**6), st.floats(allow_nan=False, allow_infinity=False), st.booleans()
)
def test_the_text_of_a_value_is_parsed_back(whole, number, truth):
    assert from_text("name", str(whole), int) == whole
    assert from_text("name", repr(number), float) == number
    assert from_text("name", repr(number), GAMMA) == number
    assert from_text("name", str(truth).lower(), bool) is truth
    assert from_text("name", "none", int | None) is None
    assert from_text("name", str(whole), int | None) == whole


@pytest.mark.parametrize(
    ("text", "hint", "message"),
    [
        ("1.5", int, "name: got '1.5', expected an integer"),
        ("True", bool, "name: got 'True', expected true or false"),
        ("None", int | None, "name: got 'None', expected an integer or none"),
        ("inf", float, "name: got inf, expected a number"),
        ("sum+median", STATISTICS, "name: got 'median', expected one of sum, mean"),
        ("scal", GAMMA, "name: got 'scal', expected one of scale, auto or a number"),
    ],
)
def test_an_invalid_text_is_an_error(text, hint, message):
    with pytest.raises(InputError) as caught:
        from_text("name", text, hint)
    assert str(caught.value) == message


LIMITS = {"above": 0.0, "at least": -np.inf, "below": np.inf, "at most": 1.0}


def test_a_number_outside_its_limits_is_an_error_that_names_them():
    for valid in (0.1, 1, 1.0, "scale", None):
        check_limits("nu", valid, LIMITS)
    for invalid in (0, -1, 1.01):
        with pytest.raises(
            InputError, match=f"nu: got {invalid}, expected a number above 0 and at most 1"
        ):
            check_limits("nu", invalid, LIMITS)
