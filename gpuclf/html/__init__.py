"""Pieces of HTML: templates beside this file, filled in by Jinja, with figures as inline SVG.

Every text is escaped on its way into a template, and nothing is fetched from elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from gpuclf.html.parts import Facts, Picture
from gpuclf.wording import legible

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


def card(title: str, facts: Mapping[str, object], picture: Picture | None = None) -> str:
    """Show names and values and a figure, as a notebook does with the last value of a cell.

    Parameters
    ----------
    title : str
    facts : mapping
    picture : Picture, optional

    Returns
    -------
    str
        HTML.

    Examples
    --------
    >>> "<script>" in card("<script>", {"clips": 40})
    False
    """
    return render("card.html", title=title, facts=Facts(facts), picture=picture)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("gpuclf", "html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["legible"] = legible
    return environment
