"""Validated dataclass fields.

The command line generates its options from the fields and their help from the docstring.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import field, fields
from typing import Any, get_type_hints

from gpuclf._utils.conversion import check_limits, conform
from gpuclf.errors import InputError, did_you_mean


def parameter(
    default: Any,
    *,
    above: float = -math.inf,
    at_least: float = -math.inf,
    below: float = math.inf,
    at_most: float = math.inf,
    log: bool = False,
) -> Any:
    """Return a dataclass field with limits.

    Parameters
    ----------
    default : any
    above, at_least, below, at_most : float
        Limits of a numeric value.
    log : bool
        Whether a random or guided search samples values on a logarithmic scale.

    Returns
    -------
    dataclasses.Field
    """
    limits = {"above": above, "at least": at_least, "below": below, "at most": at_most}
    return field(default=default, metadata={"limits": limits, "log": log})


def conform_fields(parameters: Any) -> None:
    """Convert all fields of a frozen dataclass to their types, and check their limits.

    Parameters
    ----------
    parameters : dataclass
        Its fields may be created by `parameter`.

    Raises
    ------
    InputError
        If a value is invalid.
    """
    hints = get_type_hints(type(parameters))
    for each in fields(parameters):
        value = conform(each.name, getattr(parameters, each.name), hints[each.name])
        check_limits(each.name, value, each.metadata.get("limits", {}))
        object.__setattr__(parameters, each.name, value)


def check_names(kind: type, values: Iterable[str], what: str) -> None:
    """Check that names are those of fields of a dataclass.

    Raises
    ------
    InputError
        If a name is unknown; the message begins with ``what``.
    """
    known = [each.name for each in fields(kind)]
    for name in values:
        if name not in known:
            raise InputError(what, got=repr(name), expected=did_you_mean(name, known))
