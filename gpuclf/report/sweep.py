"""Terminal tables and HTML report of the command sweep."""

from __future__ import annotations

import math
from dataclasses import replace

from rich.console import Group, RenderableType

from gpuclf._utils.formatting import (
    UNITS,
    metric_text,
    percent,
    percent_interval,
    points,
    points_interval,
    seconds_text,
    splits_text,
    value_text,
)
from gpuclf.report.html_page import Headline, Page, Section
from gpuclf.report.html_parts import NO_BETTER, Facts, Grid, Heading, Picture, no_better_mark
from gpuclf.report.provenance import Provenance
from gpuclf.report.sections import run_sections
from gpuclf.report.tables import grid_table, pairs
from gpuclf.workflows.sweep import Sweep


def sweep_tables(sweep: Sweep) -> RenderableType:
    """Return the terminal output of ``gpuclf sweep``."""
    lines = sweep_facts(sweep) | {"time": seconds_text(sweep.seconds)}
    return Group(grid_table(sweep_grid(sweep)), pairs(lines))


def sweep_grid(sweep: Sweep) -> Grid:
    """Return one row per value; the value with the highest score is bold."""
    names = [sweep.name, metric_text(sweep.metric), "95 % CI"]
    if sweep.baseline is not None:
        names += [sweep.baseline, "gain", "95 % CI", "p-value"]
    numbers = all(isinstance(value, int | float) for value in sweep.values)
    grid = Grid([Heading(names[0], number=numbers), *map(Heading, names[1:])])
    for value, row in zip(sweep.values, sweep.rows(), strict=True):
        cells = [
            value_text(value),
            percent(row[sweep.metric]) + no_better_mark(row["better_than_majority"]),
            percent_interval(row["low"], row["high"]),
        ]
        if sweep.baseline is not None:
            cells += [
                percent(row[f"baseline_{sweep.metric}"]),
                points(row["gain"]),
                points_interval(row["gain_low"], row["gain_high"]),
                "-" if math.isnan(row["p"]) else f"{row['p']:.3g}",
            ]
        grid.add(*cells, strong=value == sweep.best)
    return grid


def sweep_facts(sweep: Sweep) -> dict[str, str]:
    """Return a description of the table, and the baselines."""
    first = sweep.results[0]
    splits = splits_text(first.scores.shape)
    facts = {
        sweep.metric.replace(
            "_", " "
        ): f"on {UNITS[first.scored]}; the same {splits} for all values",
        "CI": "confidence interval (corrected resampled t-test)",
        "majority class": percent(first.majority),
        "chance level": percent(first.chance),
        "note": "the highest value is optimistically biased; see gpuclf search",
    }
    if any(row["better_than_majority"] is False for row in sweep.rows()):
        facts |= NO_BETTER
    if sweep.notes:
        facts["below it"] = ". ".join(sweep.notes)
    if sweep.baseline is not None:
        facts["gain"] = f"percentage points over {sweep.baseline} at the same value, paired by fold"
    return facts


def sweep_page(sweep: Sweep, provenance: Provenance) -> Page:
    """Return the HTML report of ``gpuclf sweep``."""
    provenance = replace(provenance, varied=[sweep.name])
    best = sweep.best_result
    count = len(sweep.values)
    optimistic = (
        f"The best of {count} values is selected on the test clips: its accuracy is optimistically "
        "biased. For an unbiased estimate, use gpuclf search.",
    )
    metric = metric_text(sweep.metric).capitalize()
    picture = Picture(sweep.plot, f"{metric.lower()} for each value of {sweep.name}")
    note = (
        f"{metric} for each value of {sweep.name}, with its 95 % confidence interval (error bar); "
        "the dashed line is that of always predicting the most frequent class."
    )
    return Page(
        "gpuclf sweep",
        provenance.title,
        Headline.of(
            best,
            f"with {sweep.name} = {value_text(sweep.best)}",
            (*optimistic * (count > 1), *provenance.cautions),
        ),
        [
            Section(
                f"{metric} for each value of {sweep.name}",
                [picture, sweep_grid(sweep), Facts(sweep_facts(sweep))],
                note,
            ),
            *run_sections(provenance, sweep.seconds, best.solver),
        ],
    )
