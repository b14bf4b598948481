"""Colors, sizes, texts and axes shared by all figures and reports."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from gpuclf._utils.cache_folders import use_writable_caches
from gpuclf._utils.formatting import legible
from gpuclf.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes


BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#767676"
FEW = (
    BLUE,
    ORANGE,
    "#009e73",
    "#cc79a7",
    "#e69f00",
    "#56b4e9",
)  # one per class, if there are at most six
LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)))
MAX_NAME = 24  # characters of a class name
STANDARD, FLAT = (6.4, 3.9), (6.4, 2.4)  # inches
NARROW = 3.6  # inches: width of a figure on a phone
PHONE = (NARROW, 3.4)


def has_matplotlib() -> bool:
    """Return whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


def check_matplotlib() -> None:
    """Check that matplotlib is installed, and set its cache folder, before it is imported.

    Raises
    ------
    InputError
        If matplotlib is not installed.
    """
    if not has_matplotlib():
        expected = "python -m pip install matplotlib"
        raise InputError("figure", got="no matplotlib", expected=expected)
    use_writable_caches()


def axes(ax: Axes | None, size: tuple[float, float] = STANDARD) -> Axes:
    """Return the given axes, or those of a new pyplot figure."""
    if ax is not None:
        return ax
    check_matplotlib()
    from matplotlib import pyplot

    return pyplot.figure(figsize=size, layout="constrained").add_subplot()


def name(label: object, longest: int = MAX_NAME) -> str:
    r"""Shorten a name and escape it, so that matplotlib shows no formula.

    Examples
    --------
    >>> name("a$x$")
    'a\\$x\\$'
    """
    return legible(label, longest).replace("$", r"\$")


def room(ax: Axes) -> float:
    """Return the width of axes in inches, before their ticks and labels are laid out."""
    return float(ax.get_window_extent().width / ax.get_figure().dpi)


def is_narrow(ax: Axes) -> bool:
    """Return whether axes are those of a figure on a phone, or as narrow."""
    return room(ax) < NARROW


def ink() -> str:
    """Return the color of texts, which differs from that of every class."""
    from matplotlib import rcParams

    return str(rcParams["text.color"])


def legend_above(ax: Axes, columns: int = 2) -> None:
    """Place the legend above the axes; narrow axes have one entry per line."""
    columns = 1 if is_narrow(ax) else columns
    ax.legend(
        fontsize="small",
        frameon=False,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        borderaxespad=0.2,
        ncols=columns,
    )


def majority_line(ax: Axes, majority: float) -> None:
    """Plot the metric on the y axis of always predicting the most frequent class, in percent."""
    label = f"always the majority class: {100 * majority:.3g} %"
    ax.axhline(100 * majority, color=GREY, linestyle="--", linewidth=1, label=label)


def quiet(ax: Axes, axis: str = "y") -> None:
    """Remove the top and right spines and add a light grid."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis=axis, alpha=0.25, linewidth=0.7)
    ax.set_axisbelow(True)
