"""Predictions of clips: labels, votes, margins and time lines; as rows and as CSV.

Clips that the model was trained on are predicted but not scored.
"""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from gpuclf._typing import AnyArray, Bools, Floats, Ints
from gpuclf._utils.files import replacing
from gpuclf._utils.formatting import number_text
from gpuclf._utils.run_result import RunResult
from gpuclf._utils.table import Table
from gpuclf.model.calibration import confidence
from gpuclf.model.rejection import UNKNOWN
from gpuclf.model.timeline import stretches
from gpuclf.model.training_clips import TrainingOverlap

IN_TRAINING = {True: "yes", False: "no", None: "unknown"}


class LabelledStretch(NamedTuple):
    """Consecutive windows with the same predicted label; times in seconds."""

    start: float
    end: float
    label: str
    votes: int

    def __str__(self) -> str:
        return f"{self.start:.1f}-{self.end:.1f} s {self.label}"


@dataclass(frozen=True, repr=False)
class Predictions(RunResult):
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
    training : TrainingOverlap, or None
        Clips that the model was trained on; None if the training clips of the model are unknown.
    probabilities : float64 array, shape (clips, classes), or None
        Calibrated probability of each class; None if the model has none.
    rejected : bool array, shape (clips,), or None
        Clips whose label is replaced by ``unknown``, because the probability of the predicted class
        is below the threshold of the model; None if no clip is rejected.

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
    >>> predictions
    <1 clips, 2 classes, training clips unknown, accuracy 1.0000 on 1 clips>
    """

    ids: AnyArray
    labels: tuple[str, ...]
    predicted: Ints
    votes: Ints
    true: list[str] | None
    vectors: Ints
    windows: Floats | None = None
    training: TrainingOverlap | None = None
    probabilities: Floats | None = None
    rejected: Bools | None = None

    @property
    def names(self) -> list[str]:
        """Name of the predicted class of each clip; ``unknown`` for a rejected clip."""
        rejected = self.rejected if self.rejected is not None else np.zeros(len(self.ids), bool)
        return [
            UNKNOWN if out else self.labels[label]
            for label, out in zip(self.predicted.tolist(), rejected.tolist(), strict=True)
        ]

    @property
    def confidence(self) -> Floats | None:
        """Probability of the predicted class, ``(clips,)``; None without probabilities."""
        if self.probabilities is None:
            return None
        return confidence(self.probabilities, self.predicted)

    def timeline(self, clip: int) -> list[LabelledStretch]:
        """Return the predicted labels of a clip over time.

        Parameters
        ----------
        clip : int
            Index of the clip.

        Returns
        -------
        list of LabelledStretch
            One per run of consecutive windows with the same label, see
            `gpuclf.model.timeline.stretches`. Empty if ``windows`` is None.
        """
        if self.windows is None:
            return []
        votes = self.vectors[clip]
        return [
            LabelledStretch(run.start, run.end, self.labels[votes[run.first]], run.stop - run.first)
            for run in stretches(self.windows[clip], votes)
        ]

    @property
    def margin(self) -> Floats:
        """Vote share of the first class minus that of the second, ``(clips,)``; 0 for a tie."""
        ranked = np.sort(self.votes, axis=1)
        return np.asarray((ranked[:, -1] - ranked[:, -2]) / self.votes.sum(axis=1))

    @property
    def correct(self) -> Bools | None:
        """Whether each label is the true label, ``(clips,)``; None without true labels."""
        if self.true is None:
            return None
        return np.asarray(np.array(self.labels)[self.predicted] == np.array(self.true))

    @property
    def scored(self) -> Bools:
        """Clips with a true label that the model was not trained on, ``(clips,)``.

        If the training clips are unknown, all clips with a true label.
        """
        if self.true is None:
            return np.zeros(len(self.ids), dtype=bool)
        if self.training is None:
            return np.ones(len(self.ids), dtype=bool)
        return ~self.training.in_training

    @property
    def accuracy(self) -> float | None:
        """Accuracy on the scored clips, in [0, 1]; None without a scored clip."""
        return self.accuracy_on(self.scored)

    def accuracy_on(self, clips: Bools) -> float | None:
        """Return the accuracy on some of the clips.

        Parameters
        ----------
        clips : bool array, shape (clips,)
            Clips to score.

        Returns
        -------
        float or None
            In [0, 1]; None without true labels or without clips.
        """
        correct = self.correct
        return None if correct is None or not clips.any() else float(correct[clips].mean())

    def __repr__(self) -> str:
        parts = [f"{len(self.ids)} clips", f"{len(self.labels)} classes"]
        if self.training is None:
            parts.append("training clips unknown")
        else:
            parts.append(f"{self.training.in_training.sum()} used for training")
        if self.accuracy is not None:
            parts.append(f"accuracy {number_text(self.accuracy)} on {self.scored.sum()} clips")
        return f"<{', '.join(parts)}>"

    def rows(self) -> list[dict[str, Any]]:
        """Return one row per clip: name, true label, label, margin, in training, time line, votes.

        True label, time line and probabilities are included only if known. The label of a rejected
        clip is ``unknown``. Values are str, int and float;
        ``in_training`` is True, False, or None if the training clips are unknown.
        """
        known = None if self.training is None else self.training.in_training.tolist()
        sure = self.confidence
        columns = zip(
            self.ids.tolist(),
            self.names,
            self.margin.tolist(),
            self.votes.tolist(),
            strict=True,
        )
        return [
            {
                "clip": name,
                **({} if self.true is None else {"true": self.true[clip]}),
                "label": label,
                "margin": margin,
                **({} if sure is None else {"probability": sure[clip].item()}),
                "in_training": None if known is None else known[clip],
                **(
                    {}
                    if self.windows is None
                    else {"time line": "; ".join(map(str, self.timeline(clip)))}
                ),
                **{f"votes {name}": n for name, n in zip(self.labels, votes, strict=True)},
                **self._probability_columns(clip),
            }
            for clip, (name, label, margin, votes) in enumerate(columns)
        ]

    def to_table(self) -> Table:
        """Return `rows` as a table."""
        return Table.of_rows(self.rows())

    def _probability_columns(self, clip: int) -> dict[str, float]:
        """Return the probability of each class by the name of its column."""
        if self.probabilities is None:
            return {}
        values = zip(self.labels, self.probabilities[clip].tolist(), strict=True)
        return {f"probability {name}": value for name, value in values}

    def write_csv(self, path: str | os.PathLike[str]) -> None:
        """Write the rows as CSV; an existing file is replaced when the new one is complete.

        Margin and probabilities have four decimals; ``in_training`` is yes, no or unknown.
        """
        rows = [
            {
                **{name: _decimals(value) for name, value in row.items()},
                "in_training": IN_TRAINING[row["in_training"]],
            }
            for row in self.rows()
        ]
        with replacing(path) as draft, draft.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)


def _decimals(value: Any) -> Any:
    return number_text(value) if isinstance(value, float) else value
