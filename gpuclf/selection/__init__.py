"""Splitting clips into training and test, and cross-validation over the splits."""

from gpuclf.selection.cross_validation import (
    CrossValidation,
    GridPoint,
    cross_validate,
    cross_validate_grid,
)
from gpuclf.selection.fitting import FoldScore, OnFold, OnProblems
from gpuclf.selection.plan import make_plan
from gpuclf.selection.splits import make_splits

__all__ = [
    "CrossValidation",
    "FoldScore",
    "GridPoint",
    "OnFold",
    "OnProblems",
    "cross_validate",
    "cross_validate_grid",
    "make_plan",
    "make_splits",
]
