"""Colours, sizes and axes that all figures have in common."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from gpuclf._utils.formatting import legible
from gpuclf.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#767676"
FEW = (BLUE, ORANGE, "#009e73", "#cc79a7", "#e69f00", "#56b4e9")  # one a class, if they suffice
LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)))
LONGEST = 24  # letters of a name
STANDARD, FLAT = (6.4, 3.9), (6.4, 2.4)  # inches


def has_matplotlib() -> bool:
    """Tell whether figures can be drawn."""
    return find_spec("matplotlib") is not None


def check_matplotlib() -> None:
    """Make sure that figures can be drawn.

    Raises
    ------
    InputError
        If matplotlib is not installed, saying how it is.
    """
    if not has_matplotlib():
        expected = "python -m pip install matplotlib"
        raise InputError("figure", got="no matplotlib", expected=expected)


def axes(ax: Axes | None, size: tuple[float, float] = STANDARD) -> Axes:
    """Give the axes, or new ones in a figure that a notebook shows."""
    if ax is not None:
        return ax
    check_matplotlib()
    from matplotlib import pyplot

    return pyplot.figure(figsize=size, layout="constrained").add_subplot()


def name(label: object, longest: int = LONGEST) -> str:
    r"""Write a name as matplotlib shows it: short, and no formula, whatever is in it.

    Examples
    --------
    >>> name("a$x$")
    'a\\$x\\$'
    """
    return legible(label, longest).replace("$", r"\$")


def chance_line(ax: Axes, chance: float) -> None:
    """Draw how good a guess would be, in percent."""
    label = f"chance, {100 * chance:.3g} %"
    ax.axhline(100 * chance, color=GREY, linestyle="--", linewidth=1, label=label)


def quiet(ax: Axes, axis: str = "y") -> None:
    """Take away what carries no message: two of the spines; and give faint lines to read along."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis=axis, alpha=0.25, linewidth=0.7)
    ax.set_axisbelow(True)
