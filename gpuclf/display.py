"""The notebook card and the figure of every public result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import singledispatch
from typing import Any, NamedTuple

import numpy as np

from gpuclf import plot
from gpuclf._utils.formatting import (
    percent,
    percent_interval,
    points,
    points_interval,
    setting_text,
    value_text,
)
from gpuclf.plot.style import FLAT
from gpuclf.plot.vectors import vectors_size
from gpuclf.report.html import render
from gpuclf.report.html_parts import Facts, Picture
from gpuclf.tuning.search_result import Search
from gpuclf.validation.cv_result import CrossValidation
from gpuclf.vectors.feature_vectors import FeatureVectors
from gpuclf.workflows.audit import Audit
from gpuclf.workflows.compare import Compared
from gpuclf.workflows.sweep import Sweep

FIGURES: dict[type, Callable[..., Any]] = {
    CrossValidation: plot.overview,
    FeatureVectors: plot.feature_vectors,
    Search: lambda found: plot.overview(found.result),
    Audit: plot.audit,
    Compared: plot.comparison,
    Sweep: plot.sweep,
}


class Card(NamedTuple):
    """Title, facts and figure of a card."""

    title: str
    facts: Mapping[str, object]
    picture: Picture | None


def draw(result: object, *args: Any, **options: Any) -> Any:
    """Draw a result by its function of `gpuclf.plot`."""
    return FIGURES[type(result)](result, *args, **options)


def card(result: object) -> str:
    """Return the HTML of a result, which a notebook shows as the last value of a cell.

    Parameters
    ----------
    result : CrossValidation, Search, Audit, Compared, Sweep or FeatureVectors

    Returns
    -------
    str
        All texts are escaped.
    """
    title, facts, picture = _card(result)
    return render("card.html", title=title, facts=Facts(facts), picture=picture)


@singledispatch
def _card(result: Any) -> Card:
    raise TypeError(f"no card of {type(result).__name__}")


@_card.register
def _(result: CrossValidation) -> Card:
    low, high, level = result.interval
    repeats, folds = result.scores.shape
    facts = {
        f"{100 * level:g} % interval": percent_interval(low, high),
        f"accuracy of {result.scored}": f"{percent(result.accuracy)} ± "
        f"{percent(result.accuracy_std)} over {repeats} x {folds} folds",
    }
    if result.majority_voting:
        facts["accuracy of vectors"] = percent(result.vector_scores.mean())
    facts |= {"chance": percent(result.chance), "majority class": percent(result.majority.mean())}
    title = f"{percent(result.accuracy)} of the {result.scored} are labelled right"
    return Card(title, facts, _folds(result))


@_card.register
def _(found: Search) -> Card:
    low, high, level = found.result.interval
    facts = {
        f"{100 * level:g} % interval": percent_interval(low, high),
        "settings": f"{len(found.parameters)}, chosen by {found.inner} inner folds",
        "for all clips": setting_text(found.best),
    }
    if found.flat is not None:
        facts["flat, optimistic"] = percent(found.flat.accuracy)
    return Card(f"{percent(found.result.accuracy)} by nested search", facts, _folds(found.result))


@_card.register
def _(audited: Audit) -> Card:
    facts = {"accuracy without any": percent(audited.honest.accuracy)}
    for leak in audited.leaks:
        interval = points_interval(leak.worth.low, leak.worth.high)
        facts[leak.name] = f"{points(leak.worth.mean)} points ({interval})"
    picture = Picture(audited.plot, "how many points each leak is worth", FLAT)
    return Card("What leaks are worth", {**facts, **audited.missing}, picture)


@_card.register
def _(compared: Compared) -> Card:
    facts = {"A": compared.first.path, "B": compared.second.path, "p": compared.p_text}
    picture = Picture(compared.plot, "the difference in every fold", FLAT)
    return Card(f"{compared.metric}, A less B: {compared.difference_text}", facts, picture)


@_card.register
def _(swept: Sweep) -> Card:
    facts = {
        f"{swept.name} = {value_text(value)}": f"{percent(result.accuracy)}, 95 % interval "
        f"{percent_interval(*result.interval[:2])}"
        for value, result in zip(swept.values, swept.results, strict=True)
    }
    facts["chance"] = percent(swept.results[0].chance)
    picture = Picture(swept.plot, f"the accuracy for each value of {swept.name}")
    return Card(f"Accuracy for {len(swept.values)} values of {swept.name}", facts, picture)


@_card.register
def _(vectors: FeatureVectors) -> Card:
    clips, count, n = vectors.X.shape
    facts = {"clips": clips, "vectors a clip": count, "features": n}
    if vectors.groups is not None:
        facts["groups"] = len(np.unique(vectors.groups))
    if vectors.folds is not None:
        facts["folds"] = len(np.unique(vectors.folds))
    if vectors.y is not None:
        counts = np.bincount(vectors.y, minlength=len(vectors.labels))
        facts |= {f"clips of {name}": n for name, n in zip(vectors.labels, counts, strict=True)}
    size = vectors_size(count)
    picture = Picture(lambda ax: vectors.plot(ax=ax), "the vectors of the first clip", size)
    return Card("Feature vectors", facts, picture if clips else None)


def _folds(result: CrossValidation) -> Picture:
    return Picture(lambda ax: plot.folds(result, ax), "the accuracy of every fold")
