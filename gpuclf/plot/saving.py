"""Figures as files and as inline SVG.

Inline SVG contains its text as text and takes its colors from the page: black becomes the color of
the surrounding text, and blue, orange and gray become the CSS variables ``--blue``, ``--orange``
and ``--grey`` if the page defines them, which supports dark mode. The output is deterministic.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gpuclf._utils.files import replacing
from gpuclf.errors import OutputError, one_of
from gpuclf.plot.classes import ON_DARK
from gpuclf.plot.style import BLUE, GREY, ORANGE, STANDARD, check_matplotlib

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KINDS = (".svg", ".pdf", ".png")
INK = "#000001"  # not #000000: matplotlib omits its default color from the SVG
PAGE_COLORS = {
    INK: "currentColor",
    BLUE: f"var(--blue, {BLUE})",
    ORANGE: f"var(--orange, {ORANGE})",
    GREY: f"var(--grey, {GREY})",
    ON_DARK: f"var(--on-dark, {ON_DARK})",
}
INKED = (
    *("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"),
    *("grid.color", "hatch.color", "legend.edgecolor"),
)

Draw = Callable[["Axes"], Any]


def check_figure(path: str | os.PathLike[str]) -> None:
    """Check that a figure can be drawn and saved, before the computation starts.

    Parameters
    ----------
    path : path
        Figure file; the suffix determines the format.

    Raises
    ------
    InputError
        If matplotlib is not installed.
    OutputError
        If the suffix is not .svg, .pdf or .png.
    """
    check_matplotlib()
    if Path(path).suffix.lower() not in KINDS:
        got = repr(Path(path).suffix) if Path(path).suffix else "no suffix"
        raise OutputError(str(path), got=got, expected=one_of(KINDS))


def save_figure(
    draw: Draw, path: str | os.PathLike[str], size: tuple[float, float] = STANDARD
) -> None:
    """Save a figure; on failure the file is left unchanged.

    Parameters
    ----------
    draw : callable
        Function that draws on the axes it is given.
    path : path
        Figure file, see `check_figure`.
    size : tuple of float
        Width and height in inches.
    """
    kind = Path(path).suffix.lower()[1:]
    with replacing(path) as draft:
        _save(_drawn(draw, size), draft, kind)


def inline_svg(draw: Draw, size: tuple[float, float] = STANDARD) -> str:
    """Return a figure as SVG for an HTML page.

    Parameters
    ----------
    draw : callable
        Function that draws on the axes it is given.
    size : tuple of float
        Width and height in inches.

    Returns
    -------
    str
        Element ``svg``.
    """
    check_matplotlib()
    from matplotlib import rc_context

    buffer = io.BytesIO()
    inks = dict.fromkeys(INKED, INK)
    look = {"svg.fonttype": "none", "svg.hashsalt": "gpuclf", "text.usetex": False}
    with rc_context({**inks, **look, "legend.framealpha": 0.0}):
        _save(_drawn(draw, size), buffer, "svg", transparent=True)
    svg = buffer.getvalue().decode()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.S)
    digest = hashlib.sha256(svg.encode()).hexdigest()[:8]  # makes ids unique within the page
    return re.sub(r"<[^>]*>", lambda tag: _in_page(tag[0], f"f{digest}-"), svg).strip()


def _in_page(tag: str, prefix: str) -> str:
    """Prefix the ids of a tag and replace its colors by those of the page."""
    tag = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{prefix}", tag)
    for color, page_color in PAGE_COLORS.items():
        tag = tag.replace(f": {color}", f": {page_color}")
    return tag


def _drawn(draw: Draw, size: tuple[float, float]) -> Figure:
    """Return a new figure with axes that are drawn on."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    draw(figure.add_subplot())
    return figure


def _save(figure: Figure, file: Any, kind: str, **options: Any) -> None:
    with warnings.catch_warnings():
        # Characters missing in the font: boxes in PDF and PNG, correct in inline SVG.
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        metadata = {"Date": None} if kind == "svg" else {}
        figure.savefig(file, format=kind, dpi=150, metadata=metadata, **options)
