"""Hyper-parameter search: nested cross-validation of an experiment over a search space."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Unpack

from gpuclf.tuning.search import search_settings
from gpuclf.tuning.search_result import Search
from gpuclf.tuning.space import Axis, as_space
from gpuclf.tuning.strategy import Strategy
from gpuclf.workflows.experiment_options import ExperimentOptions, ExperimentOrFile
from gpuclf.workflows.run_context import RunContext, open_run

Values = Mapping[str, Axis | Iterable[Any]]


def search(
    experiment: ExperimentOrFile,
    space: Values,
    *,
    strategy: Strategy | None = None,
    **options: Unpack[ExperimentOptions],
) -> Search:
    """Search for the best hyper-parameters of an experiment by nested cross-validation.

    Inner folds choose the hyper-parameters, outer folds score the choice.

    Parameters
    ----------
    experiment : Experiment or path
        Experiment, with the hyper-parameters that are not in the space; or a feature file.
    space : mapping of str to Choice, Range or iterable
        Search space: values or a range for each hyper-parameter, including those of the features;
        see `gpuclf.config.search_grid.searchable`.
    strategy : Strategy, optional
        Search strategy; by default a grid search.
    **options
        Hyper-parameters that replace those of the experiment, such as ``C=10``; and ``backend``,
        ``progress``, ``memory``, ``cache`` and ``checkpoint``, which do not change the result. See
        `gpuclf.workflows.experiment_options.ExperimentOptions`.

    Returns
    -------
    Search
        Nested and flat scores, and the best hyper-parameters.

    Raises
    ------
    GpuclfError
        If the search is invalid for this file or backend; raised before any frame is read.

    Examples
    --------
    >>> import gpuclf
    >>> gpuclf.write_demo("demo.hdf5")
    >>> experiment = gpuclf.Experiment(file="demo.hdf5", n_classes=2, repeats=1)
    >>> result = gpuclf.search(experiment, {"n_vectors": [1, 6]}, backend="cpu")
    >>> result.best
    {'n_vectors': 6}
    """
    with open_run(experiment, **options) as run:
        return search_run(run, space, strategy or Strategy())


def search_run(run: RunContext, space: Values, strategy: Strategy) -> Search:
    """Search with the experiment of an open run; see `search`."""
    axes = as_space(space)
    points = strategy.points(axes, run.experiment.seed)
    plan = run.plan(points, inner=strategy.inner)
    search = search_settings(run.setting, points, axes, strategy, plan, run)
    seconds = run.seconds(search.result.seconds["fit"])
    flat = None if search.flat is None else replace(search.flat, seconds=seconds)
    return replace(search, result=replace(search.result, seconds=seconds), flat=flat)
