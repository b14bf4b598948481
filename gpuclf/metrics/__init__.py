"""How well labels were predicted; on the host, classes numbered from 0.

``true`` and ``predicted`` hold the classes of the samples, ``(samples,)``. A confusion matrix has
the true classes in its rows and the predicted ones in its columns. Scores are ``(samples,
classes)``, the higher the likelier, and ``-inf`` for a class that was not trained on. What is not
defined is NaN, such as the recall of a class that was never tested.
"""

from gpuclf.metrics.calibration import Calibration, brier, calibration
from gpuclf.metrics.confusion import (
    accuracy,
    balanced_accuracy,
    confusion_matrices,
    confusion_matrix,
    f1,
    macro_f1,
    precision,
    recall,
)
from gpuclf.metrics.ranking import RocAuc, roc_auc, top_two
from gpuclf.metrics.roc import RocCurves, mean_roc_curves

__all__ = [
    "Calibration",
    "RocAuc",
    "RocCurves",
    "accuracy",
    "balanced_accuracy",
    "brier",
    "calibration",
    "confusion_matrices",
    "confusion_matrix",
    "f1",
    "macro_f1",
    "mean_roc_curves",
    "precision",
    "recall",
    "roc_auc",
    "top_two",
]
