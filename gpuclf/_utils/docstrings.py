"""Descriptions of parameters, read from numpydoc docstrings."""

from __future__ import annotations

import inspect
import re


def parameter_descriptions(documented: object) -> dict[str, str]:
    """Return the description of each parameter in a docstring, on one line.

    Parameters
    ----------
    documented : class or function
        Its docstring has a section ``Parameters``.

    Returns
    -------
    dict of str to str
        Empty without a docstring, as under ``python -OO``.

    Examples
    --------
    >>> parameter_descriptions(parameter_descriptions)
    {'documented': 'Its docstring has a section ``Parameters``.'}
    """
    text = inspect.getdoc(documented) or ""
    section = re.search(r"Parameters\n-+\n(.*?)(?=\n\n|\Z)", text, re.DOTALL)
    found: dict[str, str] = {}
    name = ""
    for line in section[1].splitlines() if section else ():
        if line.startswith(" "):
            found[name] = f"{found[name]} {line.strip()}".strip()
        else:
            name = line.split(" :")[0]
            found[name] = ""
    return found
