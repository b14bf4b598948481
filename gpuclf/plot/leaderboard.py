"""Figures of a leaderboard: scores with intervals, and learning curves."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np

from gpuclf._utils.formatting import UNITS, metric_text
from gpuclf.plot.style import (
    BLUE,
    FEW,
    GREY,
    LINES,
    MAX_NAME,
    ORANGE,
    STANDARD,
    axes,
    name,
    quiet,
)
from gpuclf.workflows.leaderboard import OTHERS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gpuclf.workflows.leaderboard import Leaderboard

MAX_RANKED = 40  # results that are drawn
LOG_RATIO = 8.0  # of the highest to the lowest number of clips: above it, the axis is logarithmic
MARKERS = "osD^vP"
CURVE_LETTERS = 60  # of the label of a curve
CLASSES = {  # color and marker of results by their test against the best
    "best": (BLUE, "D"),
    "no detectable difference from the best": (GREY, "o"),
    "worse than the best (Holm-adjusted p < 0.05)": (ORANGE, "s"),
}


def leaderboard(board: Leaderboard, ax: Axes | None = None) -> Axes:
    """Plot the ranked results of a leaderboard, with confidence intervals, the best on top.

    Parameters
    ----------
    board : Leaderboard
        Of more than 40 ranked results, the best 40 are shown.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default, those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> ax = leaderboard(gpuclf.leaderboard(paths))                    # doctest: +SKIP
    """
    ax = axes(ax, leaderboard_size(board))
    ranked, unit = board.ranked[:MAX_RANKED], 100 if board.is_share else 1
    classes = np.array([0, *(2 if entry.is_detected else 1 for entry in ranked[1:])])
    means = unit * np.array([entry.value for entry in ranked])
    ends = unit * np.array([entry.interval[:2] for entry in ranked])
    for number, (label, (color, marker)) in enumerate(CLASSES.items()):
        rows = np.flatnonzero(classes == number)
        if len(rows):
            errors = np.abs(ends[rows].T - means[rows])
            style = {"color": color, "fmt": marker, "capsize": 3, "label": label}
            ax.errorbar(means[rows], rows, xerr=errors, **style)
    verdict = board.best.result.verdict
    if verdict.metric == board.metric:
        label = f"always the majority class: {100 * verdict.baseline:.3g} %"
        ax.axvline(100 * verdict.baseline, color=GREY, linestyle="--", linewidth=1, label=label)
    ax.set_yticks(range(len(ranked)), [name(entry.name) for entry in ranked])
    ax.set_ylim(len(ranked) - 0.5, -0.5)
    ax.set_xlabel(_metric_label(board))
    quiet(ax, "x")
    ax.legend(fontsize="small", loc="lower left", bbox_to_anchor=(0, 1), frameon=False)
    return ax


def leaderboard_size(board: Leaderboard) -> tuple[float, float]:
    """Return width and height of the figure of the ranked results in inches."""
    letters = min(MAX_NAME, max(len(entry.name) for entry in board.ranked))
    return STANDARD[0], 1.9 + 0.28 * min(MAX_RANKED, len(board.ranked)) + 0.005 * letters


def learning_curves(board: Leaderboard, ax: Axes | None = None) -> Axes:
    """Plot the metric over the number of training clips, with confidence intervals.

    Parameters
    ----------
    board : Leaderboard
        Each curve is of results that differ in nothing else; see
        `gpuclf.workflows.leaderboard.Leaderboard.curves`.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default, those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> ax = learning_curves(gpuclf.leaderboard(paths))                # doctest: +SKIP
    """
    ax = axes(ax, learning_curves_size(board))
    unit = 100 if board.is_share else 1
    styles = zip(cycle(FEW), cycle(LINES), cycle(MARKERS), strict=True)
    sizes = sorted(
        {entry.result.training_clips for curve in board.curves.values() for entry in curve}
    )
    for (setting, curve), (color, line, marker) in zip(board.curves.items(), styles, strict=False):
        clips = [entry.result.training_clips for entry in curve]
        means = unit * np.array([entry.value for entry in curve])
        ends = unit * np.array([entry.interval[:2] for entry in curve])
        label = name(setting or "all settings the same", CURVE_LETTERS)
        if setting == OTHERS:
            ax.scatter(clips, means, color=GREY, marker="x", s=26, label=label)
        else:
            style = {"color": color, "linestyle": line, "marker": marker}
            ax.errorbar(clips, means, np.abs(ends.T - means), capsize=3, label=label, **style)
    if sizes[-1] > LOG_RATIO * sizes[0]:
        ax.set_xscale("log")
    ax.set_xticks(sizes, list(map(str, sizes)))
    ax.minorticks_off()
    ax.set_xlabel("training clips per fold")
    ax.set_ylabel(_metric_label(board))
    quiet(ax)
    ax.legend(fontsize="small", loc="lower left", bbox_to_anchor=(0, 1), frameon=False)
    return ax


def learning_curves_size(board: Leaderboard) -> tuple[float, float]:
    """Return width and height of the figure of the learning curves in inches."""
    return STANDARD[0], STANDARD[1] + 0.2 * len(board.curves)


def _metric_label(board: Leaderboard) -> str:
    unit = UNITS[board.best.result.unit]
    return f"{metric_text(board.metric)} on {unit}" + " in %" * board.is_share
