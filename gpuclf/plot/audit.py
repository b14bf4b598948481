"""Figure of an audit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpuclf._utils.formatting import metric_text, percent, points
from gpuclf.plot.style import BLUE, FLAT, GREY, ORANGE, axes, is_narrow, quiet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gpuclf.workflows.audit import Audit, Leak


def audit(audited: Audit, ax: Axes | None = None) -> Axes:
    """Plot the effect of each data leak on the accuracy, with confidence intervals.

    Parameters
    ----------
    audited : Audit
        Effects whose confidence interval is above zero are filled and orange.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default, those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> ax = audit(gpuclf.audit(experiment, {"C": [0.1, 1, 10]}))      # doctest: +SKIP
    """
    ax = axes(ax, FLAT)
    for place, leak in enumerate(audited.leaks):
        mean, low, high = 100 * np.array(
            [leak.difference.mean, leak.difference.low, leak.difference.high]
        )
        significant = low > 0
        error = None if np.isnan(low) else [[mean - low], [high - mean]]
        ax.errorbar(
            [mean],
            [place],
            xerr=error,
            fmt="o",
            color=ORANGE if significant else BLUE,
            markerfacecolor=None if significant else "none",
            capsize=4,
            linewidth=1.8,
        )
        ax.annotate(
            points(leak.difference.mean),
            (mean, place),
            (0, 7),
            textcoords="offset points",
            ha="center",
            fontsize="small",
        )
    ax.axvline(0, color=GREY, linestyle="--", linewidth=1)
    names = [_name(leak) for leak in audited.leaks]
    if is_narrow(ax):
        names = [name.replace(" ", "\n", 1) for name in names]
    ax.set_yticks(range(len(audited.leaks)), names)
    ax.set_ylim(len(audited.leaks) - 0.5, -0.7)
    metric, value = metric_text(audited.metric), audited.honest.verdict.value
    ax.set_xlabel(f"effect on {metric}\nin percentage points (95 % CI)")
    ax.set_title(f"{metric} without leaks: {percent(value)}", fontsize="medium")
    quiet(ax, "x")
    return ax


def _name(leak: Leak) -> str:
    """Return the name of a leak, with the accuracy it is compared with if that is another one."""
    own_base = f"\n({leak.base}: {percent(leak.honest)})" * leak.has_own_base
    return leak.name + own_base
