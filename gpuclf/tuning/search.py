"""Nested search: inner folds choose among settings, outer folds tell how good the chosen ones are.

Who takes the best of many settings on the clips that they are scored on, as the notebook did
(*flat*), reports a score that is too good: G. C. Cawley and N. L. C. Talbot, *On over-fitting in
model selection and subsequent selection bias in performance evaluation*, Journal of Machine
Learning Research 11, 2010. Here the training clips of each fold are split again, the setting with
the best mean score there is fitted on all of them, and scored on the fold's test clips, which had
no part in it. Ties go to the setting that comes first. The flat score is measured beside it: the
optimism is the difference.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gpuclf._utils.progress import OnProgress
from gpuclf.backend import Backend, resolve
from gpuclf.model.classifier import ClipClassifier
from gpuclf.tuning.nested import Make, Trials, first_best, try_all, try_guided
from gpuclf.tuning.search_result import Search
from gpuclf.tuning.space import Axis, Point, Space, as_space
from gpuclf.tuning.strategy import Strategy
from gpuclf.validation.context import Context, Finished, InMemoryCheckpoint
from gpuclf.validation.cross_validation import on_device, outside, warn_unconverged, with_parameters
from gpuclf.validation.cv_result import CrossValidation
from gpuclf.validation.fold_fitting import Fitted, FoldFitting
from gpuclf.validation.options import Validation
from gpuclf.validation.plan import Plan, make_plan
from gpuclf.validation.progress import ProgressTracker
from gpuclf.validation.setting import Setting
from gpuclf.vectors.feature_vectors import FeatureVectors


def nested_search(
    clf: ClipClassifier,
    vectors: FeatureVectors,
    space: Mapping[str, Axis | Iterable[Any]],
    *,
    method: str = "grid",
    trials: int = 50,
    inner: int = 5,
    progress: OnProgress | None = None,
    checkpoint: Finished | None = None,
    **validation: Any,
) -> Search:
    """Choose a classifier's parameters in inner folds, and score the choice in outer ones.

    Parameters
    ----------
    clf : ClipClassifier
        Its parameters, where the space has none.
    vectors : FeatureVectors
        Clips with their classes; groups are parted by neither outer nor inner splits.
    space : mapping of parameter's name to Choice or Range
        See `gpuclf.tuning.space`; plain values are a choice among them.
    method, trials, inner
        See `Strategy`.
    progress, checkpoint, **validation
        As of `gpuclf.cross_validate`.

    Returns
    -------
    Search

    Raises
    ------
    InputError
        As of `gpuclf.cross_validate`, or if a parameter is not known.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat([0, 1], 10)
    >>> X = (rng.normal(size=(20, 12, 5)) + y[:, None, None]).astype(np.float32)
    >>> vectors = FeatureVectors(X, y, ("blues", "rock"), np.arange(20).astype(str))
    >>> clf = ClipClassifier(backend="cpu")
    >>> search = nested_search(clf, vectors, {"C": [1e-6, 1]}, folds=5, repeats=1, inner=3)
    >>> search
    <accuracy 100.0% +/- 0.0% over 1 x 5 folds, chance 50.0%, nested, 2 settings>
    >>> search.best
    {'C': 1}
    """
    backend = resolve(clf.backend)
    vectors = on_device(vectors, backend)
    strategy, how = Strategy(method=method, trials=trials, inner=inner), Validation(**validation)
    axes = as_space(space)
    points = strategy.points(axes, how.seed)
    specs = [with_parameters(clf, point, backend).spec for point in points]
    plan = make_plan(vectors, [int(vectors.X.shape[1])], specs, how, inner=inner)
    return search_settings(
        lambda point: Setting(with_parameters(clf, point, backend), vectors, point),
        points,
        axes,
        strategy,
        plan,
        Context(backend=backend, progress=progress, checkpoint=checkpoint),
    )


def search_settings(
    make: Make,
    points: Sequence[Point],
    space: Space,
    strategy: Strategy,
    plan: Plan,
    context: Context,
) -> Search:
    """Search for the best setting in a space.

    Parameters
    ----------
    make : callable
        Makes the setting of a point; all of them over the same clips.
    points : sequence of Point
        Those that are tried; of a guided search, the corners of the space.
    space : mapping of name to Choice or Range
    strategy : Strategy
    plan : Plan
        With inner folds.
    context : Context

    Returns
    -------
    Search
    """
    guided = strategy.method == "guided"
    settings = [make(point) for point in (points[:1] if guided else points)]
    start = time.perf_counter()  # the vectors report their own time
    labels = settings[0].vectors.labels
    if plan.lacking:
        warnings.warn(plan.lacking, UserWarning, stacklevel=outside())
    tries, tests = (strategy.trials, 1) if guided else (len(settings), len(settings))
    inner = sum(map(len, [*plan.inner, plan.whole]))
    total = tests * len(plan.folds) + tries * inner
    if guided and context.checkpoint is None:
        context = replace(
            context, checkpoint=InMemoryCheckpoint()
        )  # guides ask for the same point again
    fit = FoldFitting(plan, context, ProgressTracker(context, total, plan.pairs))
    if guided:
        tried = try_guided(fit, make, space, strategy.trials, plan, plan.validation.seed)
    else:
        tried = try_all(fit, settings, plan)
    spent = time.perf_counter() - start

    def result(chosen: Sequence[int]) -> CrossValidation:
        return _result(tried, chosen, plan, context.backend, spent)

    outer_scores = np.full(tried.inner.shape, np.nan)
    for setting, folds in enumerate(tried.tested):
        for number, scored in folds.items():
            outer_scores[setting, number] = scored.score
    flat = None
    if not guided:
        flat = result([first_best(outer_scores.mean(axis=1))] * len(plan.folds))
    warn_unconverged(tried.scored, labels)
    return Search(
        result=result(tried.chosen),
        flat=flat,
        parameters=[setting.parameters for setting in tried.settings],
        inner_scores=tried.inner.reshape(-1, *plan.shape),
        scores=outer_scores.reshape(-1, *plan.shape),
        whole=tried.whole,
        chosen=np.array(tried.chosen).reshape(plan.shape),
        inner=len(plan.inner[0]),
        strategy=strategy,
    )


def _result(
    tried: Trials,
    chosen: Sequence[int],
    plan: Plan,
    backend: Backend,
    spent: float,
) -> CrossValidation:
    """Put together what the chosen settings, one a fold, say of the test clips."""
    solvers = sorted({tried.solvers[which] for which in chosen})
    folds = [tried.tested[which][number] for number, which in enumerate(chosen)]
    vectors = tried.settings[chosen[0]].vectors
    fitted = Fitted(folds, ", ".join(solvers))
    return CrossValidation.of(plan, fitted, vectors, backend, {"fit": spent})
