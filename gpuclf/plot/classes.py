"""Confusion matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpuclf.plot.style import (
    BLUE,
    GREY,
    MAX_NAME,
    NARROW,
    ORANGE,
    STANDARD,
    axes,
    is_narrow,
    name,
    room,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gpuclf.validation.cv_result import CrossValidation

ON_DARK = "#fffffe"  # color of numbers on dark cells
DARK = 0.55  # fraction above which a cell is dark
MAX_NUMBERED = 15  # classes: larger matrices have color bars instead of numbers
SHADES = 10  # of a color bar
NARROW_NAME = 14  # characters of a class name on a phone
STEP = 5  # classes between numbers below a matrix whose columns are too narrow for names

# Sizes in inches
LINE = 0.128  # height of a line of text
NUMBER = 0.2  # width of a number of two digits, with its margins
CELL = 0.42
LETTER = 0.068
MARGIN = 0.55  # labels of an axis
BARS = 1.2  # height of the color bars
MIN_WIDTH = 2.4
FILLED = 0.85  # fraction of the initial width of the axes that names leave


def confusion(result: CrossValidation, ax: Axes | None = None) -> Axes:
    """Plot the confusion matrix in percent of the true class.

    Correct predictions are blue, errors orange.

    Parameters
    ----------
    result : CrossValidation
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default, those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> ax = confusion(gpuclf.evaluate(experiment))                    # doctest: +SKIP
    """
    ax = axes(ax, confusion_size(result.labels))
    count = len(result.labels)
    from matplotlib.collections import PolyCollection
    from matplotlib.colors import to_rgba

    shares = result.confusion_shares
    rows, columns = np.nonzero(shares)
    corners = np.array([[-0.5, -0.5], [-0.5, 0.5], [0.5, 0.5], [0.5, -0.5]])
    cells = np.column_stack([columns, rows])[:, None, :] + corners
    colors = [
        to_rgba(BLUE if row == column else ORANGE, _strength(shares[row, column]))
        for row, column in zip(rows, columns, strict=True)
    ]
    ax.add_collection(PolyCollection(list(cells), facecolors=colors, linewidths=0))
    width = FILLED * room(ax) / count  # of a cell, in inches
    if count <= MAX_NUMBERED and width >= NUMBER:
        for row, column in zip(rows, columns, strict=True):
            share = shares[row, column]
            color = {"color": ON_DARK} if share >= DARK else {}
            text = f"{100 * share:.0f}"
            ax.text(column, row, text, ha="center", va="center", fontsize="small", **color)
    else:
        _color_bars(ax)
    longest = NARROW_NAME if is_narrow(ax) else MAX_NAME
    names = [name(label, longest) for label in result.labels]
    if width >= LINE:
        upright = count <= 2 and not is_narrow(ax)
        ax.set_xticks(range(count), names, rotation=0 if upright else 90, fontsize="small")
    else:
        names = [f"{text}  {number}" for number, text in enumerate(names)]
        ax.set_xticks(range(0, count, STEP))
        ax.tick_params(axis="x", labelsize="small")
    ax.set_yticks(range(count), names, fontsize="small")
    ax.tick_params(length=0)
    ax.set_xlim(-0.5, count - 0.5)
    ax.set_ylim(count - 0.5, -0.5)
    if count <= MAX_NUMBERED:
        ax.set_aspect("equal")
    ax.spines[:].set_color(GREY)
    ax.spines[:].set_linewidth(0.6)
    ax.set_xlabel("predicted class")
    ax.set_ylabel("true class")
    return ax


def confusion_size(labels: tuple[str, ...], width: float = STANDARD[0]) -> tuple[float, float]:
    """Return width and height of the confusion matrix in inches, at most ``width`` wide."""
    count, longest = len(labels), MAX_NAME if width > NARROW else NARROW_NAME
    names = LETTER * min(longest, max(map(len, labels)))
    cell = min(CELL, (width - MARGIN - names) / count)
    below = names if cell >= LINE else 2 * LINE
    bars = 0 if count <= MAX_NUMBERED else BARS
    height = bars + MARGIN + below + count * max(cell, LINE)
    return min(width, max(MIN_WIDTH, MARGIN + names + count * cell)), height


def _strength(share: float) -> float:
    """Return the opacity of a cell."""
    return 0.08 + 0.92 * share


def _color_bars(ax: Axes) -> None:
    """Draw the scales of errors and of correct predictions."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, Normalize, to_rgba

    figure = ax.get_figure()
    for label, color in (("errors in %", ORANGE), ("correct in %", BLUE)):
        shades = [to_rgba(color, _strength((n + 0.5) / SHADES)) for n in range(SHADES)]
        scale = ScalarMappable(Normalize(0, 100), ListedColormap(shades))
        bar = figure.colorbar(scale, ax=ax, location="top", aspect=30, pad=0.01)
        bar.set_label(label, fontsize="small")
        bar.ax.tick_params(labelsize="small")
        bar.outline.set_visible(False)
