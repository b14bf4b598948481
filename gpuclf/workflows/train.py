"""Training: a classifier fitted on all clips of a feature file."""

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
from gpuclf.svm import check_nu, describe_unconverged
from gpuclf.vectors.aggregation import vectors_per_clip
from gpuclf.workflows.extract import extraction_of
from gpuclf.workflows.run_context import (
    RunContext,
    RunOptions,
    check_solver,
    make_classifier,
    open_run,
)


def train(experiment: Experiment, **options: Unpack[RunOptions]) -> Model:
    """Read, aggregate and fit a classifier on all clips.

    Parameters
    ----------
    experiment : Experiment
        What to do; its ``file`` is read.
    **options
        As of `gpuclf.evaluate`.

    Returns
    -------
    Model
        For `gpuclf.save_model` or `predict`.

    Raises
    ------
    GpuclfError
        If the experiment cannot be done on this file and backend.
    """
    with open_run(experiment, **options) as run:
        return train_run(run)


def train_run(run: RunContext) -> Model:
    """Do what `train` does, in a run that is open."""
    experiment, features = run.experiment, run.features({})
    y, labels = _trainable(features, experiment), features.clips.labels
    classifier = make_classifier(experiment, run.backend)
    check_solver(classifier, features, experiment)
    vectors = run.setting({}).vectors
    extraction = extraction_of(run.store)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # told below, with the classes' names
        classifier.fit(vectors.X, y)
    stuck = [tuple(labels[c] for c in classes) for classes in classifier.unconverged()]
    if stuck:
        warnings.warn(describe_unconverged(stuck), ConvergenceWarning, stacklevel=2)
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
