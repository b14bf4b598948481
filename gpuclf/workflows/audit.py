"""Leakage audit: the effect of common kinds of data leakage on the measured accuracy.

The same model is evaluated with and without each leak, all else equal: scaling over all clips
before the split; splitting the feature vectors of a clip between training and test; splitting
groups, such as recordings of one source; and choosing hyper-parameters on the test clips. The
effect is the mean over clips of the difference in the fraction of correct predictions; its
confidence interval treats groups of clips as the independent units, as
`gpuclf.metrics.intervals.clustered_mean` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Unpack

import numpy as np

from gpuclf._typing import AnyArray, Floats
from gpuclf._utils.displayable import Displayable
from gpuclf._utils.plain import plain
from gpuclf._utils.progress import Progress
from gpuclf.config.experiment import Experiment
from gpuclf.errors import InputError
from gpuclf.metrics.intervals import Estimate, clustered_mean
from gpuclf.metrics.pooling import LEVEL
from gpuclf.metrics.shares import defined_mean
from gpuclf.tuning.search import search_settings
from gpuclf.tuning.search_result import Search
from gpuclf.tuning.space import Axis, as_space
from gpuclf.tuning.strategy import Strategy
from gpuclf.validation.clip_votes import ClipVotes
from gpuclf.validation.context import Context
from gpuclf.validation.cross_validation import score_settings
from gpuclf.validation.cv_result import CrossValidation
from gpuclf.validation.options import Validation
from gpuclf.validation.plan import Plan, make_plan
from gpuclf.validation.splits import largest_folds
from gpuclf.vectors.feature_vectors import FeatureVectors
from gpuclf.workflows.run_context import RunContext, RunOptions, open_run

DIFFERENCE_BOUNDS = (-1.0, 1.0)  # of a difference of two fractions


@dataclass(frozen=True)
class Leak:
    """Effect of one leak on the accuracy.

    Parameters
    ----------
    name : str
        Short description of the leak.
    unit : {"clips", "vectors"}
        Scored unit.
    leaky, honest : float
        Mean over clips of the fraction of correct predictions, with and without the leak.
    difference : Estimate
        Difference of the two, with its confidence interval.
    """

    name: str
    unit: str
    leaky: float
    honest: float
    difference: Estimate

    def to_dict(self) -> dict[str, Any]:
        """Return the leak as JSON-serialisable built-ins."""
        content: dict[str, Any] = plain(
            {
                "leak": self.name,
                "unit": self.unit,
                "leaky": self.leaky,
                "honest": self.honest,
                **self.difference._asdict(),
            }
        )
        return content


@dataclass(frozen=True)
class Audit(Displayable):
    """Result of a leakage audit.

    Parameters
    ----------
    leaks : list of Leak
        Measured leaks.
    missing : dict of str to str
        Names of leaks that cannot be measured, and the reasons.
    honest : CrossValidation
        Result without any leak.
    search : Search
        Nested search over the settings of the space.
    splits : tuple of str
        Split strategy, and the strategy where groups or vectors are split.
    seconds : dict
        Durations of the audit in seconds: ``read``, ``aggregate``, ``fit`` and ``total``.
    """

    leaks: list[Leak]
    missing: dict[str, str]
    honest: CrossValidation
    search: Search
    splits: tuple[str, str]
    seconds: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Return the audit as JSON-serialisable built-ins."""
        return {
            "leaks": [leak.to_dict() for leak in self.leaks],
            "not_measured": self.missing,
            "honest": self.honest.to_dict(),
            "search": self.search.to_dict(),
            "splits": dict(zip(("honest", "parted"), self.splits, strict=True)),
            "seconds": self.seconds,
        }


