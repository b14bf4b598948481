"""What a model says of clips: labels, votes, margins; as rows and as CSV."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from gpuclf._typing import AnyArray, Floats, Ints
from gpuclf._utils.files import replacing


class Stretch(NamedTuple):
    """Windows in a row that vote for one label: when they begin and end, in seconds."""

    start: float
    end: float
    label: str
    votes: int

    def __str__(self) -> str:
        return f"{self.start:.1f}-{self.end:.1f} s {self.label}"


@dataclass(frozen=True)
class Predictions:
    """What a model says of clips.

    Parameters
    ----------
    ids : array of str, shape (clips,)
        The clips' names.
    labels : tuple of str
        Names of the classes that the model knows.
    predicted : int64 array, shape (clips,)
        Index into ``labels``; ties of votes go to the lower index.
    votes : int64 array, shape (clips, classes)
        How many of the clip's vectors vote for each class.
    true : list of str, or None
        The labels that the file gives, if it does.
    vectors : int64 array, shape (clips, V)
        The class that each vector votes for, in the order of the windows.
    windows : float64 array, shape (clips, V, 2), or None
        Where each window begins and ends, in seconds, if the file tells how its frames were made.
    """

    ids: AnyArray
    labels: tuple[str, ...]
    predicted: Ints
    votes: Ints
    true: list[str] | None
    vectors: Ints
    windows: Floats | None = None

    def timeline(self, clip: int) -> list[Stretch]:
        """Tell what a clip's vectors vote for, one after another.

        Parameters
        ----------
        clip : int
            Its place, from 0.

        Returns
        -------
        list of Stretch
            One for all windows in a row that vote alike; where two votes overlap, the earlier one
            has the first half of what they share. Empty if it is not known when windows begin.
        """
        if self.windows is None:
            return []
        votes, times = self.vectors[clip], self.windows[clip]
        between = (times[1:, 0] + times[:-1, 1]) / 2
        edges = np.concatenate([times[:1, 0], between, times[-1:, 1]]).tolist()
        first = np.flatnonzero(np.append(True, votes[1:] != votes[:-1])).tolist()
        return [
            Stretch(edges[a], edges[b], self.labels[votes[a]], b - a)
            for a, b in pairwise([*first, len(votes)])
        ]

    @property
    def margin(self) -> Floats:
        """Lead of the winner over the next class, as a share of the votes; 0 for a tie."""
        ranked = np.sort(self.votes, axis=1)
        return np.asarray((ranked[:, -1] - ranked[:, -2]) / self.votes.sum(axis=1))

    @property
    def accuracy(self) -> float | None:
        """Share of the clips labelled as the file does; None if it names no labels."""
        if self.true is None:
            return None
        return float(
            np.mean([self.labels[p] == t for p, t in zip(self.predicted, self.true, strict=True)])
        )

    def rows(self) -> list[dict[str, Any]]:
        """Give one row a clip: name, true label and time line if known, label, margin, votes."""
        margins = self.margin
        return [
            {
                "clip": self.ids[clip],
                **({} if self.true is None else {"true": self.true[clip]}),
                "label": self.labels[self.predicted[clip]],
                "margin": f"{margins[clip]:.4f}",
                **({} if self.windows is None else {"time line": _text(self.timeline(clip))}),
                **{
                    f"votes {name}": n
                    for name, n in zip(self.labels, self.votes[clip], strict=True)
                },
            }
            for clip in range(len(self.ids))
        ]

    def write_csv(self, path: str | os.PathLike[str]) -> None:
        """Write the rows as CSV, whole or not at all."""
        rows = self.rows()
        with replacing(path) as draft, draft.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)


def _text(stretches: list[Stretch]) -> str:
    return "; ".join(map(str, stretches))
