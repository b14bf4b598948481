"""ROC and precision-recall curves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gpuclf.plot.style import FEW, GREY, LINES, NARROW, STANDARD, axes, ink, is_narrow, name, quiet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gpuclf._typing import Floats
    from gpuclf.validation.cv_result import CrossValidation

OTHER_WIDTH = 0.6  # of the curves that are not named
ENTRY = 0.17  # inches: height of a line of the legend
WORST, BEST = (FEW[1], "--"), (FEW[2], "-.")


class Curves(NamedTuple):
    """Curves of all classes over the same values, in [0, 1]; NaN for undefined ones."""

    x: Floats
    by_class: Floats
    areas: Floats


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
    ax = axes(ax, curves_size(result.labels))
    found = result.roc_curves()
    ax.plot([0, 100], [0, 100], color=GREY, linestyle=":", linewidth=1, label="0.500 chance level")
    starts = np.zeros((len(found.areas), 1))  # every curve starts at the origin
    curves = Curves(
        np.append(0, found.false_positives),
        np.append(starts, found.true_positives, axis=1),
        found.areas,
    )
    _draw(ax, curves, result.labels)
    ax.set_xlabel("false positive rate in %")
    ax.set_ylabel("true positive rate in %")
    _finish(ax, "area under the curve")
    return ax


def precision_recall(result: CrossValidation, ax: Axes | None = None) -> Axes:
    """Plot the precision-recall curve of each class against the rest, and their macro average.

    Parameters
    ----------
    result : CrossValidation
        The curves are averages over the folds, see
        `gpuclf.metrics.mean_precision_recall_curves`. If there are more than six classes, only
        those with the highest and the lowest average precision are named.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default, those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> ax = precision_recall(gpuclf.evaluate(experiment))             # doctest: +SKIP
    """
    ax = axes(ax, curves_size(result.labels))
    found = result.precision_recall_curves()
    label = f"{found.chance:.3f} chance level"
    ax.axhline(100 * found.chance, color=GREY, linestyle=":", linewidth=1, label=label)
    _draw(ax, Curves(found.recall, found.precision, found.average_precision), result.labels)
    ax.set_xlabel("recall in %")
    ax.set_ylabel("precision in %")
    _finish(ax, "average precision")
    return ax


def curves_size(labels: tuple[str, ...], width: float = STANDARD[0]) -> tuple[float, float]:
    """Return width and height of a figure of curves in inches; the axes are square."""
    entries = 3 + (len(labels) if len(labels) <= len(FEW) else 2)
    return width, 3.6 if width > NARROW else width + ENTRY * entries


def _draw(ax: Axes, curves: Curves, labels: tuple[str, ...]) -> None:
    """Plot the curves of all classes in percent, and their mean in the color of the text."""
    known = np.flatnonzero(~np.isnan(curves.areas)).tolist()
    styles: dict[int, tuple[str, Any]] = {}
    if len(labels) <= len(FEW):
        styles = {c: (FEW[c], LINES[c]) for c in known}
    elif known:
        by_area = sorted(known, key=lambda c: curves.areas[c])
        styles = {by_area[-1]: BEST, by_area[0]: WORST}
    for c in sorted(known, key=lambda c: c in styles):
        color, line = styles.get(c, (GREY, "-"))
        style: dict[str, Any] = {"color": color, "linestyle": line, "linewidth": 1.4}
        if c in styles:
            style["label"] = f"{curves.areas[c]:.3f} {name(labels[c])}"
        else:
            style |= {"linewidth": OTHER_WIDTH, "alpha": 0.6}
        ax.plot(100 * curves.x, 100 * curves.by_class[c], **style)
    if known:
        mean = f"{np.mean(curves.areas[known]):.3f} macro average of {len(known)} classes"
        average = 100 * curves.by_class[known].mean(axis=0)
        ax.plot(100 * curves.x, average, color=ink(), linewidth=2.4, label=mean)


def _finish(ax: Axes, title: str) -> None:
    """Set square axes from 0 to 100 %, with the legend outside."""
    ax.set_xlim(-1, 101)
    ax.set_ylim(-1, 101)
    ax.set_aspect("equal", anchor="W")
    quiet(ax, "both")
    place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.02, 1)}
    if is_narrow(ax):
        place = {"loc": "lower left", "bbox_to_anchor": (0, 1.02)}
    ax.legend(
        fontsize="small",
        frameon=False,
        title=title,
        title_fontsize="small",
        alignment="left",
        **place,
    )
