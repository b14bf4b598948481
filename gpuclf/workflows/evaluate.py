"""The main job: read, aggregate and cross-validate."""

from __future__ import annotations

from dataclasses import replace
from typing import Unpack

from gpuclf.config.experiment import Experiment
from gpuclf.validation.cross_validation import score_settings
from gpuclf.validation.cv_result import CrossValidation
from gpuclf.workflows.run_context import RunContext, RunOptions, open_run


def evaluate(experiment: Experiment, **options: Unpack[RunOptions]) -> CrossValidation:
    """Read, aggregate and cross-validate: the main job.

    Parameters
    ----------
    experiment : Experiment
        What to do; its ``file`` is read.
    **options
        ``backend="auto"``, ``progress=None``, ``memory=None``, ``cache=True``,
        ``checkpoint=None``: see `gpuclf.workflows.run_context.RunOptions`.

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
    >>> from gpuclf.features.demo import write_demo
    >>> folder = tempfile.TemporaryDirectory()
    >>> write_demo(folder.name + "/demo.hdf5")
    >>> experiment = gpuclf.Experiment(file=folder.name + "/demo.hdf5", n_classes=2, repeats=1)
    >>> result = gpuclf.evaluate(experiment, backend="cpu")
    >>> result.scores.shape, bool(result.accuracy > result.vector_scores.mean())
    ((1, 10), True)
    >>> folder.cleanup()
    """
    with open_run(experiment, **options) as run:
        return evaluate_run(run)


def evaluate_run(run: RunContext) -> CrossValidation:
    """Do what `evaluate` does, in a run that is open."""
    plan = run.plan([{}], permutations=True)
    [result] = score_settings([run.setting({})], plan, run)
    return replace(result, seconds=run.seconds(result.seconds["fit"]))
