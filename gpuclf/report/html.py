"""Rendering of the Jinja templates in the folder ``templates``.

All texts are escaped, and figures are inline SVG: the HTML is self-contained.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from gpuclf._utils.formatting import legible

if TYPE_CHECKING:
    from jinja2 import Environment


def render(template: str, **content: Any) -> str:
    """Render a template.

    Parameters
    ----------
    template : str
        File name of the template.
    **content
        Variables of the template.

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
