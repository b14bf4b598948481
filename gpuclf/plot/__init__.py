"""Figures of results and feature vectors, with matplotlib.

Each function draws on ``ax``, or on the axes of a new figure, and returns the axes. Notebooks show
the figure; ``ax.figure.savefig("folds.svg")`` saves it. The colors are from a color-blind safe
palette (M. Okabe and K. Ito, *Color universal design*, 2008): blue for correct predictions and
scores, orange for errors and baselines. No information is conveyed by color alone. Classes are in
the order of the feature file.

``result.plot()`` calls the function that matches the result.
"""

from gpuclf.plot.audit import audit
from gpuclf.plot.classes import confusion
from gpuclf.plot.compare import comparison
from gpuclf.plot.curves import precision_recall, roc
from gpuclf.plot.evaluate import overview
from gpuclf.plot.leaderboard import leaderboard, learning_curves
from gpuclf.plot.predict import predictions
from gpuclf.plot.scores import folds
from gpuclf.plot.sweep import sweep
from gpuclf.plot.vectors import feature_vectors
from gpuclf.plot.voting import votes

__all__ = [
    "audit",
    "comparison",
    "confusion",
    "feature_vectors",
    "folds",
    "leaderboard",
    "learning_curves",
    "overview",
    "precision_recall",
    "predictions",
    "roc",
    "sweep",
    "votes",
]
