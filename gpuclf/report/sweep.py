"""Terminal tables and HTML page of the command sweep."""

from __future__ import annotations

import math
from dataclasses import replace

from rich.console import Group, RenderableType

from gpuclf._utils.formatting import (
    percent,
    percent_interval,
    points,
    points_interval,
    seconds_text,
    value_text,
)
from gpuclf.report.html_page import Headline, Page, Section
from gpuclf.report.html_parts import Facts, Grid, Heading, Picture
from gpuclf.report.provenance import Provenance
from gpuclf.report.sections import run_sections
from gpuclf.report.tables import grid_table, pairs
from gpuclf.workflows.sweep import Sweep


def sweep_tables(sweep: Sweep) -> RenderableType:
    """What ``gpuclf sweep`` prints."""
    lines = sweep_facts(sweep) | {"time": seconds_text(sweep.seconds)}
    return Group(grid_table(sweep_grid(sweep)), pairs(lines))


def sweep_grid(sweep: Sweep) -> Grid:
    """A row a value, the best one strong."""
    names = [sweep.name, "accuracy", "95 % interval"]
    if sweep.baseline is not None:
        names += [sweep.baseline, "gain", "95 % interval", "p"]
    numbers = all(isinstance(value, int | float) for value in sweep.values)
    grid = Grid([Heading(names[0], number=numbers), *map(Heading, names[1:])])
    for value, row in zip(sweep.values, sweep.rows(), strict=True):
        cells = [
            value_text(value),
            percent(row["accuracy"]),
            percent_interval(row["low"], row["high"]),
        ]
        if sweep.baseline is not None:
            cells += [
                percent(row["baseline_accuracy"]),
                points(row["gain"]),
                points_interval(row["gain_low"], row["gain_high"]),
                "-" if math.isnan(row["p"]) else f"{row['p']:.3g}",
            ]
        grid.add(*cells, strong=value == sweep.best)
    return grid


def sweep_facts(sweep: Sweep) -> dict[str, str]:
    """What its rows are, and what they are to be held against."""
    first = sweep.results[0]
    repeats, folds = first.scores.shape
    facts = {
        "accuracy": f"of {first.scored}, over the same {repeats} x {folds} folds for all",
        "chance": percent(first.chance),
        "majority class": percent(first.majority.mean()),
        "note": "the best of several values is optimistic: gpuclf search chooses honestly",
    }
    if sweep.baseline is not None:
        facts["gain"] = f"points above {sweep.baseline} with the same value, paired by fold"
    return facts


def sweep_page(sweep: Sweep, provenance: Provenance) -> Page:
    """The page of ``gpuclf sweep``."""
    provenance = replace(provenance, varied=[sweep.name])
    best = sweep.best_result
    count = len(sweep.values)
    optimistic = (
        f"The best of {count} values on the clips that they are scored on: optimistic. "
        "gpuclf search chooses honestly.",
    )
    picture = Picture(sweep.plot, f"the accuracy for each value of {sweep.name}")
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
                f"Values of {sweep.name}", [picture, sweep_grid(sweep), Facts(sweep_facts(sweep))]
            ),
            *run_sections(provenance, sweep.seconds, best.solver),
        ],
    )
