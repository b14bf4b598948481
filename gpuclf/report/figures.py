"""Figures: drawn on matplotlib's axes, saved whole or not at all.

Colours are of a palette that colour-blind people can tell apart (M. Okabe and K. Ito, *Color
universal design*, 2008), and markers differ as well.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from gpuclf.errors import InputError, OutputError, one_of
from gpuclf.files import replacing
from gpuclf.pipeline import Sweep
from gpuclf.selection import CrossValidation
from gpuclf.wording import value_text

KINDS = (".svg", ".pdf", ".png")
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#666666"
WIDE = 8.0  # of the highest to the lowest value: an axis of factors, not of steps


def check_figure(path: str | os.PathLike[str]) -> None:
    """Make sure that a figure can be drawn, before any work is done for it.

    Parameters
    ----------
    path : path
        Its ending says what kind of file it is.

    Raises
    ------
    InputError
        If matplotlib is not installed.
    OutputError
        If the ending is not known.
    """
    if find_spec("matplotlib") is None:
        expected = "python -m pip install matplotlib"
        raise InputError("figure", got="no matplotlib", expected=expected)
    if Path(path).suffix.lower() not in KINDS:
        got = repr(Path(path).suffix) if Path(path).suffix else "no ending"
        raise OutputError(str(path), got=got, expected=one_of(KINDS))


def save_sweep(sweep: Sweep, path: str | os.PathLike[str]) -> None:
    """Draw a sweep into a file.

    Parameters
    ----------
    sweep : Sweep
    path : path
        See `check_figure`.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    draw_sweep(sweep, figure.add_subplot())
    kind = Path(path).suffix.lower()[1:]
    with replacing(path) as draft:
        figure.savefig(
            draft, format=kind, dpi=150, metadata={"Date": None} if kind == "svg" else {}
        )


def draw_sweep(sweep: Sweep, ax: Any) -> Any:
    """Draw accuracy over a hyper-parameter's values, with corrected intervals as error bars.

    Parameters
    ----------
    sweep : Sweep
    ax : matplotlib.axes.Axes
        Where to.

    Returns
    -------
    matplotlib.axes.Axes
        The same.
    """
    numbers = all(isinstance(value, int | float) for value in sweep.values)
    places = np.array(sweep.values, float) if numbers else np.arange(len(sweep.values), dtype=float)
    order = np.argsort(places)
    if numbers and places.min() > 0 and places.max() > WIDE * places.min():
        ax.set_xscale("log")
    ax.set_xticks(places, [value_text(value) for value in sweep.values])
    ax.minorticks_off()
    own = sweep.results[0]
    label = "accuracy" if sweep.name == "dataset" else sweep.dataset
    _bars(ax, places, sweep.results, order, color=BLUE, marker="o", label=label)
    if sweep.baseline is not None:
        label = f"{sweep.baseline}, the baseline"
        _bars(ax, places, sweep.baselines, order, color=ORANGE, marker="s", label=label)
    chance = 100 * own.chance
    ax.axhline(chance, color=GREY, linestyle="--", linewidth=1, label=f"chance, {chance:.3g} %")
    ax.set_xlabel(sweep.name)
    ax.set_ylabel(f"accuracy of {'clips' if own.majority_voting else 'vectors'} in %")
    repeats, folds = own.scores.shape
    ax.set_title(f"{repeats} x {folds} folds; bars: corrected 95 % interval", fontsize="medium")
    ax.set_ylim(bottom=0)
    ax.grid(axis="y", alpha=0.3)
    ax.legend(fontsize="small")
    return ax


def _bars(
    ax: Any, places: np.ndarray, results: list[CrossValidation], order: np.ndarray, **style: Any
) -> None:
    means = 100 * np.array([result.accuracy for result in results])
    ends = 100 * np.array([result.interval[:2] for result in results])
    reach = np.abs(ends.T - means)
    line = ax.errorbar(places[order], means[order], reach[:, order], capsize=3, **style)
    line[0].set_linewidth(1.5)
