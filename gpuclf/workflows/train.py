"""Training: a classifier fitted to all clips of a feature file."""

from __future__ import annotations

import warnings
from typing import Unpack

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from gpuclf._typing import Ints
from gpuclf.config.experiment import Experiment
from gpuclf.errors import InputError
from gpuclf.features.feature_set import FeatureSet
from gpuclf.model.model_file import Model
from gpuclf.model.training_clips import TrainingClips
from gpuclf.svm import check_nu, describe_unconverged, describe_unscaled
from gpuclf.vectors.aggregation import vectors_per_clip
from gpuclf.workflows.experiment_options import ExperimentOptions, ExperimentOrFile
from gpuclf.workflows.extract import extraction_of
from gpuclf.workflows.run_context import (
    RunContext,
    check_solver,
    make_classifier,
    open_run,
)


def train(experiment: ExperimentOrFile, **options: Unpack[ExperimentOptions]) -> Model:
    """Fit the classifier of an experiment to all its clips.

    Parameters
    ----------
    experiment : Experiment or path
        Feature file, feature vectors and classifier; or a feature file.
    **options
        Hyper-parameters that replace those of the experiment, such as ``C=10``; and ``backend``,
        ``progress``, ``memory``, ``cache`` and ``checkpoint``, which do not change the result. See
        `gpuclf.workflows.experiment_options.ExperimentOptions`.

    Returns
    -------
    Model
        Fitted model, for `gpuclf.save_model` and `gpuclf.predict`.

    Raises
    ------
    GpuclfError
        If the experiment is invalid for this file or backend.

    Warns
    -----
    ConvergenceWarning
        If the SVM of some classes did not converge.
    UserWarning
        If a class has no clip, or features are not scaled.

    Examples
    --------
    >>> import gpuclf
    >>> gpuclf.write_demo("demo.hdf5")
    >>> experiment = gpuclf.Experiment(file="demo.hdf5", n_classes=2)
    >>> model = gpuclf.train(experiment, backend="cpu")
    >>> model.labels
    ('cello', 'clarinet')
    >>> gpuclf.save_model("model.npz", model)
    """
    with open_run(experiment, **options) as run:
        return train_run(run)


def train_run(run: RunContext) -> Model:
    """Train with the experiment of an open run; see `train`."""
    experiment, features = run.experiment, run.features({})
    y, labels = _trainable(features, experiment), features.clips.labels
    classifier = make_classifier(experiment, run.backend)
    check_solver(classifier, features, experiment)
    vectors = run.setting({}).vectors
    extraction = extraction_of(run.store)
    rows = vectors.X.reshape(-1, vectors.X.shape[2])
    unscaled = describe_unscaled(rows, classifier.spec, classifier.scale, run.backend.xp)
    if unscaled:
        warnings.warn(unscaled, ConvergenceWarning, stacklevel=2)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", ConvergenceWarning
        )  # replaced by a warning that names the classes
        groups = vectors.folds if vectors.groups is None else vectors.groups
        classifier.fit(vectors.X, y, groups=groups)
    unconverged = [tuple(labels[c] for c in classes) for classes in classifier.unconverged()]
    if unconverged:
        warnings.warn(describe_unconverged(unconverged), ConvergenceWarning, stacklevel=2)
    return Model(
        classifier,
        labels,
        experiment.to_dict(),
        features.frames,
        None if extraction is None else extraction.to_dict(),
        TrainingClips.of(vectors, run.backend),
    )


def _trainable(features: FeatureSet, experiment: Experiment) -> Ints:
    """Return the classes of the clips, after checking that an SVM can be fitted to them."""
    y, labels = features.clips.y, features.clips.labels
    if y is None:
        raise InputError(f"{features.path}, labels", got="none", expected="a label for each clip")
    present, counts = np.unique(y, return_counts=True)
    if len(present) < 2:
        raise InputError("labels", got="1 class", expected="at least two classes")
    if len(present) < len(labels):
        unused = next(label for code, label in enumerate(labels) if code not in present)
        warnings.warn(
            f"{features.path}: no clip is of class {unused!r}, which the model never predicts",
            stacklevel=4,
        )
    if experiment.svm_type == "nu":
        names = [labels[label] for label in present]
        per_clip = vectors_per_clip(experiment.n_vectors, experiment.overlap)
        check_nu(experiment.nu, counts * per_clip, names)
    return y
