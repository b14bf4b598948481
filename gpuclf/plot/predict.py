"""Figure of predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gpuclf.plot.style import BLUE, GREY, ORANGE, axes, legend_above, name, quiet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gpuclf._typing import Bools
    from gpuclf.model.predictions import Predictions

STYLES: dict[str, dict[str, Any]] = {
    "correct": {"color": BLUE},
    "incorrect": {"color": ORANGE, "hatch": "//", "alpha": 0.85},
    "new": {"color": BLUE},
    "used for training, not scored": {"color": GREY, "alpha": 0.5},
}


def predictions(predicted: Predictions, ax: Axes | None = None) -> Axes:
    """Plot the number of clips of each predicted class.

    Parameters
    ----------
    predicted : Predictions
        Clips that the model was trained on are grey; with true labels, correct predictions of the
        other clips are blue, errors orange.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default, those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> ax = predictions(gpuclf.predict(model, "new.hdf5"))            # doctest: +SKIP
    """
    ax = axes(ax, predictions_size(predicted.labels))
    places = np.arange(len(predicted.labels))
    left = np.zeros(len(places), dtype=int)
    for kind, clips in _kinds(predicted).items():
        counts = np.bincount(predicted.predicted[clips], minlength=len(places))
        ax.barh(places, counts, left=left, label=kind, **STYLES[kind])
        left += counts
    ax.set_yticks(places, [name(label) for label in predicted.labels], fontsize="small")
    ax.invert_yaxis()
    ax.set_xlabel("number of clips")
    ax.set_ylabel("predicted class")
    quiet(ax, "x")
    legend_above(ax)
    return ax


def predictions_size(labels: tuple[str, ...]) -> tuple[float, float]:
    """Return width and height of the figure in inches."""
    return 6.4, 1.2 + 0.3 * max(4, len(labels))


def _kinds(predicted: Predictions) -> dict[str, Bools]:
    """Return the clips of each kind that occurs."""
    overlap = predicted.training
    known = np.zeros(len(predicted.ids), dtype=bool) if overlap is None else overlap.in_training
    correct = predicted.correct
    kinds = {"new": ~known} if correct is None else {}
    if correct is not None:
        kinds = {"correct": correct & ~known, "incorrect": ~correct & ~known}
    kinds["used for training, not scored"] = known
    return {kind: clips for kind, clips in kinds.items() if clips.any()}
