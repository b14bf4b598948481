"""Figure of the accuracy in each fold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpuclf._utils.formatting import UNITS
from gpuclf.plot.style import BLUE, GREY, axes, legend_above, majority_line, quiet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gpuclf.validation.cv_result import CrossValidation

HALF_WIDTH = 0.32  # of the column of dots of a repeat


def folds(result: CrossValidation, ax: Axes | None = None) -> Axes:
    """Plot the accuracy of each fold by repeat, and the mean with its confidence interval.

    Parameters
    ----------
    result : CrossValidation
        Each dot is a fold, each short line the mean of a repeat; the band is the confidence
        interval of the mean (corrected resampled t-test).
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default, those of a new figure.

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
        side = np.linspace(-HALF_WIDTH, HALF_WIDTH, count) if count > 1 else np.zeros(1)
        places = np.arange(1, repeats + 1)[:, None] + side
    low, high, level = result.interval
    mean = 100 * result.accuracy
    if low < high:
        label = f"{100 * level:g} % confidence interval of the mean"
        ax.axhspan(100 * low, 100 * high, color=BLUE, alpha=0.15, linewidth=0, label=label)
    ax.axhline(mean, color=BLUE, linewidth=1.2, label=f"mean {mean:.1f} %")
    size, alpha = (26, 0.9) if places.size <= 60 else (12, 0.55)
    ax.scatter(
        places.ravel(), 100 * result.scores.ravel(), s=size, color=BLUE, alpha=alpha, linewidth=0
    )
    if not single:
        center, reach = np.arange(1, repeats + 1), HALF_WIDTH + 0.08
        means = 100 * result.scores.mean(axis=1)
        ax.hlines(means, center - reach, center + reach, colors=GREY, linewidth=1.6)
    majority_line(ax, result.majority)
    ax.set_xlabel("fold" if single else "repeat")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.set_xlim(0.4, (count if single else repeats) + 0.6)
    ax.set_ylabel(f"accuracy on {UNITS[result.scored]} in %")
    ax.set_ylim(0, 104)
    quiet(ax)
    legend_above(ax)
    return ax
