"""Figures of results and feature vectors, on matplotlib's axes.

Each function draws into ``ax``, or into a new figure of its own, and returns the axes: in a
notebook it is shown, ``ax.figure.savefig("folds.svg")`` keeps it. The colours are of a palette that
colour-blind people can tell apart (M. Okabe and K. Ito, *Color universal design*, 2008): blue is
what is right, or measured; orange is what is wrong, or measured against; nothing is told by colour
alone. Classes keep the order of the file.

The functions know results and vectors by their attributes, so that these can draw themselves:
``result.plot()``.
"""

from gpuclf.plot.audit import audit
from gpuclf.plot.classes import confusion, roc
from gpuclf.plot.compare import comparison
from gpuclf.plot.evaluate import overview
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
    "overview",
    "roc",
    "sweep",
    "votes",
]
