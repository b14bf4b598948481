"""A small synthetic feature file for demonstrations: "recordings" of six instruments.

A frame is a magnitude spectrum with one bin per semitone: a note of random pitch and its harmonics,
weighted by the timbre of the instrument. Each recording has a random gain per bin (player and room)
that is shared by its frames, so that some clips are misclassified. A window contains only a few
notes, so that single vectors are misclassified far more often than clips, which have 12 votes.
"""

from __future__ import annotations

import os

import numpy as np

from gpuclf._typing import Floats, Frames
from gpuclf.features.writer import write_grid

INSTRUMENTS = ("cello", "clarinet", "flute", "guitar", "trumpet", "violin")
CLIPS, FRAMES, BINS = 40, 40, 60
NOTES = 5  # per recording
HARMONICS = np.array([0, 12, 19, 24])  # in semitones above the note
TIMBRE, RECORDING, NOISE = 0.25, 0.35, 0.2  # standard deviations of log magnitudes


def write_demo(path: str | os.PathLike[str], seed: int = 0) -> None:
    """Write the demo feature file: grid layout, feature set ``Xs``.

    Files of different seeds contain different recordings of the same instruments: a classifier that
    is trained on one can be tested on another.

    Parameters
    ----------
    path : path
        The file, replaced if it exists.
    seed : int
        Seed of the recordings; the same seed gives the same file.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    rng = np.random.default_rng(0)
    timbres = rng.normal(size=(len(INSTRUMENTS), BINS))
    if seed != 0:
        rng = np.random.default_rng(seed)
    frames = np.stack([[_recording(timbre, rng) for _ in range(CLIPS)] for timbre in timbres])
    write_grid(
        path, {"Xs": frames}, INSTRUMENTS, attributes={"about": "synthetic demo data of gpuclf"}
    )


def _recording(timbre: Floats, rng: np.random.Generator) -> Frames:
    gains = np.exp(TIMBRE * timbre + RECORDING * rng.normal(size=BINS))
    pitches = rng.integers(BINS - HARMONICS[-1], size=NOTES)
    partials = pitches[:, None, None] + HARMONICS[:, None]
    peaks = np.exp(-0.5 * (np.arange(BINS) - partials) ** 2).sum(axis=1)
    frames = np.repeat(peaks, 2 * FRAMES // NOTES, axis=0) * gains
    frames *= np.exp(NOISE * rng.normal(size=frames.shape))
    return frames.astype(np.float32).reshape(FRAMES, 2, BINS)
