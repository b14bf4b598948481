"""Leakage audit: the effect of common kinds of data leakage on the measured accuracy.

The accuracy without leaks is that of the experiment, as `gpuclf.evaluate` measures it. Each leak
changes one thing: the features are scaled over all clips before the split; the groups, such as
recordings of one source, are ignored by the split; or the feature vectors of a clip are split, and
its vectors vote after all of them have been tested. The leak of choosing hyper-parameters on the
test clips is compared with choosing them on inner folds (nested search). The effect is the
difference of two accuracies on clips; its confidence interval treats groups of clips as the
independent units.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, Unpack

import numpy as np

from gpuclf._utils.plain import plain
from gpuclf._utils.progress import Progress
from gpuclf._utils.run_result import RunResult
from gpuclf._utils.table import Table
from gpuclf.config.experiment import Experiment
from gpuclf.errors import InputError
from gpuclf.metrics.intervals import Estimate
from gpuclf.tuning.search import search_settings
from gpuclf.tuning.search_result import Search
from gpuclf.tuning.space import Axis, as_space
from gpuclf.tuning.strategy import Strategy
from gpuclf.validation.clip_outcomes import ClipOutcomes, accuracy_difference
from gpuclf.validation.context import Context
from gpuclf.validation.cross_validation import score_settings
from gpuclf.validation.cv_result import CrossValidation
from gpuclf.validation.leaky_plans import GROUPS, VECTORS, leaky_plans
from gpuclf.vectors.feature_vectors import FeatureVectors
from gpuclf.workflows.experiment_options import ExperimentOptions, ExperimentOrFile
from gpuclf.workflows.run_context import RunContext, open_run

SELECTION = "selection on the test clips"

NO_LEAK, NESTED = "no leak", "nested search"  # what a leak is compared with


@dataclass(frozen=True)
class Leak:
    """Effect of one leak on the accuracy on clips.

    Parameters
    ----------
    name : str
        Short description of the leak.
    base : {"no leak", "nested search"}
        Result without the leak: that of the experiment or, for the selection of hyper-parameters,
        that of a nested search over the same splits.
    leaky, honest : float
        Accuracy on clips with the leak, and of the base; balanced accuracy if the classes are
        imbalanced.
    difference : Estimate
        Difference of the two, with its confidence interval.
    """

    name: str
    base: str
    leaky: float
    honest: float
    difference: Estimate

    @property
    def has_own_base(self) -> bool:
        """Whether the leak is compared with another result than that of the experiment."""
        return self.base != NO_LEAK

    def to_dict(self) -> dict[str, Any]:
        """Return the leak as JSON-serialisable built-ins."""
        content: dict[str, Any] = plain(
            {
                "leak": self.name,
                "base": self.base,
                "leaky": self.leaky,
                "honest": self.honest,
                **self.difference._asdict(),
            }
        )
        return content


@dataclass(frozen=True)
class Audit(RunResult):
    """Result of a leakage audit.

    Parameters
    ----------
    leaks : list of Leak
        Measured leaks.
    missing : dict of str to str
        Names of leaks that cannot be measured, and the reasons.
    honest : CrossValidation
        Result without any leak: that of `gpuclf.evaluate`.
    search : Search
        Nested search over the settings of the space.
    splits : dict of str to str
        Split strategy of the result without a leak and of each leak but that of selection.
    seconds : dict
        Durations of the audit in seconds: ``read``, ``aggregate``, ``fit`` and ``total``.
    """

    leaks: list[Leak]
    missing: dict[str, str]
    honest: CrossValidation
    search: Search
    splits: dict[str, str]
    seconds: dict[str, float]

    @property
    def bases(self) -> dict[str, float]:
        """Leading metric on clips of each result without a leak, by its name."""
        return {NO_LEAK: self.honest.verdict.value, NESTED: self.search.result.verdict.value}

    @property
    def metric(self) -> str:
        """Leading metric: ``accuracy``, or ``balanced_accuracy`` if the classes are imbalanced."""
        return self.honest.verdict.metric

    @property
    def grouped(self) -> bool:
        """Whether the clips have groups."""
        return GROUPS in self.splits

    @property
    def worst(self) -> Leak | None:
        """Leak with the largest effect of those whose interval is above zero; None without any."""
        significant = [leak for leak in self.leaks if leak.difference.low > 0]
        return max(significant, key=lambda leak: leak.difference.mean, default=None)

    def __repr__(self) -> str:
        effects = (f"{leak.name} {100 * leak.difference.mean:+.1f} points" for leak in self.leaks)
        return f"<{self.metric} without leaks {self.bases[NO_LEAK]:.1%}; {'; '.join(effects)}>"

    def to_table(self) -> Table:
        """Return one row per leak: its accuracy, that of its base, and the difference."""
        rows = [
            {
                **{"leak": leak.name, "base": leak.base},
                **{"leaky": leak.leaky, "honest": leak.honest, "difference": leak.difference.mean},
                **{"low": leak.difference.low, "high": leak.difference.high},
            }
            for leak in self.leaks
        ]
        return Table.of_rows(rows)

    def to_dict(self) -> dict[str, Any]:
        """Return the audit as JSON-serialisable built-ins."""
        return {
            "metric": self.metric,
            "leaks": [leak.to_dict() for leak in self.leaks],
            "not_measured": self.missing,
            "honest": self.honest.to_dict(),
            "search": self.search.to_dict(),
            "splits": self.splits,
            "seconds": self.seconds,
        }


def audit(
    experiment: ExperimentOrFile,
    space: Mapping[str, Axis | Iterable[Any]],
    *,
    inner: int | None = None,
    **options: Unpack[ExperimentOptions],
) -> Audit:
    """Measure the effect of common kinds of data leakage on the accuracy of a model.

    Parameters
    ----------
    experiment : Experiment or path
        Model and validation without leaks, or a feature file; the effect of splitting groups
        requires groups.
    space : mapping of str to Choice or iterable
        Search space, for the effect of choosing hyper-parameters on the test clips.
    inner : int, optional
        Number of inner folds of the nested search; see `gpuclf.nested_search`.
    **options
        Hyper-parameters that replace those of the experiment, such as ``C=10``; and ``backend``,
        ``progress``, ``memory``, ``cache`` and ``checkpoint``, which do not change the result. See
        `gpuclf.workflows.experiment_options.ExperimentOptions`.

    Returns
    -------
    Audit
        Effect of each leak, and the result without leaks.

    Raises
    ------
    GpuclfError
        If the audit is invalid for this file or backend; raised before any frame is read.

    Examples
    --------
    >>> import gpuclf
    >>> gpuclf.write_demo("demo.hdf5")
    >>> experiment = gpuclf.Experiment(file="demo.hdf5", n_classes=2, repeats=1)
    >>> result = gpuclf.audit(experiment, {"C": [0.1, 10]}, inner=2, backend="cpu")
    >>> result
    <accuracy without leaks 88.8%; scaling over all clips +1.2 points; ...>
    >>> result.missing
    {'splitting groups': 'no groups are given'}
    """
    with open_run(experiment, **options) as run:
        return audit_run(run, space, inner)


def audit_run(
    run: RunContext, space: Mapping[str, Axis | Iterable[Any]], inner: int | None = None
) -> Audit:
    """Audit the experiment of an open run; see `audit`."""
    _check_no_leaks(run.experiment)
    strategy, axes = Strategy(inner=inner), as_space(space)
    points = strategy.points(axes, run.experiment.seed)
    nested = run.plan([{}, *points], inner=inner)
    setting, settings = run.setting({}), {repr(point): run.setting(point) for point in points}
    leaky, missing = leaky_plans(setting, nested.without_inner())
    plans = {NO_LEAK: nested.without_inner(), **leaky}
    n_search = len(nested.folds) + sum(map(len, [*nested.inner, nested.whole]))
    n_folds = sum(len(plan.folds) for plan in plans.values()) + len(points) * n_search
    context = _overall_context(run, n_folds)
    results = {name: score_settings([setting], plan, context)[0] for name, plan in plans.items()}
    search = search_settings(
        lambda point: settings[repr(point)], points, axes, strategy, nested, context
    )
    return Audit(
        leaks=_leaks(results, search, setting.vectors),
        missing=missing,
        honest=results[NO_LEAK],
        search=search,
        splits={name: plan.validation.split for name, plan in plans.items()},
        seconds=run.seconds(
            sum(result.seconds["fit"] for result in (*results.values(), search.result))
        ),
    )


def _check_no_leaks(experiment: Experiment) -> None:
    """Check that an experiment has none of the leaks that the audit adds."""
    required = {"protocol": "inductive", "majority_voting": True, "permute_labels": False}
    for name, value in required.items():
        if getattr(experiment, name) != value:
            expected = f"{value}: an audit compares with an evaluation without leaks"
            raise InputError(name, got=repr(getattr(experiment, name)), expected=expected)


def _overall_context(run: RunContext, total: int) -> Context:
    """Return a context that reports the folds of all parts of an audit as one stage."""
    done = count(1)

    def report(progress: Progress) -> None:
        if progress.stage == "folds":
            run.report(progress._replace(done=next(done), total=total))

    return Context(backend=run.backend, progress=report, checkpoint=run.checkpoint)


def _leaks(
    results: Mapping[str, CrossValidation], search: Search, vectors: FeatureVectors
) -> list[Leak]:
    """Return the effect of each leak."""
    assert search.flat is not None
    units = np.arange(len(vectors)) if vectors.groups is None else vectors.groups
    balanced = results[NO_LEAK].verdict.metric == "balanced_accuracy"
    outcomes = {
        name: ClipOutcomes.of_split_vectors(result, int(vectors.X.shape[1]), balanced=balanced)
        if name == VECTORS
        else ClipOutcomes.of(result, balanced=balanced)
        for name, result in {**results, NESTED: search.result, SELECTION: search.flat}.items()
    }
    leaks = []
    for name, leaky in outcomes.items():
        if name not in (NO_LEAK, NESTED):
            base = NESTED if name == SELECTION else NO_LEAK
            difference = accuracy_difference(leaky, outcomes[base], units)
            leaks.append(Leak(name, base, leaky.accuracy, outcomes[base].accuracy, difference))
    return leaks
