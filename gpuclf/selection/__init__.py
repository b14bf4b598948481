"""Splitting clips into training and test, and cross-validation over the splits."""

from gpuclf.selection.cross_validation import CrossValidation, FoldScore, OnFold, cross_validate
from gpuclf.selection.plan import make_plan
from gpuclf.selection.splits import make_splits

__all__ = ["CrossValidation", "FoldScore", "OnFold", "cross_validate", "make_plan", "make_splits"]
