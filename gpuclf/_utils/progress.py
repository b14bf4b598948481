"""Argument of progress callbacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple


class Progress(NamedTuple):
    """State of one stage of a run.

    Parameters
    ----------
    stage : {"clips", "problems", "folds"}
        Reading clips; solving two-class problems, with the shared solver; scoring folds.
    done, total : int
        Clips, problems or folds.
    fold : FoldScore or None
        The fold that was scored last.
    """

    stage: Literal["clips", "problems", "folds"]
    done: int
    total: int
    fold: Any = None


OnProgress = Callable[[Progress], None]
