"""Search: an `Experiment` and a space of its hyper-parameters in, a `Search` out."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from gpuclf.backend import Backend, resolve
from gpuclf.config.experiment import Experiment
from gpuclf.tuning.search import search_settings
from gpuclf.tuning.search_result import Search
from gpuclf.tuning.space import Axis, as_space
from gpuclf.tuning.strategy import Strategy
from gpuclf.validation.fold_fitting import Finished
from gpuclf.validation.progress import OnFold, OnProblems
from gpuclf.workflows.run_context import (
    USUAL_READING,
    OnClips,
    Reading,
    SettingMaker,
    open_experiment,
)


def search(
    experiment: Experiment,
    space: Mapping[str, Axis | Iterable[Any]],
    *,
    strategy: Strategy | None = None,
    backend: str | Backend = "auto",
    reading: Reading = USUAL_READING,
    on_clips: OnClips | None = None,
    on_fold: OnFold | None = None,
    on_problems: OnProblems | None = None,
    finished: Finished | None = None,
) -> Search:
    """Choose hyper-parameters in inner folds, and score the choice in outer ones.

    Parameters
    ----------
    experiment : Experiment
        What to do, where the space says nothing else.
    space : mapping of name to Choice or Range
        Hyper-parameters to choose, of the features as well: see
        `gpuclf.config.search_grid.searchable`; plain values are a choice among them.
    strategy : Strategy, optional
        How: by default all combinations, 5 inner folds.
    backend, reading, on_clips, on_fold, on_problems, finished
        As of `gpuclf.evaluate`.

    Returns
    -------
    Search

    Raises
    ------
    GpuclfError
        Before any frame is read if it cannot be done.

    Examples
    --------
    >>> import tempfile, gpuclf
    >>> from gpuclf.features.demo import write_demo
    >>> folder = tempfile.TemporaryDirectory()
    >>> write_demo(folder.name + "/demo.hdf5")
    >>> experiment = gpuclf.Experiment(file=folder.name + "/demo.hdf5", n_classes=2, repeats=1)
    >>> found = gpuclf.search(experiment, {"n_vectors": [1, 6]}, backend="cpu")
    >>> found.best
    {'n_vectors': 6}
    >>> folder.cleanup()
    """
    begun = time.perf_counter()
    backend, strategy, space = resolve(backend), strategy or Strategy(), as_space(space)
    with open_experiment(experiment) as store:
        make = SettingMaker(experiment, store, backend, reading, on_clips)
        specs = make.check(strategy.points(space, experiment.seed), strategy.inner)
        found = search_settings(
            make,
            specs,
            space,
            strategy,
            make.validation,
            backend,
            on_fold=on_fold,
            on_problems=on_problems,
            finished=finished,
        )
    total = {"total": time.perf_counter() - begun}
    seconds = {**make.seconds(), **found.result.seconds, **total}
    flat = None if found.flat is None else replace(found.flat, seconds=seconds)
    return replace(found, result=replace(found.result, seconds=seconds), flat=flat)
