"""The main job from end to end: an `Experiment` in; a score, a model or predictions out."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from gpuclf.backend import Backend, resolve
from gpuclf.cache import VectorCache
from gpuclf.classifier import ClipClassifier, describe_unconverged
from gpuclf.data.blocks import Ints
from gpuclf.data.features import FeatureSet
from gpuclf.data.store import FeatureStore, open_features
from gpuclf.errors import InputError
from gpuclf.experiment import SVM, VALIDATION, Experiment
from gpuclf.persist import Model
from gpuclf.predictions import Predictions
from gpuclf.selection import CrossValidation, OnFold, OnProblems, cross_validate, make_plan
from gpuclf.svm import check_nu, choose_solver
from gpuclf.vectors import FeatureVectors, aggregate
from gpuclf.vote import elect

OnClips = Callable[[int, int], None]  # clips done, clips in all


class Reading(NamedTuple):
    """How frames are read; it changes no result.

    Parameters
    ----------
    memory : int, str or None
        Bytes that reading may take, such as ``"512M"``; by default a quarter of what is free, at
        most 1 GiB.
    cache : bool
        Whether feature vectors are kept in the user's cache folder, and found there.
    """

    memory: int | str | None = None
    cache: bool = True


USUAL_READING = Reading()


def evaluate(
    experiment: Experiment,
    *,
    backend: str | Backend = "auto",
    reading: Reading = USUAL_READING,
    on_clips: OnClips | None = None,
    on_fold: OnFold | None = None,
    on_problems: OnProblems | None = None,
) -> CrossValidation:
    """Read, aggregate and cross-validate: the main job.

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
    on_fold : callable, optional
        Called with every fold's score, and the number of folds in all.
    on_problems : callable, optional
        Called, while the shared solver works, with the two-class problems done so far and in all.

    Returns
    -------
    CrossValidation

    Raises
    ------
    GpuclfError
        Before any frame is read if the experiment cannot be done on this file and backend.

    Examples
    --------
    >>> import tempfile, gpuclf
    >>> from gpuclf.demo import write_demo
    >>> folder = tempfile.TemporaryDirectory()
    >>> write_demo(folder.name + "/demo.hdf5")
    >>> experiment = gpuclf.Experiment(file=folder.name + "/demo.hdf5", n_classes=2, repeats=1)
    >>> result = gpuclf.evaluate(experiment, backend="cpu")
    >>> result.scores.shape, bool(result.accuracy > result.vector_scores.mean())
    ((1, 10), True)
    >>> folder.cleanup()
    """
    begun = time.perf_counter()
    backend = resolve(backend)
    classifier = _classifier(experiment, backend)
    validation = experiment.panel(VALIDATION)
    with _open(experiment) as store:
        features = experiment.select(store)
        # Made again by cross_validate; made here as well, so that no frame is read in vain.
        make_plan(features.clips, 2 * experiment.n_vectors, classifier.spec, **validation)
        _check_solver(classifier, features, experiment)
        vectors = _aggregate(features, experiment, backend, reading, on_clips)
    result = cross_validate(
        classifier, vectors, **validation, on_fold=on_fold, on_problems=on_problems
    )
    seconds = {**result.seconds, "total": time.perf_counter() - begun}
    return replace(result, seconds=seconds)


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
    classifier = _classifier(experiment, backend)
    with _open(experiment) as store:
        features = experiment.select(store)
        y, labels = _trainable(features, experiment), features.clips.labels
        _check_solver(classifier, features, experiment)
        vectors = _aggregate(features, experiment, backend, reading, on_clips)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # told below, with the classes' names
        classifier.fit(vectors.X, y)
    stuck = [tuple(labels[c] for c in classes) for classes in classifier.unconverged()]
    if stuck:
        warnings.warn(describe_unconverged(stuck), ConvergenceWarning, stacklevel=2)
    # What the model was trained on is named: another file may have another default.
    experiment = replace(experiment, dataset=features.name)
    return Model(classifier, labels, experiment.to_dict(), features.frames)


def _check_solver(classifier: ClipClassifier, features: FeatureSet, experiment: Experiment) -> None:
    """Make sure that something can fit this SVM, before any frame is read."""
    count = len(features) * 2 * experiment.n_vectors
    backend = resolve(classifier.backend)
    choose_solver(classifier.solver, classifier.spec, count, backend, tell=False)


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
        check_nu(experiment.nu, counts * 2 * experiment.n_vectors, names)
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
    experiment = replace(Experiment.from_dict(model.experiment), n_classes=None, n_clips=None)
    classifier = model.classifier
    backend = resolve(classifier.backend)
    with open_features(file) as store:
        features = experiment.select(store)
        n = features.n_features * len(experiment.statistics) * 2 * experiment.n_vectors
        if n != classifier.n_features_in_:
            expected = classifier.n_features_in_ * features.n_features // n
            raise InputError(
                f"{store.path}, feature set {features.name!r}",
                got=f"{features.n_features} features",
                expected=f"{expected}, as the model was trained on",
            )
        _warn_of_other_lengths(features, model, experiment)
        vectors = _aggregate(features, experiment, backend, reading, on_clips)
    votes = backend.to_host(classifier.vote_counts(vectors.X))
    true = None if vectors.y is None else [vectors.labels[y] for y in vectors.y]
    classes = [int(label) for label in classifier.classes_]
    all_votes = np.zeros((len(votes), len(model.labels)), dtype=np.int64)
    all_votes[:, classes] = votes
    return Predictions(vectors.ids, model.labels, elect(all_votes), all_votes, true)


def _warn_of_other_lengths(features: FeatureSet, model: Model, experiment: Experiment) -> None:
    (shortest, longest), (at_least, at_most) = features.frames, model.frames
    if "sum" in experiment.statistics and not at_least <= shortest <= longest <= at_most:
        warnings.warn(
            f"{features.path} has clips of {shortest} to {longest} frames, the model was trained "
            f"on {at_least} to {at_most}: sums grow with the length, the statistic mean does not",
            UserWarning,
            stacklevel=3,
        )


def _open(experiment: Experiment) -> FeatureStore:
    if experiment.file is None:
        raise InputError("file", got="none", expected="the path of a feature file")
    return open_features(experiment.file)


def _classifier(experiment: Experiment, backend: Backend) -> ClipClassifier:
    parameters = experiment.panel(SVM)
    if parameters["class_weight"] == "none":
        parameters["class_weight"] = None
    return ClipClassifier(
        **parameters, n_vectors_per_clip=2 * experiment.n_vectors, backend=backend
    )


def _aggregate(
    features: FeatureSet,
    experiment: Experiment,
    backend: Backend,
    reading: Reading,
    on_clips: OnClips | None,
) -> FeatureVectors:
    total = len(features)
    return aggregate(
        features,
        **experiment.aggregation,
        backend=backend,
        memory=reading.memory,
        cache=VectorCache() if reading.cache else None,
        on_clips=None if on_clips is None else lambda done: on_clips(done, total),
    )
