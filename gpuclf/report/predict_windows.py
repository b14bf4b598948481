"""Terminal output of the command predict for windows of recordings."""

from __future__ import annotations

from collections import Counter

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table

from gpuclf._utils.formatting import counted, legible, percent
from gpuclf.model.window_predictions import Regions, WindowPredictions
from gpuclf.report.tables import clean, pairs

MAX_ROWS = 40  # regions that are printed


class RegionSummary:
    """Counts of the labelled regions of several recordings, and the first of them.

    Attributes
    ----------
    damaged : dict of str to str
        Paths of truncated and damaged recordings, and what is wrong with them.
    """

    def __init__(self) -> None:
        self.damaged: dict[str, str] = {}
        self._recordings = self._windows = 0
        self._regions: Counter[str] = Counter()
        self._unlabelled: Counter[str] = Counter()
        self._rows: list[tuple[str, ...]] = []

    def add(self, predictions: WindowPredictions, regions: Regions) -> None:
        """Count the regions of a recording."""
        self._recordings += 1
        self._windows += len(predictions.predicted)
        self._regions.update(regions.labels[label] for label in regions.predicted)
        self._unlabelled.update(predictions.unlabelled)
        if predictions.damage:
            self.damaged[predictions.recording] = predictions.damage
        room = MAX_ROWS - len(self._rows)
        rows = zip(regions.times[:room].tolist(), regions.predicted, regions.score, strict=False)
        self._rows += [
            (
                clean(predictions.name),
                f"{start:.2f}",
                f"{end:.2f}",
                clean(regions.labels[label]),
                percent(score),
            )
            for (start, end), label, score in rows
        ]

    def facts(self, out: str | None) -> dict[str, str]:
        """Return the numbers of recordings, windows and regions.

        Parameters
        ----------
        out : str or None
            File or folder that the regions were written to.
        """
        recordings = counted(self._recordings, "recording")
        facts = {} if out is None else {"file": out}
        facts["windows"] = f"{self._windows} of {recordings}"
        for reason, count in self._unlabelled.items():
            facts[f"no label, as the window {reason}"] = counted(count, "window")
        counts = [f"{legible(label)} {count}" for label, count in self._regions.most_common()]
        total = counted(self._regions.total(), "region")
        return facts | {"labelled": ": ".join([total, *filter(None, [", ".join(counts)])])}

    def table(self) -> RenderableType:
        """Return a table of the first regions."""
        table = Table(box=box.SIMPLE)
        table.add_column("recording", overflow="fold")
        for heading in ("start (s)", "end (s)"):
            table.add_column(heading, justify="right", no_wrap=True)
        table.add_column("label", overflow="fold")
        table.add_column("score", justify="right", no_wrap=True)
        for row in self._rows:
            table.add_row(*row)
        more = self._regions.total() - len(self._rows)
        return Group(table, pairs({"more": f"{more}, which --out writes"} if more else {}))
