"""A result at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuclf.plot.classes import confusion, roc
from gpuclf.plot.scores import folds
from gpuclf.plot.style import check_matplotlib
from gpuclf.plot.voting import votes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from gpuclf.selection import CrossValidation


def overview(result: CrossValidation) -> Figure:
    """Draw folds, confusion, votes and ROC curves of a result, side by side.

    Parameters
    ----------
    result : CrossValidation

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If matplotlib is not installed.

    Examples
    --------
    >>> figure = overview(gpuclf.evaluate(experiment))                 # doctest: +SKIP
    """
    check_matplotlib()
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(2, 2, figsize=(12, 9), layout="constrained")
    for draw, ax in zip((folds, confusion, votes, roc), panels.flat, strict=True):
        draw(result, ax=ax)
    return figure
