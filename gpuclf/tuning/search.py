"""Nested cross-validation: inner folds choose a parameter setting, outer folds score the choice.

The best score of many settings on the same test clips is optimistically biased [1]_. Therefore the
training clips of each outer fold are split again; the setting with the best mean score over these
inner folds is fitted to all training clips and scored on the test clips, which did not influence
the choice. Ties go to the first setting. The biased score, called *flat*, is reported as well; the
difference of the two is the *optimism*.

References
----------
.. [1] G. C. Cawley and N. L. C. Talbot, "On over-fitting in model selection and subsequent
   selection bias in performance evaluation", Journal of Machine Learning Research 11, 2010.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gpuclf._utils.keywords import suggest_keywords
from gpuclf._utils.progress import OnProgress
from gpuclf.backend import Backend, resolve
from gpuclf.model.classifier import ClipClassifier
from gpuclf.tuning.nested import MakeSetting, Trials, best_index, evaluate_all, evaluate_guided
from gpuclf.tuning.search_result import Search
from gpuclf.tuning.space import Axis, Point, Space, as_space
from gpuclf.tuning.strategy import Strategy
from gpuclf.validation.caller import caller_stacklevel
from gpuclf.validation.context import CheckpointStore, Context, InMemoryCheckpoint
from gpuclf.validation.cross_validation import (
    on_device,
    warn_unconverged,
    with_parameters,
)
from gpuclf.validation.cv_result import CrossValidation
from gpuclf.validation.fold_fitting import Fitted, FoldFitting
from gpuclf.validation.options import Validation
from gpuclf.validation.plan import Plan, make_plan
from gpuclf.validation.progress import ProgressTracker
from gpuclf.validation.setting import Setting
from gpuclf.vectors.feature_vectors import FeatureVectors


@suggest_keywords(Validation)
def nested_search(
    clf: ClipClassifier,
    vectors: FeatureVectors,
    space: Mapping[str, Axis | Iterable[Any]],
    *,
    method: str = "grid",
    trials: int = 50,
    inner: int | None = None,
    progress: OnProgress | None = None,
    checkpoint: CheckpointStore | None = None,
    **validation: Any,
) -> Search:
    """Search for the best parameters of a classifier by nested cross-validation.

    Inner folds choose the parameters, outer folds score the choice.

    Parameters
    ----------
    clf : ClipClassifier
        Classifier, with the parameters that are not in the space.
    vectors : FeatureVectors
        Labelled clips; clips of one group are never split, neither by outer nor by inner folds.
    space : mapping of str to Choice, Range or iterable
        Search space: values or a range for each parameter; see `gpuclf.tuning.space`.
    method : {"grid", "random", "guided"}
        Search method; see `gpuclf.tuning.strategy.Strategy`.
    trials : int
        Number of points of a random or guided search.
    inner : int, optional
        Number of inner folds; by default 5, or as many as the smallest class has clips (or groups).
    progress : callable, optional
        Called with a `gpuclf._utils.progress.Progress` of folds and two-class problems.
    checkpoint : CheckpointStore, optional
        Checkpoint of finished folds: a `gpuclf.validation.checkpoint.Checkpoint`.
    **validation
        Cross-validation options of `gpuclf.cross_validate`, such as ``folds`` and ``repeats``.

    Returns
    -------
    Search
        Nested and flat scores, and the best parameters.

    Raises
    ------
    InputError
        If a parameter is unknown or an option is invalid; see `gpuclf.cross_validate`.

    References
    ----------
    G. C. Cawley and N. L. C. Talbot, "On over-fitting in model selection and subsequent selection
    bias in performance evaluation", Journal of Machine Learning Research 11, 2010.

    Examples
    --------
    >>> import numpy as np
    >>> from gpuclf import ClipClassifier, FeatureVectors, nested_search
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat([0, 1], 10)
    >>> X = (rng.normal(size=(20, 12, 5)) + y[:, None, None]).astype(np.float32)
    >>> vectors = FeatureVectors(X, y, ("blues", "rock"), np.arange(20).astype(str))
    >>> clf = ClipClassifier(backend="cpu")
    >>> search = nested_search(clf, vectors, {"C": [1e-6, 1]}, folds=5, repeats=1, inner=3)
    >>> search
    <accuracy 100.0% +/- 0.0% over 1 x 5 folds, majority class 50.0%, nested, 2 settings>
    >>> search.best
    {'C': 1}
    """
    backend = resolve(clf.backend)
    vectors = on_device(vectors, backend)
    strategy, options = (
        Strategy(method=method, trials=trials, inner=inner),
        Validation(**validation),
    )
    axes = as_space(space)
    points = strategy.points(axes, options.seed)
    specs = [with_parameters(clf, point, backend).spec for point in points]
    plan = make_plan(vectors, [int(vectors.X.shape[1])], specs, options, inner=inner)
    return search_settings(
        lambda point: Setting(with_parameters(clf, point, backend), vectors, point),
        points,
        axes,
        strategy,
        plan,
        Context(backend=backend, progress=progress, checkpoint=checkpoint),
    )


def search_settings(
    make: MakeSetting,
    points: Sequence[Point],
    space: Space,
    strategy: Strategy,
    plan: Plan,
    context: Context,
) -> Search:
    """Search for the best parameter setting by nested cross-validation.

    Parameters
    ----------
    make : callable
        Returns the setting of a point; all settings are over the same clips.
    points : sequence of Point
        Points to evaluate or, for a guided search, the corners of the space.
    space : mapping of str to Choice or Range
        Search space.
    strategy : Strategy
        Method, number of trials and number of inner folds.
    plan : Plan
        Plan with inner folds.
    context : Context
        Backend, progress callback and checkpoint.

    Returns
    -------
    Search
        Nested and flat scores, and the best parameters.
    """
    guided = strategy.method == "guided"
    settings = [make(point) for point in (points[:1] if guided else points)]
    start = time.perf_counter()  # without the time of reading vectors
    labels = settings[0].vectors.labels
    if plan.missing_class:
        warnings.warn(plan.missing_class, UserWarning, stacklevel=caller_stacklevel())
    n_inner, n_outer = (strategy.trials, 1) if guided else (len(settings), len(settings))
    inner = sum(map(len, [*plan.inner, plan.whole]))
    total = n_outer * len(plan.folds) + n_inner * inner
    if guided and context.checkpoint is None:  # points may be suggested repeatedly
        context = replace(context, checkpoint=InMemoryCheckpoint())
    fit = FoldFitting(plan, context, ProgressTracker(context, total, plan.pairs))
    if guided:
        trials = evaluate_guided(fit, make, space, strategy.trials, plan, plan.validation.seed)
    else:
        trials = evaluate_all(fit, settings, plan)
    seconds = time.perf_counter() - start

    def result(chosen: Sequence[int]) -> CrossValidation:
        return _result(trials, chosen, plan, context.backend, seconds)

    outer_scores = np.full(trials.inner.shape, np.nan)
    for setting, folds in enumerate(trials.tested):
        for number, scored in folds.items():
            outer_scores[setting, number] = scored.value(plan.metric)
    flat = None
    if not guided:
        flat = result([best_index(outer_scores.mean(axis=1))] * len(plan.folds))
    warn_unconverged(trials.scored, labels)
    return Search(
        result=result(trials.chosen),
        flat=flat,
        parameters=[setting.parameters for setting in trials.settings],
        inner_scores=trials.inner.reshape(-1, *plan.shape),
        scores=outer_scores.reshape(-1, *plan.shape),
        whole=trials.whole,
        chosen=np.array(trials.chosen).reshape(plan.shape),
        inner=len(plan.inner[0]),
        strategy=strategy,
    )


def _result(
    trials: Trials,
    chosen: Sequence[int],
    plan: Plan,
    backend: Backend,
    seconds: float,
) -> CrossValidation:
    """Return the result of the chosen settings, one per fold, on the test clips."""
    solvers = sorted({trials.solvers[index] for index in chosen})
    folds = [trials.tested[index][number] for number, index in enumerate(chosen)]
    vectors = trials.settings[chosen[0]].vectors
    fitted = Fitted(folds, ", ".join(solvers))
    return CrossValidation.of(plan, fitted, vectors, backend, {"fit": seconds})
