"""How sure votes are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpuclf.plot.style import BLUE, ORANGE, axes, quiet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gpuclf.validation.cv_result import CrossValidation


def votes(result: CrossValidation, ax: Axes | None = None) -> Axes:
    """Draw how large the winner's share of a clip's votes was, and how often it was right.

    Parameters
    ----------
    result : CrossValidation
        Every clip counts as often as it was tested.
    ax : matplotlib.axes.Axes, optional
        Where to; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> ax = votes(gpuclf.evaluate(experiment))                        # doctest: +SKIP
    """
    ax = axes(ax)
    binned = result.calibration
    left, width = 100 * binned.edges[:-1], 100 * np.diff(binned.edges)
    right = np.round(binned.count * np.nan_to_num(binned.accuracy)).astype(int)
    wrong = binned.count - right
    style = {"align": "edge", "width": 0.92 * width}
    place = left + 0.04 * width
    ax.bar(place, right, color=BLUE, label="right", **style)
    ax.bar(place, wrong, bottom=right, color=ORANGE, hatch="//", alpha=0.85, label="wrong", **style)
    for x, height, share in zip(left + width / 2, binned.count, binned.accuracy, strict=True):
        if height:
            ax.annotate(
                f"{100 * share:.0f} %",
                (x, height),
                (0, 3),
                textcoords="offset points",
                ha="center",
                fontsize="small",
            )
    first = np.flatnonzero(binned.count)[0]
    ax.set_xlim(left[first], 100)
    ax.margins(y=0.12)
    ax.set_xlabel("the winner's share of a clip's votes in %; above the bars, how many are right")
    ax.set_ylabel("clips tested")
    quiet(ax)
    ax.legend(fontsize="small", loc="upper left", frameon=False)
    return ax
