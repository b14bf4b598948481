"""Dataclasses of parameters, each with its documentation and its limits.

The options of the command line and the help texts are read off their fields.
"""

from __future__ import annotations

import math
from dataclasses import field, fields
from typing import Any, get_type_hints

from gpuclf._utils.conversion import check_limits, conform


def parameter(
    default: Any,
    panel: str,
    help: str,
    *,
    above: float = -math.inf,
    at_least: float = -math.inf,
    below: float = math.inf,
    at_most: float = math.inf,
    log: bool = False,
) -> Any:
    """Make a field.

    Parameters
    ----------
    default : any
    panel : str
        Under which its option stands.
    help : str
        What it means, in a sentence.
    above, at_least, below, at_most : float
        Limits of a number.
    log : bool
        Whether its values differ by factors, and not by steps.

    Returns
    -------
    dataclasses.Field
    """
    limits = {"above": above, "at least": at_least, "below": below, "at most": at_most}
    about = {"panel": panel, "help": help, "limits": limits, "log": log}
    return field(default=default, metadata=about)


def conform_fields(one: Any, **usual: Any) -> None:
    """Bring all fields of a frozen dataclass into their types, within their limits.

    Parameters
    ----------
    one : dataclass of fields that `parameter` made
    **usual
        What stands for None in a field.

    Raises
    ------
    InputError
        If a value does not fit.
    """
    hints = get_type_hints(type(one))
    for each in fields(one):
        given = getattr(one, each.name)
        given = usual.get(each.name) if given is None else given
        value = conform(each.name, given, hints[each.name])
        check_limits(each.name, value, each.metadata["limits"])
        object.__setattr__(one, each.name, value)
