"""HTML representation (card), plot and summary of all public results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import singledispatch
from typing import Any, NamedTuple

import numpy as np

from gpuclf import plot
from gpuclf._utils.formatting import (
    UNITS,
    counted,
    metric_text,
    number_text,
    percent,
    percent_interval,
    points,
    points_interval,
    setting_text,
    value_text,
)
from gpuclf.model.predictions import Predictions
from gpuclf.plot.leaderboard import leaderboard_size
from gpuclf.plot.predict import predictions_size
from gpuclf.plot.style import FLAT
from gpuclf.plot.vectors import vectors_size
from gpuclf.report.html import render
from gpuclf.report.html_parts import Facts, Picture
from gpuclf.report.predict import accuracy_facts, overlap_facts, rejection_facts
from gpuclf.report.summary import summary
from gpuclf.tuning.search_result import Search
from gpuclf.validation.cv_result import CrossValidation
from gpuclf.vectors.feature_vectors import FeatureVectors
from gpuclf.workflows.audit import Audit
from gpuclf.workflows.compare import Compared
from gpuclf.workflows.leaderboard import Leaderboard
from gpuclf.workflows.sweep import Sweep

__all__ = ["card", "draw", "summary"]

FIGURES: dict[type, Callable[..., Any]] = {
    CrossValidation: plot.overview,
    FeatureVectors: plot.feature_vectors,
    Search: lambda search: plot.overview(search.result),
    Audit: plot.audit,
    Compared: plot.comparison,
    Leaderboard: plot.leaderboard,
    Sweep: plot.sweep,
    Predictions: plot.predictions,
}


class Card(NamedTuple):
    """Content of a card: title, facts and figure."""

    title: str
    facts: Mapping[str, object]
    picture: Picture | None


def draw(result: object, *args: Any, **options: Any) -> Any:
    """Plot a result with its function of `gpuclf.plot`."""
    return FIGURES[type(result)](result, *args, **options)


def card(result: object) -> str:
    """Return the HTML representation of a result, which notebooks display.

    Parameters
    ----------
    result : CrossValidation, Search, Sweep, Audit, Compared, Leaderboard, Predictions or
        FeatureVectors

    Returns
    -------
    str
        HTML with escaped texts.
    """
    title, facts, picture = _card(result)
    return render("card.html", title=title, facts=Facts(facts), picture=picture)


@singledispatch
def _card(result: Any) -> Card:
    raise TypeError(f"no card for {type(result).__name__}")


@_card.register
def _(result: CrossValidation) -> Card:
    verdict = result.verdict
    low, high, level = verdict.interval
    repeats, folds = result.scores.shape
    facts = {
        "verdict": ", ".join(filter(None, [verdict.text, verdict.p_text])),
        f"{100 * level:g} % confidence interval": percent_interval(low, high),
        f"accuracy on {UNITS[result.scored]}": f"{percent(result.accuracy)} ± "
        f"{percent(result.accuracy_std)} over {repeats} x {folds} folds",
    }
    if result.majority_voting:
        facts["accuracy on feature vectors"] = percent(result.metrics["vectors"]["accuracy"].mean)
    facts["majority class"] = percent(result.majority)
    metric = metric_text(verdict.metric).capitalize()
    title = f"{metric} on {UNITS[result.scored]}: {percent(verdict.value)}"
    return Card(title, facts, _folds_picture(result))


@_card.register
def _(search: Search) -> Card:
    verdict, metric = search.result.verdict, metric_text(search.metric)
    low, high, level = verdict.interval
    facts = {
        f"{100 * level:g} % confidence interval": percent_interval(low, high),
        "settings": f"{len(search.parameters)}, selected by {search.inner} inner folds",
        "best setting on all clips": setting_text(search.best),
    }
    if search.flat is not None:
        flat = percent(search.flat.verdict.value)
        facts[f"{metric} of flat search (optimistically biased)"] = flat
    title = f"{metric.capitalize()} of nested search: {percent(verdict.value)}"
    return Card(title, facts, _folds_picture(search.result))


@_card.register
def _(audited: Audit) -> Card:
    facts = {}
    for leak in audited.leaks:
        interval = points_interval(leak.difference.low, leak.difference.high)
        over = f" over {leak.base}, {percent(leak.honest)}" * leak.has_own_base
        effect = f"{points(leak.difference.mean)} points ({interval}){over}"
        facts[leak.name] = f"{effect}: {percent(leak.leaky)}"
    picture = Picture(audited.plot, "accuracy difference of each leak", FLAT)
    metric = metric_text(audited.metric).capitalize()
    title = f"{metric} without data leakage: {percent(audited.honest.verdict.value)}"
    return Card(title, {**facts, **audited.missing}, picture)


@_card.register
def _(compared: Compared) -> Card:
    facts = {
        f"{metric_text(compared.metric)}, A - B": compared.difference_text,
        "p-value": compared.p_text,
        "A": compared.first.path,
        "B": compared.second.path,
    }
    picture = Picture(compared.plot, "difference in each fold", FLAT)
    return Card(compared.verdict, facts, picture)


@_card.register
def _(board: Leaderboard) -> Card:
    facts = {
        entry.name: f"{percent(entry.value) if board.is_share else number_text(entry.value)}"
        + f", p = {entry.p:.2g} (Holm)" * (entry.p == entry.p)
        for entry in board.ranked
    }
    facts |= {f"not comparable: {entry.name}": entry.reason for entry in board.apart}
    picture = Picture(board.plot, "score of each result", leaderboard_size(board))
    return Card(board.verdict, facts, picture)


@_card.register
def _(swept: Sweep) -> Card:
    facts = {
        f"{swept.name} = {value_text(value)}": f"{percent(result.verdict.value)}, 95 % confidence "
        f"interval {percent_interval(*result.verdict.interval[:2])}"
        for value, result in zip(swept.values, swept.results, strict=True)
    }
    facts["majority class"] = percent(swept.results[0].verdict.baseline)
    if swept.notes:
        facts["below it"] = ". ".join(swept.notes)
    metric = metric_text(swept.metric)
    picture = Picture(swept.plot, f"{metric} for each value of {swept.name}")
    return Card(
        f"{metric.capitalize()} for {len(swept.values)} values of {swept.name}", facts, picture
    )


@_card.register
def _(predicted: Predictions) -> Card:
    size = predictions_size(predicted.labels)
    picture = Picture(predicted.plot, "number of clips of each predicted class", size)
    title = f"Predictions of {counted(len(predicted.ids), 'clip')}"
    facts = {
        **overlap_facts(predicted),
        **rejection_facts(predicted),
        **accuracy_facts(predicted, "gpuclf.evaluate"),
    }
    return Card(title, facts, picture)


@_card.register
def _(vectors: FeatureVectors) -> Card:
    clips, count, n = vectors.X.shape
    facts = {"clips": clips, "vectors per clip": count, "features": n}
    if vectors.groups is not None:
        facts["groups"] = len(np.unique(vectors.groups))
    if vectors.folds is not None:
        facts["folds"] = len(np.unique(vectors.folds))
    if vectors.y is not None:
        counts = np.bincount(vectors.y, minlength=len(vectors.labels))
        facts |= {f"clips of {name}": n for name, n in zip(vectors.labels, counts, strict=True)}
    size = vectors_size(count)
    picture = Picture(lambda ax: vectors.plot(ax=ax), "feature vectors of the first clip", size)
    return Card("Feature vectors", facts, picture if clips else None)


def _folds_picture(result: CrossValidation) -> Picture:
    return Picture(lambda ax: plot.folds(result, ax), "accuracy of each fold")
