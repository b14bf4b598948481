"""Confusion matrix and ROC curves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gpuclf.plot.style import BLUE, FEW, GREY, LINES, MAX_NAME, ORANGE, axes, name, quiet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gpuclf.validation.cv_result import CrossValidation

ON_DARK = "#fffffe"  # color of numbers on dark cells
DARK = 0.55  # fraction above which a cell is dark
MAX_NUMBERED = 15  # classes: cells of larger matrices are too small for numbers
SQUARE = (5.2, 5.0)  # inches


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
        to_rgba(BLUE if row == column else ORANGE, 0.08 + 0.92 * shares[row, column])
        for row, column in zip(rows, columns, strict=True)
    ]
    ax.add_collection(PolyCollection(list(cells), facecolors=colors, linewidths=0))
    if count <= MAX_NUMBERED:
        for row, column in zip(rows, columns, strict=True):
            share = shares[row, column]
            color = {"color": ON_DARK} if share >= DARK else {}
            ax.text(
                column, row, f"{100 * share:.0f}", ha="center", va="center", fontsize=8, **color
            )
    size = 9 if count <= 12 else 8 if count <= 25 else 6
    names = [name(label) for label in result.labels]
    ax.set_xticks(range(count), names, rotation=90 if count > 2 else 0, fontsize=size)
    ax.set_yticks(range(count), names, fontsize=size)
    ax.tick_params(length=0)
    ax.set_xlim(-0.5, count - 0.5)
    ax.set_ylim(count - 0.5, -0.5)
    ax.set_aspect("equal")
    ax.spines[:].set_color(GREY)
    ax.spines[:].set_linewidth(0.6)
    ax.set_xlabel("predicted class")
    ax.set_ylabel("true class")
    return ax


def confusion_size(labels: tuple[str, ...]) -> tuple[float, float]:
    """Return width and height of the confusion matrix in inches."""
    count, letters = len(labels), min(MAX_NAME, max(map(len, labels)))
    cell, letter = (0.42, 0.085) if count <= 12 else (0.3, 0.075) if count <= 25 else (0.15, 0.06)
    side = 0.9 + letter * letters + max(1.6, cell * count)
    return side, side


def roc(result: CrossValidation, ax: Axes | None = None) -> Axes:
    """Plot the ROC curve of each class against the rest, and their macro average.

    Parameters
    ----------
    result : CrossValidation
        The curves are averages over the folds, see `gpuclf.metrics.mean_roc_curves`. If there are
        more than six classes, only those with the highest and the lowest area are named.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default, those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> ax = roc(gpuclf.evaluate(experiment))                          # doctest: +SKIP
    """
    ax = axes(ax, SQUARE)
    curves, count = result.roc_curves(), len(result.labels)
    known = np.flatnonzero(~np.isnan(curves.areas))
    ax.plot([0, 100], [0, 100], color=GREY, linestyle="--", linewidth=1, label="0.500 chance level")
    styles: dict[Any, tuple[str, Any, float]] = {}
    if count <= len(FEW):
        styles = {c: (FEW[c], LINES[c], 1.4) for c in known}
    elif len(known):
        worst, best = known[np.argsort(curves.areas[known], kind="stable")[[0, -1]]]
        styles = {worst: (ORANGE, "--", 1.4), best: (FEW[2], "-.", 1.4)}
    for c in known:
        color, line, width = styles.get(c, (GREY, "-", 0.6))
        label = f"{curves.areas[c]:.3f} {name(result.labels[c])}" if c in styles else None
        alpha = 1.0 if c in styles else 0.6
        _curve(
            ax,
            curves.false_positives,
            curves.true_positives[c],
            color=color,
            linestyle=line,
            linewidth=width,
            label=label,
            alpha=alpha,
        )
    if len(known):
        mean = f"{np.mean(curves.areas[known]):.3f} macro average of {len(known)} classes"
        _curve(ax, curves.false_positives, curves.mean, color=BLUE, linewidth=2.4, label=mean)
    ax.set_xlim(-1, 101)
    ax.set_ylim(-1, 101)
    ax.set_aspect("equal")
    ax.set_xlabel("false positive rate in %")
    ax.set_ylabel("true positive rate in %")
    quiet(ax, "both")
    ax.legend(fontsize="small", loc="lower right", title="area under the curve", title_fontsize=8)
    return ax


def _curve(ax: Axes, false: np.ndarray, true: np.ndarray, **style: object) -> None:
    """Plot a curve in percent, starting at the origin."""
    ax.plot(100 * np.append(0, false), 100 * np.append(0, true), **style)
