"""Pieces of HTML: templates beside this file, filled in by Jinja, with figures as inline SVG.

Every text is escaped on its way into a template, and nothing is fetched from elsewhere.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from gpuclf._utils.formatting import legible

if TYPE_CHECKING:
    from jinja2 import Environment


def render(template: str, **content: Any) -> str:
    """Fill in a template.

    Parameters
    ----------
    template : str
        Its file name.
    **content
        What it names.

    Returns
    -------
    str
        HTML.
    """
    return _environment().get_template(template).render(content)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("gpuclf", "report/templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["legible"] = legible
    return environment
