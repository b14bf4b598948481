"""Recordings in, labels out: what a model says of sound that was never in a feature file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from gpuclf.audio.decoding import SUFFIXES
from gpuclf.audio.settings import Extraction
from gpuclf.errors import InputError, one_of
from gpuclf.features.importers.clip_files import ClipFile, files_below
from gpuclf.model.model_file import Model
from gpuclf.model.predictions import Predictions
from gpuclf.workflows.extract import extract
from gpuclf.workflows.run_context import OnClips, Reading
from gpuclf.workflows.train import predict


class Heard(NamedTuple):
    """What a model says of recordings, and which of them it could not hear, and why."""

    predictions: Predictions
    unusable: dict[str, str]


def predict_recordings(
    model: Model,
    paths: Sequence[str | os.PathLike[str]],
    *,
    workers: int | None = None,
    on_clips: OnClips | None = None,
) -> Heard:
    """Label recordings.

    Parameters
    ----------
    model : Model
        Trained on a file that `gpuclf.workflows.extract.extract` made: it knows how.
    paths : sequence of paths
        Recordings, and folders of them.
    workers : int, optional
        How many work at a time; as many as there are cores by default.
    on_clips : callable, optional
        Called with the recordings heard so far and in all.

    Returns
    -------
    Heard

    Raises
    ------
    InputError
        If there is no recording, none can be used, or the model knows of no extraction.
    """
    if model.extraction is None:
        expected = "one trained on a file that gpuclf extract made"
        raise InputError("model", got="one trained on features made elsewhere", expected=expected)
    wanted = {**model.extraction, "features": [model.experiment["dataset"]]}
    extraction = Extraction.from_dict(wanted)
    clips = [ClipFile(path, str(path)) for path in recordings_of(paths)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "heard.hdf5")
        heard = extract(clips, file, extraction, workers=workers, on_clips=on_clips)
        predictions = predict(model, file, reading=Reading(cache=False))
    return Heard(predictions, heard.unusable)


def recordings_of(paths: Sequence[str | os.PathLike[str]]) -> list[Path]:
    """Find the recordings among files and folders.

    Parameters
    ----------
    paths : sequence of paths
        A file is a recording whatever its name ends in; of a folder, all that lie in it do which
        have a known ending.

    Raises
    ------
    InputError
        If one is not there, or a folder has none; the message names it.
    """
    found: dict[Path, None] = {}
    for path in map(Path, paths):
        if path.is_dir():
            inside = files_below(path, SUFFIXES)
            if not inside:
                expected = f"files ending in {one_of(sorted(SUFFIXES))}"
                raise InputError(str(path), got="a folder without recordings", expected=expected)
            found |= dict.fromkeys(inside)
        elif path.is_file():
            found[path] = None
        else:
            raise InputError(str(path), got="no such file", expected="a recording, or a folder")
    return list(found)
