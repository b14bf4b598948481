"""Figure of the vote shares of a cross-validation result."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpuclf.plot.style import BLUE, ORANGE, axes, legend_above, quiet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gpuclf.validation.cv_result import CrossValidation


def votes(result: CrossValidation, ax: Axes | None = None) -> Axes:
    """Plot a histogram of the vote share of correct and incorrect predictions.

    Parameters
    ----------
    result : CrossValidation
        Each clip is counted once for every fold that tests it.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default, those of a new figure.

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
    correct = np.round(binned.count * np.nan_to_num(binned.accuracy)).astype(int)
    incorrect = binned.count - correct
    style = {"align": "edge", "width": 0.92 * width}
    place = left + 0.04 * width
    ax.bar(place, correct, color=BLUE, label="correct", **style)
    hatched = {"color": ORANGE, "hatch": "//", "alpha": 0.85}
    ax.bar(place, incorrect, bottom=correct, label="incorrect", **hatched, **style)
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
    ax.set_xlabel("vote share of the predicted class in %\n(above the bars: accuracy)")
    ax.set_ylabel("number of tested clips")
    quiet(ax)
    legend_above(ax)
    return ax
