"""How many points each leak is worth: the same model, evaluated with it and without.

What a test clip may leak into training: its values, by scaling over all clips first; its other
vectors, where single vectors are split; other takes of the same source, where groups are parted;
its label, where hyper-parameters are chosen by the clips that they are scored on. Each is tried
against the honest way, all else equal. The difference is taken clip by clip, between the shares of
right answers about it; its interval takes groups of clips for the independent units, as
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
from gpuclf.metrics.intervals import Estimate, clustered_mean, defined_mean
from gpuclf.tuning.search import search_settings
from gpuclf.tuning.search_result import Search
from gpuclf.tuning.space import Axis, as_space
from gpuclf.tuning.strategy import Strategy
from gpuclf.validation.clip_votes import ClipVotes
from gpuclf.validation.context import Context
from gpuclf.validation.cross_validation import score_settings
from gpuclf.validation.cv_result import LEVEL, CrossValidation
from gpuclf.validation.options import Validation
from gpuclf.validation.plan import Plan, make_plan
from gpuclf.vectors.feature_vectors import FeatureVectors
from gpuclf.workflows.run_context import RunContext, RunOptions, open_run

DIFFERENCE = (-1.0, 1.0)  # which no difference of two shares leaves


@dataclass(frozen=True)
class Leak:
    """What one leak is worth.

    Parameters
    ----------
    name : str
        What leaks, for people to read.
    unit : {"clips", "vectors"}
        What was scored.
    leaky, honest : float
        Mean over clips of the share of right answers, with the leak and without.
    worth : Estimate
        Their difference.
    """

    name: str
    unit: str
    leaky: float
    honest: float
    worth: Estimate

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain numbers and strings."""
        content: dict[str, Any] = plain(
            {
                "leak": self.name,
                "unit": self.unit,
                "leaky": self.leaky,
                "honest": self.honest,
                **self.worth._asdict(),
            }
        )
        return content


