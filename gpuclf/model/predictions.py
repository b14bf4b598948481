"""Predictions of clips: labels, votes, margins and time lines; as rows and as CSV."""

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
    """Consecutive windows with the same predicted label; times in seconds."""

    start: float
    end: float
    label: str
    votes: int

    def __str__(self) -> str:
        return f"{self.start:.1f}-{self.end:.1f} s {self.label}"


@dataclass(frozen=True)
class Predictions:
    """Predicted labels and votes of clips.

    Parameters
    ----------
    ids : array of str, shape (clips,)
        Name of each clip.
    labels : tuple of str
        Names of the classes of the model.
    predicted : int64 array, shape (clips,)
        Predicted class, an index into ``labels``; ties of votes go to the lower index.
    votes : int64 array, shape (clips, classes)
        Number of feature vectors that vote for each class.
    true : list of str, or None
        True label of each clip; None if the file has no labels.
    vectors : int64 array, shape (clips, V)
        Predicted class of each feature vector, in the order of the windows.
    windows : float64 array, shape (clips, V, 2), or None
        Start and end of each window in seconds; None if the file has no extraction settings.

    Examples
    --------
    >>> predictions = Predictions(
    ...     ids=np.array(["a.wav"]),
    ...     labels=("blues", "rock"),
    ...     predicted=np.array([0]),
    ...     votes=np.array([[3, 1]]),
    ...     true=["blues"],
    ...     vectors=np.array([[0, 0, 1, 0]]),
    ... )
    >>> predictions.accuracy, predictions.margin.tolist()
    (1.0, [0.5])
    """

    ids: AnyArray
    labels: tuple[str, ...]
    predicted: Ints
    votes: Ints
    true: list[str] | None
    vectors: Ints
    windows: Floats | None = None

    def timeline(self, clip: int) -> list[Stretch]:
        """Return the predicted labels of a clip over time.

        Parameters
        ----------
        clip : int
            Index of the clip.

        Returns
        -------
        list of Stretch
            One per run of consecutive windows with the same label. Stretches meet in the middle
            of the overlap of their windows. Empty if ``windows`` is None.
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
        """Vote share of the first class minus that of the second, ``(clips,)``; 0 for a tie."""
        ranked = np.sort(self.votes, axis=1)
        return np.asarray((ranked[:, -1] - ranked[:, -2]) / self.votes.sum(axis=1))

    @property
    def accuracy(self) -> float | None:
        """Accuracy on clips, in [0, 1]; None without true labels."""
        if self.true is None:
            return None
        return float(
            np.mean([self.labels[p] == t for p, t in zip(self.predicted, self.true, strict=True)])
        )

    def rows(self) -> list[dict[str, Any]]:
        """Return one row per clip: name, true label, label, margin, time line, votes.

        True label and time line are included only if known.
        """
        margins = self.margin
        return [
            {
                "clip": self.ids[clip],
                **({} if self.true is None else {"true": self.true[clip]}),
                "label": self.labels[self.predicted[clip]],
                "margin": f"{margins[clip]:.4f}",
                **(
                    {}
                    if self.windows is None
                    else {"time line": "; ".join(map(str, self.timeline(clip)))}
                ),
                **{
                    f"votes {name}": n
                    for name, n in zip(self.labels, self.votes[clip], strict=True)
                },
            }
            for clip in range(len(self.ids))
        ]

    def write_csv(self, path: str | os.PathLike[str]) -> None:
        """Write the rows as CSV; an existing file is replaced when the new one is complete."""
        rows = self.rows()
        with replacing(path) as draft, draft.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
