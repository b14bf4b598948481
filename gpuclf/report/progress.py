"""Progress display on standard error: bars on a terminal, lines of text otherwise."""

from __future__ import annotations

import sys
import time
from typing import Self

from rich import progress as bars
from rich.console import Console

from gpuclf._utils.formatting import legible
from gpuclf._utils.progress import Progress
from gpuclf.validation.fold_score import FoldScore

SECONDS_BETWEEN_LINES = 10.0


class RunProgress:
    """Progress display of a run: a context manager, and a callback for `gpuclf.evaluate`.

    Parameters
    ----------
    console : Console, optional
        Console to print to; standard error by default. A terminal shows bars; otherwise, a line is
        printed every 10 seconds at most, and one for the last fold.
    mean : bool
        Whether to show the mean accuracy so far; meaningful if all folds have the same setting.

    Attributes
    ----------
    split : str
        Description of the folds, printed before the first one.
    """

    def __init__(self, console: Console | None = None, *, mean: bool = True) -> None:
        # FORCE_COLOR, which Jupyter sets, asks for colours: it does not make a file a terminal.
        console = console or Console(stderr=True, force_terminal=sys.stderr.isatty())
        self.console = console
        self.mean = mean
        self.split = ""
        self.scores: list[float] = []
        self.start = self.last_line = time.monotonic()
        self.bar = bars.Progress(
            bars.TextColumn("{task.description}"),
            bars.BarColumn(),
            bars.MofNCompleteColumn(),
            bars.TextColumn("{task.fields[note]}"),
            bars.TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.reading = self.bar.add_task("Reading clips", total=None, note="", visible=False)
        self.solving = self.bar.add_task("Binary SVMs", total=None, note="", visible=False)
        self.labelling = self.bar.add_task("Windows", total=None, note="", visible=False)
        self.rounds = self.bar.add_task("Rounds", total=None, note="", visible=False)
        self.fitting = self.bar.add_task("Folds", total=None, note="", visible=False)

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Remove the bars, so that what is printed next is on a line of its own."""
        if self.bar.live.is_started:
            self.bar.stop()

    def __call__(self, progress: Progress) -> None:
        """Update the display."""
        if progress.stage == "clips":
            self.on_clips(progress.done, progress.total)
        elif progress.stage == "problems":
            self._on_problems(progress.done, progress.total)
        elif progress.stage == "windows":
            self._on_windows(progress.name, progress.done, progress.total)
        else:
            self._on_fold(progress.fold, progress.done, progress.total)

    def on_clips(self, done: int, total: int) -> None:
        """Update the number of clips that are read."""
        self.bar.update(self.reading, completed=done, total=total, visible=True)
        self._line(f"read {done} of {total} clips", last=False)

    def _on_problems(self, done: int, total: int) -> None:
        self.bar.update(self.solving, completed=done, total=total, visible=True)
        self._line(f"solved {done} of {total} binary SVMs", last=False)

    def _on_windows(self, name: str, done: int, total: int) -> None:
        note = legible(name)
        self.bar.update(self.labelling, completed=done, total=total, note=note, visible=True)
        self._line(f"labelled {done} of {total} windows of {note}", last=False)

    def _on_fold(self, score: FoldScore, done: int, total: int) -> None:
        """Update the number of scored folds, the mean accuracy and the remaining time."""
        if done == 1:
            self.start = time.monotonic()
            if self.split:
                self.report(f"split: {self.split}")
        if not score.fold.scores_only:
            self.scores.append(score.score)
        note = ""
        if self.mean and self.scores:
            note = f"mean accuracy {100 * sum(self.scores) / len(self.scores):.1f} %"
        self.bar.update(self.fitting, completed=done, total=total, note=note, visible=True)
        elapsed = time.monotonic() - self.start
        remaining = elapsed * (total - done) / max(1, done - 1)
        estimate = f"about {remaining:.0f} s remaining" if 1 < done < total else ""
        text = ", ".join(filter(None, [note, estimate]))
        self._line(f"fold {done} of {total}" + f": {text}" * bool(text), last=done == total)

    def report(self, text: str) -> None:
        """Print a message."""
        self.console.print(text, highlight=False, soft_wrap=True, markup=False)

    def on_round(self, done: int, total: int) -> None:
        """Update the number of completed rounds of a benchmark."""
        self.bar.update(self.rounds, completed=done, total=total, visible=True)
        self._line(f"round {done} of {total}", last=done == total)

    def _line(self, text: str, *, last: bool) -> None:
        """Print a line unless the console is a terminal or the previous line is too recent."""
        now = time.monotonic()
        if not self.console.is_terminal and (last or now - self.last_line > SECONDS_BETWEEN_LINES):
            self.last_line = now
            self.console.print(text, highlight=False, soft_wrap=True)
