"""Overview figure of a cross-validation result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuclf.plot.classes import confusion
from gpuclf.plot.curves import roc
from gpuclf.plot.scores import folds
from gpuclf.plot.style import check_matplotlib
from gpuclf.plot.voting import votes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from gpuclf.validation.cv_result import CrossValidation


def overview(result: CrossValidation) -> Figure:
    """Plot the folds, confusion matrix, vote shares and ROC curves of a result.

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

    voted = "clips" in result.metrics
    draws = [folds, confusion, votes, roc] if voted else [folds, confusion, roc]
    rows, columns = (2, 2) if voted else (1, 3)
    size = 6 * columns, 4.5 * rows
    figure, panels = pyplot.subplots(rows, columns, figsize=size, layout="constrained")
    for draw, ax in zip(draws, panels.flat, strict=True):
        draw(result, ax=ax)
    return figure
