"""What a model says of clips: labels, votes, margins; as rows and as CSV."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gpuclf.data.blocks import Ints
from gpuclf.files import replacing


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
    """

    ids: npt.NDArray[Any]
    labels: tuple[str, ...]
    predicted: Ints
    votes: Ints
    true: list[str] | None

    @property
    def margin(self) -> npt.NDArray[np.float64]:
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
        """Give one row a clip: its name, the true label if known, label, margin, votes by class."""
        margins = self.margin
        return [
            {
                "clip": self.ids[clip],
                **({} if self.true is None else {"true": self.true[clip]}),
                "label": self.labels[self.predicted[clip]],
                "margin": f"{margins[clip]:.4f}",
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
