"""Figure of a comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpuclf._utils.formatting import metric_text
from gpuclf.plot.style import BLUE, FLAT, GREY, ORANGE, axes, quiet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gpuclf.workflows.compare import Compared


def comparison(compared: Compared, ax: Axes | None = None) -> Axes:
    """Plot the difference of two results in each fold, and the mean with its confidence interval.

    Parameters
    ----------
    compared : Compared
        Each dot is a fold; equal differences are stacked. A difference that is not significant is
        grey.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default, those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> ax = comparison(gpuclf.compare("rbf.json", "linear.json"))     # doctest: +SKIP
    """
    ax = axes(ax, FLAT)
    unit = 100 if compared.is_share else 1
    values = unit * compared.differences[~np.isnan(compared.differences)]
    test, heights = compared.comparison, _stacked(values)
    top = heights.max(initial=0)
    ax.scatter(values, 0.4 + 0.6 * heights / max(1, top), s=22, color=BLUE, alpha=0.7, linewidth=0)
    mean, low, high = (unit * number for number in (test.difference, test.low, test.high))
    if not np.isnan(mean):
        error = None if np.isnan(low) else [[mean - low], [high - mean]]
        color = ORANGE if compared.is_detected else GREY
        ax.errorbar([mean], [0.15], xerr=error, fmt="D", color=color, capsize=4, linewidth=2)
    ax.axvline(0, color=GREY, linestyle="--", linewidth=1)
    ax.set_ylim(0, 1.08 if top else 0.6)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    quiet(ax, "x")
    limit = 1.08 * float(np.nanmax(np.abs([*values, low, high, 1e-3])))
    ax.set_xlim(-limit, limit)
    metric = metric_text(compared.metric)
    points = ",\nin percentage points" * compared.is_share
    ax.set_xlabel(f"difference in {metric}, A - B{points}")
    interval = f"{100 * test.level:g} % confidence interval"
    ax.set_title(f"{compared.verdict}\n(diamond: mean with {interval})", fontsize="small")
    return ax


def _stacked(values: np.ndarray) -> np.ndarray:
    """Return, for each value, the number of equal values before it."""
    rounded = np.round(values, 9)
    return np.array([np.count_nonzero(rounded[:n] == one) for n, one in enumerate(rounded)])
