"""Prediction: labels of the clips of a feature file, or of recordings."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gpuclf._typing import Floats
from gpuclf._utils.progress import OnProgress, Progress
from gpuclf.audio.decoding import SUFFIXES
from gpuclf.audio.settings import Extraction
from gpuclf.backend import resolve
from gpuclf.config.experiment import Experiment
from gpuclf.errors import InputError, one_of
from gpuclf.features.feature_file import FeatureStore
from gpuclf.features.feature_set import FeatureSet
from gpuclf.features.importers.clip_files import ClipFile, files_below
from gpuclf.model.model_file import Model
from gpuclf.model.predictions import Predictions
from gpuclf.model.voting import elect, vote_counts
from gpuclf.vectors.aggregation import vectors_per_clip, window_bounds
from gpuclf.workflows.extract import extract, extraction_of
from gpuclf.workflows.run_context import RunOptions, open_run


def predict(
    model: Model,
    file: str | os.PathLike[str],
    *,
    progress: OnProgress | None = None,
    memory: int | str | None = None,
    cache: bool = True,
) -> Predictions:
    """Label the clips of a feature file, with or without labels of its own.

    Parameters
    ----------
    model : Model
        From `train` or `gpuclf.load_model`; it computes where its classifier does.
    file : path
        Feature file with the feature set that the model was trained on. Its frames are cut and
        aggregated as the model's were; all of its classes and clips are labelled.
    progress, memory, cache
        As of `gpuclf.evaluate`.

    Returns
    -------
    Predictions

    Raises
    ------
    GpuclfError
        If the file does not fit the model.

    Warns
    -----
    UserWarning
        If clips are shorter or longer than those trained on, and sums would not compare.
    """
    all_clips = dict.fromkeys(("n_classes", "n_clips", "groups", "folds_from"))
    experiment = Experiment.from_dict({**model.experiment, **all_clips, "file": os.fspath(file)})
    classifier = model.classifier
    backend = resolve(classifier.backend)
    options = RunOptions(backend=backend, progress=progress, memory=memory, cache=cache)
    with open_run(experiment, **options) as run:
        features = run.features({})
        n = features.n_features * len(experiment.statistics)
        n *= vectors_per_clip(experiment.n_vectors)
        if n != classifier.n_features_in_:
            expected = classifier.n_features_in_ * features.n_features // n
            raise InputError(
                f"{run.store.path}, feature set {features.name!r}",
                got=f"{features.n_features} features",
                expected=f"{expected}, as the model was trained on",
            )
        _warn_of_other_lengths(features, model, experiment)
        vectors = run.setting({}).vectors
        windows = window_times(run.store, features, experiment.n_vectors)
    classes = backend.to_host(classifier.predict_vectors(vectors.X))
    votes = vote_counts(classes, len(model.labels), np)
    true = None if vectors.y is None else [vectors.labels[y] for y in vectors.y]
    return Predictions(vectors.ids, model.labels, elect(votes), votes, true, classes, windows)


def window_times(store: FeatureStore, features: FeatureSet, n_vectors: int) -> Floats | None:
    """Tell when the windows of clips begin and end.

    Parameters
    ----------
    store : FeatureStore
        Whose file says how its frames were extracted, if they were.
    features : FeatureSet
    n_vectors : int
        Aligned windows a clip.

    Returns
    -------
    float64 array, shape (clips, V, 2), or None
        In seconds.
    """
    extraction = extraction_of(store)
    if extraction is None:
        return None
    seconds = extraction.step(features.name) / extraction.sr
    return window_bounds(features.lengths, n_vectors) * np.float64(seconds)


def _warn_of_other_lengths(features: FeatureSet, model: Model, experiment: Experiment) -> None:
    (shortest, longest), (at_least, at_most) = features.frames, model.frames
    if "sum" in experiment.statistics and not at_least <= shortest <= longest <= at_most:
        warnings.warn(
            f"{features.path} has clips of {shortest} to {longest} frames, the model was trained "
            f"on {at_least} to {at_most}: sums grow with the length, the statistic mean does not",
            UserWarning,
            stacklevel=3,
        )


class RecordingPredictions(NamedTuple):
    """Predictions for recordings, and why others could not be used."""

    predictions: Predictions
    unusable: dict[str, str]


def predict_recordings(
    model: Model,
    paths: Sequence[str | os.PathLike[str]],
    *,
    workers: int | None = None,
    progress: OnProgress | None = None,
) -> RecordingPredictions:
    """Label recordings.

    Parameters
    ----------
    model : Model
        Trained on a file that `gpuclf.workflows.extract.extract` made: it knows how.
    paths : sequence of paths
        Recordings, and folders of them.
    workers : int, optional
        How many work at a time; as many as there are cores by default.
    progress : callable, optional
        Called with a `gpuclf._utils.progress.Progress` of clips.

    Returns
    -------
    RecordingPredictions

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

    def on_clips(done: int, total: int) -> None:
        if progress is not None:
            progress(Progress("clips", done, total))

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "recordings.hdf5")
        extracted = extract(clips, file, extraction, workers=workers, on_clips=on_clips)
        predictions = predict(model, file, cache=False)
    return RecordingPredictions(predictions, extracted.unusable)


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
