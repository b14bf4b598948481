"""Argument of progress callbacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple


class Progress(NamedTuple):
    """State of one stage of a run.

    Parameters
    ----------
    stage : {"clips", "problems", "folds", "windows"}
        Reading clips; solving two-class problems, with the shared solver; scoring folds; labelling
        the windows of a recording.
    done, total : int
        Clips, problems, folds or windows.
    fold : FoldScore or None
        The fold that was scored last.
    name : str
        Path of the recording whose windows are labelled.
    """

    stage: Literal["clips", "problems", "folds", "windows"]
    done: int
    total: int
    fold: Any = None
    name: str = ""


OnProgress = Callable[[Progress], None]
