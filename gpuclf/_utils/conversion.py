"""Conversion and validation of parameter values."""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Mapping
from numbers import Integral, Real
from operator import ge, gt, le, lt
from typing import Any, Literal, Union, get_args, get_origin

from gpuclf.errors import InputError, one_of


def conform(name: str, value: Any, hint: Any) -> Any:
    """Convert a value to the type of its field, or raise.

    Parameters
    ----------
    name : str
        Name of the parameter, for the message.
    value : any
        Value to convert: an integer to a float, a comma-separated string to a tuple.
    hint : type
        `int`, `float`, `bool`, `str`, ``Literal``, ``tuple`` of one of these, or a union of them.

    Raises
    ------
    InputError
        If the value cannot be converted.

    Examples
    --------
    >>> conform("gamma", 2, Literal["scale", "auto"] | float)
    2.0
    """
    for alternative in _alternatives(hint):
        try:
            return _converted(name, value, alternative)
        except InputError:  # raised for an item of a list
            raise
        except (TypeError, ValueError, OverflowError):
            continue
    raise InputError(name, got=repr(value), expected=_expected(hint))


def from_text(name: str, text: str, hint: Any) -> Any:
    """Convert one item of a comma-separated list of values to the type of its field.

    Parameters
    ----------
    name : str
        Name of the parameter, for the message.
    text : str
        ``+`` joins the items of a tuple; ``none`` stands for None.
    hint : type
        See `conform`.

    Raises
    ------
    InputError
        If the text cannot be converted.

    Examples
    --------
    >>> from_text("C", "1e-2", float), from_text("statistics", "mean+std", tuple[str, ...])
    (0.01, ('mean', 'std'))
    """
    for kind in _alternatives(hint):
        if get_origin(kind) is Literal and text not in get_args(kind):
            continue
        try:
            value = _READERS.get(get_origin(kind) or kind, str)(text)
        except (ValueError, KeyError):
            continue
        return conform(name, value, hint)
    raise InputError(name, got=repr(text), expected=_expected(hint))


def _converted(name: str, value: Any, hint: Any) -> Any:
    if get_origin(hint) is tuple and isinstance(value, str | list | tuple):
        items = value.split(",") if isinstance(value, str) else value
        return tuple(conform(name, item, get_args(hint)[0]) for item in items)
    if get_origin(hint) is Literal and value in get_args(hint):
        return value
    if hint in (int, float) and type(value) is not bool:
        number = hint(value) if isinstance(value, _NUMBERS[hint]) else math.nan
        if math.isfinite(number):
            return number
    elif hint in (bool, str, type(None)) and isinstance(value, hint):
        return value
    raise TypeError(hint)


_NUMBERS = {int: Integral, float: Real}  # including NumPy scalars
_READERS: dict[Any, Callable[[str], Any]] = {
    int: int,
    float: float,
    bool: {"true": True, "false": False}.__getitem__,
    type(None): {"none": None}.__getitem__,
    tuple: lambda text: text.split("+"),
}


def _alternatives(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)


def _expected(hint: Any) -> str:
    return " or ".join(map(_describe, _alternatives(hint)))


def _describe(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return one_of(get_args(hint))
    names = {int: "an integer", float: "a number", bool: "true or false", str: "a string"}
    return names.get(hint, "none" if hint is type(None) else "a list")


_WITHIN = {"above": gt, "at least": ge, "below": lt, "at most": le}


def check_limits(name: str, value: Any, limits: Mapping[str, float]) -> None:
    """Check that a number is within its limits.

    Parameters
    ----------
    name : str
        Name of the parameter, for the message.
    value : any
        Values that are not numbers are accepted.
    limits : mapping of {"above", "at least", "below", "at most"} to float

    Raises
    ------
    InputError
        If the number is outside its limits.
    """
    if not isinstance(value, int | float):
        return
    if not all(_WITHIN[word](value, limit) for word, limit in limits.items()):
        bounds = [f"{word} {limit:.10g}" for word, limit in limits.items() if math.isfinite(limit)]
        raise InputError(name, got=value, expected="a number " + " and ".join(bounds))
