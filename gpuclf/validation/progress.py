"""Progress of a cross-validation in folds and two-class problems."""

from __future__ import annotations

from gpuclf._utils.progress import Progress
from gpuclf.validation.context import Context
from gpuclf.validation.fold_score import FoldScore


class ProgressTracker:
    """Counter of completed folds and two-class problems that calls the progress callback.

    Parameters
    ----------
    context : Context
        Context with the callback.
    folds : int
        Number of folds of all settings.
    problems : int
        Number of two-class problems per fold.

    Examples
    --------
    >>> from gpuclf.backend import resolve
    >>> context = Context(backend=resolve("cpu"), progress=lambda progress: print(*progress))
    >>> tracker = ProgressTracker(context, folds=4, problems=3)
    >>> tracker.skipped()
    >>> tracker.solved(2)
    problems 5 12 None
    """

    def __init__(self, context: Context, folds: int, problems: int) -> None:
        self.context, self.folds, self.problems = context, folds, problems
        self._scored = self._solved = 0

    def scored(self, score: FoldScore) -> None:
        """Count and report a fold."""
        self._scored += 1
        self.context.report(Progress("folds", self._scored, self.folds, score))

    def solved(self, problems: int) -> None:
        """Count and report two-class problems solved since the last call."""
        self._solved += problems
        self.context.report(Progress("problems", self._solved, self.folds * self.problems))

    def skipped(self) -> None:
        """Count the problems of a fold that the shared solver does not solve."""
        self._solved += self.problems
