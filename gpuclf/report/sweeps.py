"""The table of a sweep."""

from __future__ import annotations

import math

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table

from gpuclf.pipeline import Sweep
from gpuclf.report.tables import (
    clean,
    pairs,
    percent,
    percent_interval,
    points,
    points_interval,
    write,
)


def sweep_tables(sweep: Sweep) -> RenderableType:
    """What ``gpuclf sweep`` prints."""
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0))
    table.add_column(clean(sweep.name), justify="right", overflow="fold")
    for heading in ("accuracy", "95 % interval"):
        table.add_column(heading, justify="right", no_wrap=True)
    if sweep.baseline is not None:
        table.add_column(clean(sweep.baseline), justify="right", overflow="fold", min_width=7)
        for heading in ("gain", "95 % interval", "p"):
            table.add_column(heading, justify="right", no_wrap=True)
    best = max(range(len(sweep.values)), key=lambda n: sweep.results[n].accuracy)
    for number, row in enumerate(sweep.rows()):
        cells = [
            clean(write(sweep.values[number])),
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
        table.add_row(*cells, style="bold" if number == best else "")
    repeats, folds = sweep.results[0].scores.shape
    scored = "clips" if sweep.results[0].majority_voting else "vectors"
    lines = {
        "accuracy": f"of {scored}, over the same {repeats} x {folds} folds for all",
        "chance": percent(sweep.results[0].chance),
        "majority class": percent(sweep.results[0].majority.mean()),
        "note": "the best of several values is optimistic: gpuclf search chooses honestly",
        "time": ", ".join(f"{name} {seconds:.2f} s" for name, seconds in sweep.seconds.items()),
    }
    if sweep.baseline is not None:
        lines["gain"] = f"points above {sweep.baseline} with the same value, paired by fold"
    return Group(table, pairs(lines))
