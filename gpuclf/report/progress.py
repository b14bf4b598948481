"""Progress on standard error: a live bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gpuclf.validation.fold_score import FoldScore

SECONDS_BETWEEN_LINES = 5.0


class RunProgress:
    """Tell how far the reading and the cross-validation have come.

    A context manager, whose methods are the callbacks of `gpuclf.evaluate`.

    Parameters
    ----------
    console : Console, optional
        Where to, standard error by default; a terminal gets a bar, anything else a line every few
        seconds.
    mean : bool
        Whether the mean of the scores so far means something: all are of one setting.
    """

    def __init__(self, console: Console | None = None, *, mean: bool = True) -> None:
        self.console = console = console or Console(stderr=True)
        self.mean, self.done = mean, 0
        self.scores: list[float] = []
        self.begun = self.told = time.monotonic()
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.reading = self.bar.add_task("Reading clips", total=None, note="", visible=False)
        self.solving = self.bar.add_task("Two-class SVMs", total=None, note="", visible=False)
        self.rounds = self.bar.add_task("Rounds", total=None, note="", visible=False)
        self.fitting = self.bar.add_task("Folds", total=None, note="", visible=False)

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.bar.stop()

    def on_clips(self, done: int, total: int) -> None:
        """Tell that ``done`` of ``total`` clips are read."""
        self.bar.update(self.reading, completed=done, total=total, visible=True)
        self._line(f"read {done} of {total} clips", last=False)

    def on_problems(self, done: int, total: int) -> None:
        """Tell that ``done`` of ``total`` two-class SVMs of the shared solver are solved."""
        self.bar.update(self.solving, completed=done, total=total, visible=True)
        self._line(f"solved {done} of {total} two-class SVMs", last=False)

    def on_fold(self, score: FoldScore, total: int) -> None:
        """Tell the running mean, and how long the rest will take."""
        if not self.done:
            self.begun = time.monotonic()
        self.done += 1
        if not score.fold.brief:
            self.scores.append(score.score)
        note = ""
        if self.mean and self.scores:
            note = f"mean accuracy {100 * sum(self.scores) / len(self.scores):.1f} %"
        self.bar.update(self.fitting, completed=self.done, total=total, note=note, visible=True)
        spent = time.monotonic() - self.begun
        left = spent * (total - self.done) / max(1, self.done - 1)
        more = [f"about {left:.0f} s left"] if 1 < self.done < total else []
        text = ", ".join([note, *more] if note else more)
        told = f"fold {self.done} of {total}" + f": {text}" * bool(text)
        self._line(told, last=self.done == total)

    def tell(self, text: str) -> None:
        """Say something at once."""
        self.console.print(text, highlight=False, soft_wrap=True, markup=False)

    def on_round(self, done: int, total: int) -> None:
        """Tell that ``done`` of ``total`` rounds of a benchmark are done."""
        self.bar.update(self.rounds, completed=done, total=total, visible=True)
        self._line(f"round {done} of {total}", last=done == total)

    def _line(self, text: str, *, last: bool) -> None:
        now = time.monotonic()
        if not self.console.is_terminal and (last or now - self.told > SECONDS_BETWEEN_LINES):
            self.told = now
            self.console.print(text, highlight=False, soft_wrap=True)
