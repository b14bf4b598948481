"""Classification metrics, computed on the CPU.

Classes are integers, starting at 0; ``true`` and ``predicted`` have shape ``(samples,)``. Rows of a
confusion matrix are true classes, columns predicted classes. Scores have shape ``(samples,
classes)``; a higher score means a more likely class, and ``-inf`` marks a class without training
samples. Undefined values are NaN, for example the recall of a class without samples.
"""

from gpuclf.metrics.calibration import Calibration, brier, calibration, log_loss
from gpuclf.metrics.confusion import (
    accuracy,
    balanced_accuracy,
    by_class,
    confusion_matrices,
    confusion_matrix,
    f1,
    macro_f1,
    mean_recall,
    precision,
    recall,
)
from gpuclf.metrics.precision_recall import PrecisionRecallCurves, mean_precision_recall_curves
from gpuclf.metrics.ranking import (
    auc_hand_till,
    auc_one_vs_rest,
    class_pairs,
    in_top_two,
    pairs_won,
)
from gpuclf.metrics.roc import RocCurves, mean_roc_curves

__all__ = [
    "Calibration",
    "PrecisionRecallCurves",
    "RocCurves",
    "accuracy",
    "auc_hand_till",
    "auc_one_vs_rest",
    "balanced_accuracy",
    "brier",
    "by_class",
    "calibration",
    "class_pairs",
    "confusion_matrices",
    "confusion_matrix",
    "f1",
    "in_top_two",
    "log_loss",
    "macro_f1",
    "mean_precision_recall_curves",
    "mean_recall",
    "mean_roc_curves",
    "pairs_won",
    "precision",
    "recall",
]
