"""The main job: read, aggregate and cross-validate."""

from __future__ import annotations

import time
from dataclasses import replace

from gpuclf.backend import Backend, resolve
from gpuclf.config.experiment import Experiment
from gpuclf.validation.cross_validation import score_settings
from gpuclf.validation.cv_result import CrossValidation
from gpuclf.validation.fold_fitting import Finished
from gpuclf.validation.progress import OnFold, OnProblems
from gpuclf.workflows.run_context import (
    USUAL_READING,
    OnClips,
    Reading,
    SettingMaker,
    open_experiment,
)


def evaluate(
    experiment: Experiment,
    *,
    backend: str | Backend = "auto",
    reading: Reading = USUAL_READING,
    on_clips: OnClips | None = None,
    on_fold: OnFold | None = None,
    on_problems: OnProblems | None = None,
    finished: Finished | None = None,
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
    finished : Finished, optional
        Where finished folds are looked up and kept: see `gpuclf.validation.journal`.

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
    begun = time.perf_counter()
    backend = resolve(backend)
    with open_experiment(experiment) as store:
        make = SettingMaker(experiment, store, backend, reading, on_clips)
        make.check([{}], permutations=experiment.permutations)
        setting = make({})
    [result] = score_settings(
        [setting],
        make.validation,
        backend,
        permutations=experiment.permutations,
        on_fold=on_fold,
        on_problems=on_problems,
        finished=finished,
    )
    seconds = {**result.seconds, "total": time.perf_counter() - begun}
    return replace(result, seconds=seconds)
