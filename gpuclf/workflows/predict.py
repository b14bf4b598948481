"""Prediction: labels of the clips of a feature file."""

from __future__ import annotations

import os
import warnings

import numpy as np

from gpuclf._typing import Floats
from gpuclf._utils.progress import OnProgress
from gpuclf.backend import resolve
from gpuclf.config.experiment import Experiment
from gpuclf.errors import InputError
from gpuclf.features.feature_file import FeatureStore
from gpuclf.features.feature_set import FeatureSet
from gpuclf.model.labelling import check_threshold, label_clips
from gpuclf.model.model_file import Model
from gpuclf.model.predictions import Predictions
from gpuclf.vectors.aggregation import vectors_per_clip, window_bounds
from gpuclf.vectors.choices import OverlapName
from gpuclf.workflows.extract import extraction_of
from gpuclf.workflows.run_context import RunOptions, open_run


def predict(
    model: Model,
    file: str | os.PathLike[str],
    *,
    reject: bool = False,
    progress: OnProgress | None = None,
    memory: int | str | None = None,
    cache: bool = True,
) -> Predictions:
    """Predict the labels of all clips of a feature file.

    Clips that the model was trained on are recognised by their feature vectors and not scored.

    Parameters
    ----------
    model : Model
        Model of `train` or `gpuclf.load_model`; predicts on the backend of its classifier.
    file : path
        Feature file with the feature set of the model, with or without labels. Its frames are
        aggregated with the hyper-parameters of the model.
    reject : bool
        Label clips as ``unknown`` if the probability of the predicted class is below the threshold
        of the model, which requires a model trained with ``target_precision``.
    progress, memory, cache
        Progress callback, memory limit and cache; see
        `gpuclf.workflows.run_context.RunOptions`.

    Returns
    -------
    Predictions
        Predicted labels and vote counts of the clips; if the file has labels, the accuracy on the
        clips that the model was not trained on.

    Raises
    ------
    GpuclfError
        If the file is incompatible with the model, or ``reject`` is set and the model has no
        threshold.

    Warns
    -----
    UserWarning
        If clips are shorter or longer than the training clips and the statistics include ``sum``,
        which depends on the length.

    Examples
    --------
    >>> import gpuclf
    >>> gpuclf.write_demo("demo.hdf5")
    >>> gpuclf.write_demo("new.hdf5", seed=1)
    >>> model = gpuclf.train(gpuclf.Experiment(file="demo.hdf5"), backend="cpu")
    >>> gpuclf.predict(model, "new.hdf5")
    <240 clips, 6 classes, 0 used for training, accuracy 0.8583 on 240 clips>
    >>> gpuclf.predict(model, "demo.hdf5").accuracy is None  # all clips are training clips
    True
    """
    experiment = experiment_for(model, file)
    classifier = model.classifier
    if reject:
        check_threshold(model)
    backend = resolve(classifier.backend)
    options = RunOptions(backend=backend, progress=progress, memory=memory, cache=cache)
    with open_run(experiment, **options) as run:
        features = run.features({})
        n = features.n_features * len(experiment.statistics)
        n *= vectors_per_clip(experiment.n_vectors, experiment.overlap)
        if n != classifier.n_features_in_:
            expected = classifier.n_features_in_ * features.n_features // n
            raise InputError(
                f"{run.store.path}, feature set {features.name!r}",
                got=f"{features.n_features} features",
                expected=f"{expected}, the number of features that the model was trained on",
            )
        warn_of_other_lengths(str(features.path), features.frames, model)
        vectors = run.setting({}).vectors
        stored_ids = run.store.is_clips_layout
        windows = window_times(run.store, features, experiment.n_vectors, experiment.overlap)
    labelled = label_clips(model, vectors.X, reject=reject)
    true = None if vectors.y is None else [vectors.labels[y] for y in vectors.y]
    overlap = None
    if model.training is not None:
        overlap = model.training.overlap(vectors, backend, stored_ids=stored_ids)
    return Predictions(
        ids=vectors.ids,
        labels=model.labels,
        true=true,
        windows=windows,
        training=overlap,
        **labelled._asdict(),
    )


def experiment_for(model: Model, file: str | os.PathLike[str]) -> Experiment:
    """Return the experiment of a model for all clips of another file.

    Parameters
    ----------
    model : Model
        Trained model.
    file : path
        Feature file.

    Returns
    -------
    Experiment
        Without the choice of clips, groups and folds of the training.
    """
    all_clips = dict.fromkeys(("n_classes", "n_clips", "groups", "folds_from"))
    return Experiment.from_dict({**model.experiment, **all_clips, "file": os.fspath(file)})


def window_times(
    store: FeatureStore, features: FeatureSet, n_vectors: int, overlap: OverlapName = "half"
) -> Floats | None:
    """Return the start and end times of the windows of clips.

    Parameters
    ----------
    store : FeatureStore
        Open feature file.
    features : FeatureSet
        Feature set of the file.
    n_vectors : int
        Number of aligned windows per clip.
    overlap : {"half", "none"}
        Overlap of consecutive windows.

    Returns
    -------
    float64 array, shape (clips, V, 2), or None
        Times in seconds; None if the file was not written by an extraction.
    """
    extraction = extraction_of(store)
    if extraction is None:
        return None
    seconds = extraction.step(features.name) / extraction.sr
    return window_bounds(features.lengths, n_vectors, overlap) * np.float64(seconds)


def warn_of_other_lengths(what: str, frames: tuple[int, int], model: Model) -> None:
    """Warn if sums over windows are not comparable with those of the training clips.

    Parameters
    ----------
    what : str
        Description of the clips.
    frames : tuple of int
        Frames of the shortest and of the longest clip.
    model : Model
        Trained model.
    """
    (shortest, longest), (at_least, at_most) = frames, model.frames
    if "sum" in model.experiment["statistics"] and not at_least <= shortest <= longest <= at_most:
        warnings.warn(
            f"{what} has clips of {shortest} to {longest} frames, the model was trained "
            f"on {at_least} to {at_most}: the statistic sum depends on the length, mean does not",
            UserWarning,
            stacklevel=3,
        )
