"""Accuracies fold by fold, and differences of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpuclf.plot.style import BLUE, GREY, ORANGE, axes, chance_line, quiet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gpuclf.pipeline import Compared
    from gpuclf.selection import CrossValidation

WIDTH = 0.32  # of a repeat's column of dots, to either side
FLAT = (6.4, 2.4)  # inches


def folds(result: CrossValidation, ax: Axes | None = None) -> Axes:
    """Draw the accuracy of every fold, repeat by repeat, with the interval of their mean.

    Parameters
    ----------
    result : CrossValidation
        A dot is a fold; a short line the mean of a repeat's folds; the band the corrected interval.
    ax : matplotlib.axes.Axes, optional
        Where to; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> ax = folds(gpuclf.evaluate(experiment))                        # doctest: +SKIP
    """
    ax = axes(ax)
    repeats, count = result.scores.shape
    single = repeats == 1
    if single:
        places = np.arange(1, count + 1)[None, :]
    else:
        side = np.linspace(-WIDTH, WIDTH, count) if count > 1 else np.zeros(1)
        places = np.arange(1, repeats + 1)[:, None] + side
    low, high, level = result.interval
    mean = 100 * result.accuracy
    if low < high:
        label = f"{100 * level:g} % interval of the mean"
        ax.axhspan(100 * low, 100 * high, color=BLUE, alpha=0.15, linewidth=0, label=label)
    ax.axhline(mean, color=BLUE, linewidth=1.2, label=f"mean, {mean:.1f} %")
    size, alpha = (26, 0.9) if places.size <= 60 else (12, 0.55)
    ax.scatter(
        places.ravel(), 100 * result.scores.ravel(), s=size, color=BLUE, alpha=alpha, linewidth=0
    )
    if not single:
        each = np.arange(1, repeats + 1)
        means = 100 * result.scores.mean(axis=1)
        ax.hlines(means, each - WIDTH - 0.08, each + WIDTH + 0.08, colors=GREY, linewidth=1.6)
    chance_line(ax, result.chance)
    ax.set_xlabel("fold" if single else "repeat")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.set_xlim(0.4, (count if single else repeats) + 0.6)
    ax.set_ylabel(f"accuracy of {result.scored} in %")
    ax.set_ylim(0, 104)
    quiet(ax)
    ax.legend(fontsize="small", loc="upper center", bbox_to_anchor=(0.5, 1.14), ncols=3)
    ax.get_legend().set_frame_on(False)
    return ax


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
