"""Figures in files, whole or not at all, and inline in a page.

Inline, a figure is SVG whose texts are texts, and whose colours are the page's: the ink is that of
the text around it, and blue, orange and grey are the variables ``--blue``, ``--orange``, ``--grey``
where the page sets them, so that it is read on white and on black. The same figure gives the same
SVG.
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
INK = "#000001"  # black, but told apart from matplotlib's own, which it does not write down
PAGE_COLOURS = {
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
    """Make sure that a figure can be drawn, before any work is done for it.

    Parameters
    ----------
    path : path
        Its ending says what kind of file it is.

    Raises
    ------
    InputError
        If matplotlib is not installed.
    OutputError
        If the ending is not known.
    """
    check_matplotlib()
    if Path(path).suffix.lower() not in KINDS:
        got = repr(Path(path).suffix) if Path(path).suffix else "no ending"
        raise OutputError(str(path), got=got, expected=one_of(KINDS))


def save_figure(
    draw: Draw, path: str | os.PathLike[str], size: tuple[float, float] = STANDARD
) -> None:
    """Draw into a file.

    Parameters
    ----------
    draw : callable
        Draws into the axes that it is given.
    path : path
        See `check_figure`.
    size : tuple of float
        Width and height in inches.
    """
    kind = Path(path).suffix.lower()[1:]
    with replacing(path) as draft:
        _save(_drawn(draw, size), draft, kind)


def inline_svg(draw: Draw, size: tuple[float, float] = STANDARD) -> str:
    """Draw into SVG that stands in a page.

    Parameters
    ----------
    draw : callable
        Draws into the axes that it is given.
    size : tuple of float
        Width and height in inches.

    Returns
    -------
    str
        An element ``svg``.
    """
    from matplotlib import rc_context

    room = io.BytesIO()
    inks = dict.fromkeys(INKED, INK)
    look = {"svg.fonttype": "none", "svg.hashsalt": "gpuclf", "text.usetex": False}
    with rc_context({**inks, **look, "legend.framealpha": 0.0}):
        _save(_drawn(draw, size), room, "svg", transparent=True)
    svg = room.getvalue().decode()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.S)
    own = hashlib.sha256(svg.encode()).hexdigest()[:8]  # what is named inside is of this figure
    return re.sub(r"<[^>]*>", lambda tag: _in_page(tag[0], f"f{own}-"), svg).strip()


def _in_page(tag: str, prefix: str) -> str:
    """Give a tag names of its own, and the page's colours."""
    tag = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{prefix}", tag)
    for colour, ours in PAGE_COLOURS.items():
        tag = tag.replace(f": {colour}", f": {ours}")
    return tag


def _drawn(draw: Draw, size: tuple[float, float]) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    draw(figure.add_subplot())
    return figure


def _save(figure: Figure, place: Any, kind: str, **options: Any) -> None:
    with warnings.catch_warnings():
        # A letter that the font lacks is a box on paper, and whole in a page.
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        metadata = {"Date": None} if kind == "svg" else {}
        figure.savefig(place, format=kind, dpi=150, metadata=metadata, **options)
