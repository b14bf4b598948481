"""How far a run has come, told to whoever wants to know."""

from __future__ import annotations

from collections.abc import Callable

from gpuclf.validation.fold_score import FoldScore

OnFold = Callable[[FoldScore, int], None]  # a fold's score, folds in all
OnProblems = Callable[[int, int], None]  # two-class problems solved, and in all


class Telling:
    """Counts folds and two-class problems of a run, and tells of them.

    Parameters
    ----------
    on_fold, on_problems : callable, optional
        As of `gpuclf.cross_validate`.
    folds : int
        Of all settings, in all.
    pairs : int
        Two-class problems of each.

    Examples
    --------
    >>> telling = Telling(None, lambda *told: print(*told), folds=4, pairs=3)
    >>> telling.skipped()
    >>> telling.solved(2)
    5 12
    """

    def __init__(
        self, on_fold: OnFold | None, on_problems: OnProblems | None, folds: int, pairs: int
    ) -> None:
        self.on_fold, self.on_problems = on_fold, on_problems
        self.folds, self.pairs, self.done = folds, pairs, 0

    def fold(self, score: FoldScore) -> None:
        """Tell of a fold."""
        if self.on_fold:
            self.on_fold(score, self.folds)

    def solved(self, problems: int) -> None:
        """Tell of two-class problems that the shared solver has solved since the last time."""
        self.done += problems
        if self.on_problems:
            self.on_problems(self.done, self.folds * self.pairs)

    def skipped(self) -> None:
        """Count a fold whose problems the shared solver need not solve."""
        self.done += self.pairs
