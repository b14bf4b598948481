"""Search: an `Experiment` and a space of its hyper-parameters in, a `Search` out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Unpack

from gpuclf.config.experiment import Experiment
from gpuclf.tuning.search import search_settings
from gpuclf.tuning.search_result import Search
from gpuclf.tuning.space import Axis, as_space
from gpuclf.tuning.strategy import Strategy
from gpuclf.workflows.run_context import RunContext, RunOptions, open_run

Values = Mapping[str, Axis | Iterable[Any]]


def search(
    experiment: Experiment,
    space: Values,
    *,
    strategy: Strategy | None = None,
    **options: Unpack[RunOptions],
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
    **options
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
    with open_run(experiment, **options) as run:
        return search_run(run, space, strategy or Strategy())


def search_run(run: RunContext, space: Values, strategy: Strategy) -> Search:
    """Do what `search` does, in a run that is open."""
    axes = as_space(space)
    points = strategy.points(axes, run.experiment.seed)
    plan = run.plan(points, inner=strategy.inner)
    found = search_settings(run.setting, points, axes, strategy, plan, run)
    seconds = run.seconds(found.result.seconds["fit"])
    flat = None if found.flat is None else replace(found.flat, seconds=seconds)
    return replace(found, result=replace(found.result, seconds=seconds), flat=flat)
