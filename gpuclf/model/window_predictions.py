"""Predictions of the windows of a recording, and the labelled regions that they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from gpuclf._typing import Floats, Ints
from gpuclf._utils.formatting import counted
from gpuclf.errors import InputError
from gpuclf.model.timeline import stretches

NO_LABEL = -1


@dataclass(frozen=True, repr=False, eq=False)
class Regions:
    """Labelled parts of a recording: windows, or merged windows.

    Parameters
    ----------
    labels : tuple of str
        Names of the classes of the model.
    times : float64 array, shape (regions, 2)
        Start and end in seconds, in ascending order.
    predicted : int64 array, shape (regions,)
        Predicted class, an index into ``labels``.
    vote_shares : float64 array, shape (regions, classes)
        Fraction of the feature vectors that vote for each class; of merged windows, the mean.
    """

    labels: tuple[str, ...]
    times: Floats
    predicted: Ints
    vote_shares: Floats

    @property
    def score(self) -> Floats:
        """Vote share of the predicted class, ``(regions,)``."""
        shares: Floats = self.vote_shares[np.arange(len(self.predicted)), self.predicted]
        return shares

    def __len__(self) -> int:
        return len(self.predicted)

    def __repr__(self) -> str:
        return f"<{counted(len(self), 'region')}, {len(self.labels)} classes>"


@dataclass(frozen=True, repr=False, eq=False)
class WindowPredictions:
    """Predictions of the windows of a recording.

    Parameters
    ----------
    recording : str
        Path of the recording.
    name : Path
        Path of the recording relative to the folder in which it was found, or its file name.
    labels : tuple of str
        Names of the classes of the model.
    times : float64 array, shape (windows, 2)
        Start and end of each window in seconds.
    predicted : int64 array, shape (windows,)
        Predicted class, an index into ``labels``; -1 for a window without a label.
    votes : int64 array, shape (windows, classes)
        Number of feature vectors that vote for each class; 0 for a window without features.
    band : tuple of float
        Lowest and highest frequency that is analysed, in Hz.
    unlabelled : dict of str to int
        Reasons why windows have no label, such as "is silent" or "is rejected", and their numbers.
    damage : str
        Damage of the recording, such as "is truncated: 0.75 of 1.50 s"; empty if there is none.

    Examples
    --------
    >>> predictions = WindowPredictions(
    ...     recording="a.wav",
    ...     name=Path("a.wav"),
    ...     labels=("wren", "robin"),
    ...     times=np.array([[0, 3], [1.5, 4.5], [3, 6]]),
    ...     predicted=np.array([0, 0, 1]),
    ...     votes=np.array([[4, 0], [3, 1], [2, 2]]),
    ...     band=(0, 11025),
    ... )
    >>> predictions
    <a.wav: 3 windows, 2 classes>
    >>> predictions.regions(min_score=0.75).times.tolist()
    [[0.0, 3.0], [1.5, 4.5]]
    >>> merged = predictions.regions(merge=True)
    >>> merged.times.tolist(), merged.score.tolist()
    ([[0.0, 3.75], [3.75, 6.0]], [0.875, 0.5])
    """

    recording: str
    name: Path
    labels: tuple[str, ...]
    times: Floats
    predicted: Ints
    votes: Ints
    band: tuple[float, float]
    unlabelled: Mapping[str, int] = field(default_factory=dict)
    damage: str = ""

    @property
    def vote_shares(self) -> Floats:
        """Fraction of the feature vectors that vote for each class, ``(windows, classes)``."""
        shares: Floats = self.votes / np.maximum(1, self.votes.sum(axis=1, keepdims=True))
        return shares

    def regions(self, min_score: float = 0.0, *, merge: bool = False) -> Regions:
        """Return the labelled windows as regions.

        Parameters
        ----------
        min_score : float
            Lowest vote share of the predicted class of a window, in [0, 1].
        merge : bool
            Whether to merge consecutive windows with the same label; see `stretches`.

        Returns
        -------
        Regions

        Raises
        ------
        InputError
            If ``min_score`` is not in [0, 1].
        """
        check_min_score(min_score)
        shares, classes = self.vote_shares, self.predicted.copy()
        classes[shares[np.arange(len(classes)), classes] < min_score] = NO_LABEL
        if not merge:
            kept = np.flatnonzero(classes != NO_LABEL)
            return Regions(self.labels, self.times[kept], classes[kept], shares[kept])
        runs = [run for run in stretches(self.times, classes) if classes[run.first] != NO_LABEL]
        return Regions(
            self.labels,
            np.array([run[:2] for run in runs], np.float64).reshape(-1, 2),
            np.array([classes[run.first] for run in runs], np.int64),
            np.array([shares[run.first : run.stop].mean(axis=0) for run in runs]).reshape(
                -1, len(self.labels)
            ),
        )

    def __repr__(self) -> str:
        windows = counted(len(self.predicted), "window")
        return f"<{self.recording}: {windows}, {len(self.labels)} classes>"


def check_min_score(min_score: float) -> None:
    """Check that a minimum score is a fraction."""
    if not 0 <= min_score <= 1:
        raise InputError("min_score", got=min_score, expected="0 to 1, a fraction of the votes")
