"""What leaks are worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpuclf.plot.style import BLUE, FLAT, GREY, ORANGE, axes, quiet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gpuclf.workflows.audit import Audit


def audit(audited: Audit, ax: Axes | None = None) -> Axes:
    """Draw how many points of accuracy each leak is worth, with intervals.

    Parameters
    ----------
    audited : Audit
        What is worth something beyond chance is orange and filled.
    ax : matplotlib.axes.Axes, optional
        Where to; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> ax = audit(gpuclf.audit(experiment, {"C": [0.1, 1, 10]}))      # doctest: +SKIP
    """
    ax = axes(ax, FLAT)
    for place, leak in enumerate(audited.leaks):
        mean, low, high = 100 * np.array([leak.worth.mean, leak.worth.low, leak.worth.high])
        certain = low > 0
        reach = None if np.isnan(low) else [[mean - low], [high - mean]]
        ax.errorbar(
            [mean],
            [place],
            xerr=reach,
            fmt="o",
            color=ORANGE if certain else BLUE,
            markerfacecolor=None if certain else "none",
            capsize=4,
            linewidth=1.8,
        )
        ax.annotate(
            f"{mean:+.1f}",
            (mean, place),
            (0, 7),
            textcoords="offset points",
            ha="center",
            fontsize="small",
        )
    ax.axvline(0, color=GREY, linestyle="--", linewidth=1)
    ax.set_yticks(range(len(audited.leaks)), [leak.name for leak in audited.leaks])
    ax.set_ylim(len(audited.leaks) - 0.5, -0.7)
    ax.set_xlabel("worth in points of accuracy, and its 95 % interval")
    quiet(ax, "x")
    return ax
