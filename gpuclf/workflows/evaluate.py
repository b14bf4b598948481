"""Evaluation: repeated cross-validation of an experiment."""

from __future__ import annotations

from dataclasses import replace
from typing import Unpack

from gpuclf.validation.cross_validation import score_settings
from gpuclf.validation.cv_result import CrossValidation
from gpuclf.validation.held_out import calibration_folds
from gpuclf.workflows.experiment_options import ExperimentOptions, ExperimentOrFile
from gpuclf.workflows.run_context import RunContext, open_run


def evaluate(experiment: ExperimentOrFile, **options: Unpack[ExperimentOptions]) -> CrossValidation:
    """Estimate the accuracy of an experiment by repeated cross-validation.

    Parameters
    ----------
    experiment : Experiment or path
        Feature file, feature vectors, classifier and validation; or a feature file, whose preset
        has the default values, as on the command line.
    **options
        Hyper-parameters that replace those of the experiment, such as ``C=10``; and ``backend``,
        ``progress``, ``memory``, ``cache`` and ``checkpoint``, which do not change the result. See
        `gpuclf.workflows.experiment_options.ExperimentOptions`.

    Returns
    -------
    CrossValidation
        Scores of all folds, metrics and predictions.

    Raises
    ------
    GpuclfError
        If the experiment is invalid for this file or backend; raised before any frame is read.

    Examples
    --------
    >>> import gpuclf
    >>> gpuclf.write_demo("demo.hdf5")
    >>> experiment = gpuclf.Experiment(file="demo.hdf5", n_classes=2, repeats=1)
    >>> result = gpuclf.evaluate(experiment, backend="cpu")
    >>> result.scores.shape, bool(result.accuracy > result.vector_scores.mean())
    ((1, 10), True)
    >>> gpuclf.evaluate("demo.hdf5", kernel="rbf", C=10, n_classes=2, repeats=1, backend="cpu")
    <accuracy 97.5% +/- 5.0% over 1 x 10 folds, majority class 50.0%>
    """
    with open_run(experiment, **options) as run:
        return evaluate_run(run)


def evaluate_run(run: RunContext) -> CrossValidation:
    """Evaluate the experiment of an open run; see `evaluate`."""
    experiment = run.experiment
    inner = calibration_folds(experiment.probability, experiment.validation)
    plan = run.plan([{}], inner=inner, permutations=True)
    [result] = score_settings([run.setting({})], plan, run)
    return replace(result, seconds=run.seconds(result.seconds["fit"]))
