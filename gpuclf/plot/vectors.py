"""Figure of the feature vectors of a clip."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING

import numpy as np

from gpuclf.backend import resolve
from gpuclf.errors import InputError
from gpuclf.plot.style import BLUE, NARROW, ORANGE, STANDARD, axes, is_narrow, name
from gpuclf.vectors.choices import OverlapName

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gpuclf.vectors.feature_vectors import FeatureVectors

COLUMNS, NARROW_COLUMNS = 4, 2
MAX_PANELS = 24
MAX_ID = 40  # characters of the name of the clip
GAP = 0.25  # between panels, as a fraction of their height
KINDS: dict[OverlapName, tuple[str, ...]] = {"half": ("aligned", "overlapped"), "none": ("vector",)}


def feature_vectors(vectors: FeatureVectors, clip: int = 0, ax: Axes | None = None) -> Axes:
    """Plot the feature vectors of a clip, one panel per window.

    Parameters
    ----------
    vectors : FeatureVectors
    clip : int
        Index of the clip, starting at 0.
    ax : matplotlib.axes.Axes, optional
        Axes that the panels are placed in; by default, those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The panels are its ``child_axes``.

    Raises
    ------
    InputError
        If the index is out of range.

    Examples
    --------
    >>> ax = feature_vectors(gpuclf.aggregate(store["Xs"]), clip=3)    # doctest: +SKIP
    """
    from matplotlib.ticker import MaxNLocator

    clip = operator.index(clip)
    clips, count, n = vectors.X.shape
    if not 0 <= clip < clips:
        raise InputError("clip", got=clip, expected=f"0 to {clips - 1}")
    ax = axes(ax, vectors_size(count))
    values = resolve("cpu").asarray(vectors.X[clip])[:MAX_PANELS]
    columns = NARROW_COLUMNS if is_narrow(ax) else COLUMNS
    rows = math.ceil(len(values) / columns)
    finite = values[np.isfinite(values)]
    low, high = float(finite.min(initial=0)), float(finite.max(initial=0))
    margin = 0.06 * (high - low) or 1.0
    width, height = 1 / columns, 1 / rows
    kinds = KINDS[vectors.overlap]
    for number, vector in enumerate(values):
        row, column = divmod(number, columns)
        bottom = 1 - (row + 1) * height
        panel = ax.inset_axes((column * width, bottom, width * (1 - 0.06), height * (1 - GAP)))
        window, overlapped = divmod(number, len(kinds))
        color, marker = (BLUE, ORANGE)[overlapped], "." if n == 1 else None
        panel.plot(np.arange(n), vector, color=color, marker=marker, linewidth=0.9)
        panel.set_title(f"{kinds[overlapped]} {window + 1}", fontsize="small", pad=2)
        panel.set_ylim(low - margin, high + margin)
        panel.margins(x=0.02)
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(
            labelsize="small",
            labelleft=column == 0,
            labelbottom=number + columns >= len(values),
        )
        panel.xaxis.set_major_locator(MaxNLocator(3, integer=True, prune="upper"))
        panel.yaxis.set_major_locator(MaxNLocator(3))
    ax.set_axis_off()
    comma = ",\n" if is_narrow(ax) else ", "
    label = "" if vectors.y is None else f"{comma}{name(vectors.labels[vectors.y[clip]])}"
    shown = f"; the first {MAX_PANELS} of {count} vectors" if count > MAX_PANELS else ""
    ax.set_title(f"{name(vectors.ids[clip], MAX_ID)}{label}{shown}", fontsize="medium")
    return ax


def vectors_size(count: int, width: float = STANDARD[0]) -> tuple[float, float]:
    """Return width and height of the figure in inches for a number of vectors."""
    columns = COLUMNS if width > NARROW else NARROW_COLUMNS
    return width, 0.7 + 1.15 * math.ceil(min(count, MAX_PANELS) / columns)
