"""Parser of parameter descriptions in numpydoc docstrings."""

from __future__ import annotations

import inspect
import re


def parameter_descriptions(documented: object) -> dict[str, str]:
    """Return the description of each parameter in a docstring, joined to one line.

    Parameters
    ----------
    documented : class or function
        Object whose docstring has a section ``Parameters``.

    Returns
    -------
    dict of str to str
        Description by name; empty without a docstring, as under ``python -OO``.

    Examples
    --------
    >>> parameter_descriptions(parameter_descriptions)
    {'documented': 'Object whose docstring has a section ``Parameters``.'}
    """
    text = inspect.getdoc(documented) or ""
    section = re.search(r"Parameters\n-+\n(.*?)(?=\n\n|\Z)", text, re.DOTALL)
    descriptions: dict[str, str] = {}
    name = ""
    for line in section[1].splitlines() if section else ():
        if line.startswith(" "):
            descriptions[name] = f"{descriptions[name]} {line.strip()}".strip()
        else:
            name = line.split(" :")[0]
            descriptions[name] = ""
    return descriptions
