"""Unknown keyword arguments raise an error of one line that names the nearest parameter."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from typing import ParamSpec, TypeVar

from gpuclf.errors import InputError, did_you_mean

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Function = Callable[Parameters, Result]


def suggest_keywords(
    *options: type,
) -> Callable[[Function[Parameters, Result]], Function[Parameters, Result]]:
    """Return a decorator that raises for an unknown keyword argument of a function.

    Parameters
    ----------
    *options : dataclasses
        Their fields are keyword arguments as well: those that the function takes by ``**``.

    Raises
    ------
    InputError
        By the decorated function, if an argument is unknown; the message names the nearest
        parameter.

    Examples
    --------
    >>> @suggest_keywords()
    ... def split(*, folds=10, repeats=20):
    ...     return folds
    >>> split(fold=5)
    Traceback (most recent call last):
    gpuclf.errors.InputError: split: got unknown parameter 'fold', expected folds
    """

    def decorate(function: Function[Parameters, Result]) -> Function[Parameters, Result]:
        known = [
            name
            for name, parameter in inspect.signature(function).parameters.items()
            if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        ] + [field.name for kind in options for field in fields(kind)]

        @wraps(function)
        def checked(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
            for name in kwargs:
                if name not in known:
                    expected = did_you_mean(name, known)
                    got = f"unknown parameter {name!r}"
                    raise InputError(function.__name__, got=got, expected=expected)
            return function(*args, **kwargs)

        return checked

    return decorate
