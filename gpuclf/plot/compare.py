"""Differences of two results, fold by fold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpuclf.plot.style import BLUE, FLAT, GREY, ORANGE, axes, quiet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gpuclf.workflows.compare import Compared


def comparison(compared: Compared, ax: Axes | None = None) -> Axes:
    """Draw how two results differ in every fold, and the mean difference with its interval.

    Parameters
    ----------
    compared : Compared
        A dot is a fold; those of equal difference stand on one another.
    ax : matplotlib.axes.Axes, optional
        Where to; a new figure by default.

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
    found, heights = compared.comparison, _stacked(values)
    top = heights.max(initial=0)
    ax.scatter(values, 0.4 + 0.6 * heights / max(1, top), s=22, color=BLUE, alpha=0.7, linewidth=0)
    mean, low, high = (unit * number for number in (found.difference, found.low, found.high))
    if not np.isnan(mean):
        reach = None if np.isnan(low) else [[mean - low], [high - mean]]
        ax.errorbar([mean], [0.15], xerr=reach, fmt="D", color=ORANGE, capsize=4, linewidth=2)
    ax.axvline(0, color=GREY, linestyle="--", linewidth=1)
    ax.set_ylim(0, 1.08 if top else 0.6)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    quiet(ax, "x")
    far = 1.08 * float(np.nanmax(np.abs([*values, low, high, 1e-3])))
    ax.set_xlim(-far, far)
    metric = compared.metric.replace("_", " ")
    ax.set_xlabel(f"{metric}: A less B" + ", in percentage points" * compared.is_share)
    ax.set_title(f"diamond: mean, and its {100 * found.level:g} % interval", fontsize="small")
    return ax


def _stacked(values: np.ndarray) -> np.ndarray:
    """Count, for each value, those before it that are all but equal."""
    rounded = np.round(values, 9)
    return np.array([np.count_nonzero(rounded[:n] == one) for n, one in enumerate(rounded)])