def audit(
    experiment: Experiment,
    space: Mapping[str, Axis | Iterable[Any]],
    *,
    inner: int | None = None,
    **options: Unpack[RunOptions],
) -> Audit:
    """Measure the effect of common kinds of data leakage on the accuracy of a model.

    Parameters
    ----------
    experiment : Experiment
        Model and validation without leaks; the effect of splitting groups requires groups.
    space : mapping of str to Choice or iterable
        Search space, for the effect of choosing hyper-parameters on the test clips.
    inner : int, optional
        Number of inner folds of the nested search; see `gpuclf.nested_search`.
    **options
        Backend, progress callback, memory limit, cache and checkpoint, which do not change the
        result; see `gpuclf.workflows.run_context.RunOptions`.

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
    >>> [leak.name for leak in result.leaks]
    ['scaling over all clips', "splitting a clip's vectors", 'selection on the test clips']
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
    vectors = setting.vectors
    ungrouped = replace(vectors, groups=None)
    validation = _without_predefined_folds(nested.validation, vectors)
    single = replace(validation, majority_voting=False)
    counts, specs = [int(vectors.X.shape[1])], [setting.clf.spec]
    grouped = nested.without_inner()
    by_clip = make_plan(ungrouped, counts, specs, validation)
    by_vector = make_plan(ungrouped, counts, specs, single, split_vectors=True)
    n_fits = len(nested.folds) + sum(map(len, [*nested.inner, nested.whole]))
    total = 2 * (len(grouped.folds) + len(by_clip.folds)) + len(points) * n_fits
    context = _overall_context(run, total)

    def score(vectors: FeatureVectors, plan: Plan) -> CrossValidation:
        return score_settings([replace(setting, vectors=vectors)], plan, context)[0]

    honest = score(vectors, grouped)
    scaled = score(vectors, replace(grouped, scale_first=True))
    clips = score(ungrouped, by_clip)
    split = score(ungrouped, by_vector)
    search = search_settings(
        lambda point: settings[repr(point)], points, axes, strategy, nested, context
    )
    assert search.flat is not None
    units = np.arange(len(vectors)) if vectors.groups is None else vectors.groups
    leaks = [
        _leak("scaling over all clips", "clips", scaled, honest, units),
        _leak("splitting a clip's vectors", "vectors", split, clips, units),
        _leak("splitting groups", "clips", clips, honest, units),
        _leak("selection on the test clips", "clips", search.flat, search.result, units),
    ]
    missing = {
        leak.name: "no clip was tested with and without the leak"
        for leak in leaks
        if not leak.difference.clusters
    }
    if vectors.groups is None:
        missing["splitting groups"] = "no groups are given"
    results = (honest, scaled, clips, split, search.result)
    return Audit(
        leaks=[leak for leak in leaks if leak.name not in missing],
        missing=missing,
        honest=honest,
        search=search,
        splits=(nested.validation.split, validation.split),
        seconds=run.seconds(sum(result.seconds["fit"] for result in results)),
    )


def _overall_context(run: RunContext, total: int) -> Context:
    """Return a context that reports the folds of all parts of an audit as one stage."""
    done = count(1)

    def report(progress: Progress) -> None:
        if progress.stage == "folds":
            run.report(progress._replace(done=next(done), total=total))

    return Context(backend=run.backend, progress=report, checkpoint=run.checkpoint)


def _check_no_leaks(experiment: Experiment) -> None:
    """Check that an experiment has none of the leaks that the audit adds."""
    required = {"protocol": "inductive", "majority_voting": True, "permute_labels": False}
    for name, value in required.items():
        if getattr(experiment, name) != value:
            expected = f"{value}: an audit compares with an evaluation without leaks"
            raise InputError(name, got=repr(getattr(experiment, name)), expected=expected)


def _without_predefined_folds(validation: Validation, vectors: FeatureVectors) -> Validation:
    """Replace predefined folds, which may keep groups together, by a stratified k-fold split."""
    if validation.split != "predefined":
        return validation
    assert vectors.y is not None
    count = min(len(np.unique(np.asarray(vectors.folds))), largest_folds(vectors.y))
    return replace(validation, split="stratified-kfold", folds=count, repeats=1)


def _leak(
    name: str, unit: str, leaky: CrossValidation, honest: CrossValidation, units: AnyArray
) -> Leak:
    """Return the effect of a leak over the clips that were tested with and without it."""
    fractions = [_correct(one.clips, unit) for one in (leaky, honest)]
    both = ~np.isnan(fractions[0] + fractions[1])
    a, b = (values[both] for values in fractions)
    difference = clustered_mean(a - b, units[both], LEVEL, within=DIFFERENCE_BOUNDS)
    return Leak(name, unit, defined_mean(a), defined_mean(b), difference)


def _correct(clips: ClipVotes, unit: str) -> Floats:
    """Return the fraction of correct predictions per clip; NaN for a clip that was not tested."""
    total = clips.tested if unit == "clips" else clips.votes.sum(axis=1)
    correct = clips.right if unit == "clips" else clips.votes_right
    fractions = np.full(len(total), np.nan)
    np.divide(correct, total, out=fractions, where=total > 0)
    return fractions
