"""Figure of a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuclf._utils.formatting import UNITS, metric_text, splits_text, value_text
from gpuclf.plot.style import BLUE, ORANGE, axes, majority_line, name, quiet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gpuclf.validation.cv_result import CrossValidation
    from gpuclf.workflows.sweep import Sweep

LOG_RATIO = 8.0  # of the highest to the lowest value: above it, the axis is logarithmic
NOTE_WIDTH = 84  # characters per line
BELOW = {
    "xycoords": "axes fraction",
    "textcoords": "offset points",
    "va": "top",
    "fontsize": "small",
}


def sweep(swept: Sweep, ax: Axes | None = None) -> Axes:
    """Plot the accuracy for each value of a hyper-parameter, with confidence intervals.

    Notes on accuracies below that of guessing are below the axes.

    Parameters
    ----------
    swept : Sweep
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default, those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> ax = sweep(gpuclf.sweep(experiment, "C", [0.1, 1, 10]))        # doctest: +SKIP
    """
    ax = axes(ax)
    values = swept.values
    numbers = all(isinstance(value, int | float) for value in values)
    places = np.array(values, float) if numbers else np.arange(len(values), dtype=float)
    order = np.argsort(places)
    if numbers and places.min() > 0 and places.max() > LOG_RATIO * places.min():
        ax.set_xscale("log")
    ax.set_xticks(places, [name(value_text(value)) for value in values])
    ax.minorticks_off()
    first, metric = swept.results[0], metric_text(swept.metric)
    label = metric if swept.name == "dataset" else f"feature set {name(swept.dataset)}"
    _bars(ax, places, swept.results, order, color=BLUE, marker="o", label=label)
    if swept.baseline is not None:
        label = f"baseline {name(swept.baseline)}"
        _bars(ax, places, swept.baselines, order, color=ORANGE, marker="s", label=label)
    majority_line(ax, first.verdict.baseline)
    ax.set_xlabel(swept.name)
    ax.set_ylabel(f"{metric} on {UNITS[first.scored]} in %")
    title = f"mean of {splits_text(first.scores.shape)} with 95 % confidence interval"
    ax.set_title(title, fontsize="medium")
    ax.set_ylim(bottom=0)
    if swept.notes:
        notes = "\n".join(fill(name(note, 500), NOTE_WIDTH) for note in swept.notes)
        ax.annotate(notes, (0, 0), (0, -38), **BELOW)
    quiet(ax)
    ax.legend(fontsize="small")
    return ax


def _bars(
    ax: Axes,
    places: np.ndarray,
    results: Sequence[CrossValidation],
    order: np.ndarray,
    **style: Any,
) -> None:
    """Plot the leading metric of results with their confidence intervals as error bars."""
    means = 100 * np.array([result.verdict.value for result in results])
    ends = 100 * np.array([result.verdict.interval[:2] for result in results])
    errors = np.abs(ends.T - means)
    line = ax.errorbar(places[order], means[order], errors[:, order], capsize=3, **style)
    line[0].set_linewidth(1.5)
