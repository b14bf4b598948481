"""Evaluation: repeated cross-validation of an experiment."""

from __future__ import annotations

from dataclasses import replace
from typing import Unpack

from gpuclf.config.experiment import Experiment
from gpuclf.validation.cross_validation import score_settings
from gpuclf.validation.cv_result import CrossValidation
from gpuclf.workflows.run_context import RunContext, RunOptions, open_run


def evaluate(experiment: Experiment, **options: Unpack[RunOptions]) -> CrossValidation:
    """Estimate the accuracy of an experiment by repeated cross-validation.

    Parameters
    ----------
    experiment : Experiment
        Feature file, feature vectors, classifier and validation.
    **options
        Options that do not change the result: ``backend="auto"``, ``progress=None``,
        ``memory=None``, ``cache=True`` and ``checkpoint=None``; see
        `gpuclf.workflows.run_context.RunOptions`.

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
    """
    with open_run(experiment, **options) as run:
        return evaluate_run(run)


def evaluate_run(run: RunContext) -> CrossValidation:
    """Evaluate the experiment of an open run; see `evaluate`."""
    plan = run.plan([{}], permutations=True)
    [result] = score_settings([run.setting({})], plan, run)
    return replace(result, seconds=run.seconds(result.seconds["fit"]))