@dataclass(frozen=True)
class Audit(Displayable):
    """What an audit found.

    Parameters
    ----------
    leaks : list of Leak
    missing : dict of str to str
        Leaks that could not be measured, and why.
    honest : CrossValidation
        The model without any leak.
    search : Search
        Through the settings whose choice was audited.
    splits : tuple of str
        How clips are split; and how, where groups or vectors are parted.
    seconds : dict
        ``read``, ``aggregate``, ``fit`` and ``total``.
    """

    leaks: list[Leak]
    missing: dict[str, str]
    honest: CrossValidation
    search: Search
    splits: tuple[str, str]
    seconds: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain numbers, lists and strings."""
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
    inner: int = 5,
    **options: Unpack[RunOptions],
) -> Audit:
    """Measure what each leak would add to a model's accuracy.

    Parameters
    ----------
    experiment : Experiment
        The model, and how it is validated; with groups, the honest way keeps them together.
    space : mapping of name to Choice
        Settings of which the best would be chosen; plain values are a choice among them.
    inner : int
        Inner folds of the honest choice.
    **options
        As of `gpuclf.evaluate`.

    Returns
    -------
    Audit

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
    >>> found = gpuclf.audit(experiment, {"C": [0.1, 10]}, inner=2, backend="cpu")
    >>> [leak.name for leak in found.leaks]
    ['scaling over all clips', "splitting a clip's vectors", 'choosing on the test clips']
    >>> found.missing
    {'parting groups': 'no groups are given'}
    >>> folder.cleanup()
    """
    with open_run(experiment, **options) as run:
        return audit_run(run, space, inner)


def audit_run(run: RunContext, space: Mapping[str, Axis | Iterable[Any]], inner: int = 5) -> Audit:
    """Do what `audit` does, in a run that is open."""
    _check_honest(run.experiment)
    strategy, axes = Strategy(inner=inner), as_space(space)
    points = strategy.points(axes, run.experiment.seed)
    nested = run.plan([{}, *points], inner=inner)
    setting, settings = run.setting({}), {repr(point): run.setting(point) for point in points}
    vectors = setting.vectors
    ungrouped = replace(vectors, groups=None)
    through = _through_groups(nested.validation, vectors)
    single = replace(through, majority_voting=False)
    counts, specs = [int(vectors.X.shape[1])], [setting.clf.spec]
    together = nested.without_inner()
    parted = make_plan(ungrouped, counts, specs, through)
    of_vectors = make_plan(ungrouped, counts, specs, single, split_vectors=True)
    searched = len(nested.folds) + sum(map(len, [*nested.inner, nested.whole]))
    total = 2 * (len(together.folds) + len(parted.folds)) + len(points) * searched
    context = _all_together(run, total)

    def score(vectors: FeatureVectors, plan: Plan) -> CrossValidation:
        return score_settings([replace(setting, vectors=vectors)], plan, context)[0]

    honest = score(vectors, together)
    scaled = score(vectors, replace(together, scale_first=True))
    clips = score(ungrouped, parted)
    split = score(ungrouped, of_vectors)
    search = search_settings(
        lambda point: settings[repr(point)], points, axes, strategy, nested, context
    )
    assert search.flat is not None
    units = np.arange(len(vectors)) if vectors.groups is None else vectors.groups
    leaks = [
        _leak("scaling over all clips", "clips", scaled, honest, units),
        _leak("splitting a clip's vectors", "vectors", split, clips, units),
        _leak("parting groups", "clips", clips, honest, units),
        _leak("choosing on the test clips", "clips", search.flat, search.result, units),
    ]
    missing = {
        leak.name: "no clip was tested both ways" for leak in leaks if not leak.worth.clusters
    }
    if vectors.groups is None:
        missing["parting groups"] = "no groups are given"
    results = (honest, scaled, clips, split, search.result)
    return Audit(
        leaks=[leak for leak in leaks if leak.name not in missing],
        missing=missing,
        honest=honest,
        search=search,
        splits=(nested.validation.split, through.split),
        seconds=run.seconds(sum(result.seconds["fit"] for result in results)),
    )


def _all_together(run: RunContext, total: int) -> Context:
    """Return a context that counts the folds of all parts of an audit together."""
    done = count(1)

    def report(progress: Progress) -> None:
        if progress.stage == "folds":
            run.report(progress._replace(done=next(done), total=total))

    return Context(backend=run.backend, progress=report, checkpoint=run.checkpoint)


def _check_honest(experiment: Experiment) -> None:
    usual = {"protocol": "inductive", "majority_voting": True, "permute_labels": False}
    for name, value in usual.items():
        if getattr(experiment, name) != value:
            got = repr(getattr(experiment, name))
            raise InputError(
                name, got=got, expected=f"{value}: an audit begins with what is honest"
            )


def _through_groups(validation: Validation, vectors: FeatureVectors) -> Validation:
    """Split in the same way, but through groups, which the file's folds would keep together."""
    if validation.split != "predefined":
        return validation
    count = len(np.unique(np.asarray(vectors.folds)))
    return replace(validation, split="stratified-kfold", folds=count, repeats=1)


def _leak(
    name: str, unit: str, leaky: CrossValidation, honest: CrossValidation, units: AnyArray
) -> Leak:
    """Compare clip by clip, over those that were tested both ways."""
    shares = [_right(one.clips, unit) for one in (leaky, honest)]
    both = ~np.isnan(shares[0] + shares[1])
    a, b = (share[both] for share in shares)
    worth = clustered_mean(a - b, units[both], LEVEL, within=DIFFERENCE)
    return Leak(name, unit, defined_mean(a), defined_mean(b), worth)


def _right(clips: ClipVotes, unit: str) -> Floats:
    """Share of right answers about every clip, or about its vectors; NaN for one never tested."""
    whole = clips.tested if unit == "clips" else clips.votes.sum(axis=1)
    right = clips.right if unit == "clips" else clips.votes_right
    shares = np.full(len(whole), np.nan)
    np.divide(right, whole, out=shares, where=whole > 0)
    return shares
