"""Splitting clips into training and test, and cross-validation over the splits."""

from gpuclf.selection.cross_validation import (
    GridPoint,
    cross_validate,
    cross_validate_grid,
    score_settings,
)
from gpuclf.selection.fitting import Finished
from gpuclf.selection.found import Search
from gpuclf.selection.plan import Validation, make_plan
from gpuclf.selection.result import CrossValidation
from gpuclf.selection.scoring import FoldScore
from gpuclf.selection.search import nested_search
from gpuclf.selection.setting import Setting
from gpuclf.selection.splits import make_splits
from gpuclf.selection.telling import OnFold, OnProblems

__all__ = [
    "CrossValidation",
    "Finished",
    "FoldScore",
    "GridPoint",
    "OnFold",
    "OnProblems",
    "Search",
    "Setting",
    "Validation",
    "cross_validate",
    "cross_validate_grid",
    "make_plan",
    "make_splits",
    "nested_search",
    "score_settings",
]
