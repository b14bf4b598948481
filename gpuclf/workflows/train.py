"""Models: a classifier fitted on all clips of a file, and what it says of another file's."""

from __future__ import annotations

import os
import warnings
from dataclasses import replace

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from gpuclf._typing import Floats, Ints
from gpuclf.backend import Backend, resolve
from gpuclf.config.experiment import Experiment
from gpuclf.errors import InputError
from gpuclf.features.feature_file import FeatureStore, open_features
from gpuclf.features.feature_set import FeatureSet
from gpuclf.model.model_file import Model
from gpuclf.model.predictions import Predictions
from gpuclf.model.voting import elect, vote_counts
from gpuclf.svm import check_nu, describe_unconverged
from gpuclf.vectors.aggregation import vectors_per_clip, window_bounds
from gpuclf.workflows.extract import extraction_of
from gpuclf.workflows.run_context import (
    USUAL_READING,
    OnClips,
    Reading,
    aggregate_features,
    check_solver,
    make_classifier,
    open_experiment,
)


def train(
    experiment: Experiment,
    *,
    backend: str | Backend = "auto",
    reading: Reading = USUAL_READING,
    on_clips: OnClips | None = None,
) -> Model:
    """Read, aggregate and fit a classifier on all clips.

    Parameters
    ----------
    experiment : Experiment
        What to do; its ``file`` is read.
    backend : {"auto", "cpu", "gpu"} or Backend
        Where to compute.
    reading : Reading
        How the frames are read.
    on_clips : callable, optional
        Called with the clips read so far and in all.

    Returns
    -------
    Model
        For `gpuclf.save_model` or `predict`.

    Raises
    ------
    GpuclfError
        If the experiment cannot be done on this file and backend.
    """
    backend = resolve(backend)
    classifier = make_classifier(experiment, backend)
    with open_experiment(experiment) as store:
        features = experiment.select(store)
        y, labels = _trainable(features, experiment), features.clips.labels
        check_solver(classifier, features, experiment)
        vectors = aggregate_features(features, experiment, backend, reading, on_clips)
        extraction = extraction_of(store)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # told below, with the classes' names
        classifier.fit(vectors.X, y)
    stuck = [tuple(labels[c] for c in classes) for classes in classifier.unconverged()]
    if stuck:
        warnings.warn(describe_unconverged(stuck), ConvergenceWarning, stacklevel=2)
    # What the model was trained on is named: another file may have another default.
    experiment = replace(experiment, dataset=features.name)
    return Model(
        classifier,
        labels,
        experiment.to_dict(),
        features.frames,
        None if extraction is None else extraction.to_dict(),
    )


def _trainable(features: FeatureSet, experiment: Experiment) -> Ints:
    """Give the classes of the clips, once it is clear that they can be trained on."""
    y, labels = features.clips.y, features.clips.labels
    if y is None:
        raise InputError(f"{features.path}, labels", got="none", expected="a class for each clip")
    present, counts = np.unique(y, return_counts=True)
    if len(present) < 2:
        raise InputError("labels", got="1 class", expected="at least two classes")
    if experiment.svm_type == "nu":
        names = [labels[label] for label in present]
        check_nu(experiment.nu, counts * vectors_per_clip(experiment.n_vectors), names)
    return y


def predict(
    model: Model,
    file: str | os.PathLike[str],
    *,
    reading: Reading = USUAL_READING,
    on_clips: OnClips | None = None,
) -> Predictions:
    """Label the clips of a feature file, with or without labels of its own.

    Parameters
    ----------
    model : Model
        From `train` or `gpuclf.load_model`; it computes where its classifier does.
    file : path
        Feature file with the feature set that the model was trained on. Its frames are cut and
        aggregated as the model's were; all of its classes and clips are labelled.
    reading : Reading
        How the frames are read.
    on_clips : callable, optional
        Called with the clips read so far and in all.

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
    experiment = Experiment.from_dict({**model.experiment, **all_clips})
    classifier = model.classifier
    backend = resolve(classifier.backend)
    with open_features(file) as store:
        features = experiment.select(store)
        n = features.n_features * len(experiment.statistics)
        n *= vectors_per_clip(experiment.n_vectors)
        if n != classifier.n_features_in_:
            expected = classifier.n_features_in_ * features.n_features // n
            raise InputError(
                f"{store.path}, feature set {features.name!r}",
                got=f"{features.n_features} features",
                expected=f"{expected}, as the model was trained on",
            )
        _warn_of_other_lengths(features, model, experiment)
        vectors = aggregate_features(features, experiment, backend, reading, on_clips)
        windows = window_times(store, features, experiment.n_vectors)
    said = backend.to_host(classifier.predict_vectors(vectors.X))
    votes = vote_counts(said, len(model.labels), np)
    true = None if vectors.y is None else [vectors.labels[y] for y in vectors.y]
    return Predictions(vectors.ids, model.labels, elect(votes), votes, true, said, windows)


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
