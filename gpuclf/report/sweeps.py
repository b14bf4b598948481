"""The table of a sweep."""

from __future__ import annotations

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table

from gpuclf.pipeline import Sweep
from gpuclf.report.tables import clean, pairs, percent, points, write


def sweep_tables(sweep: Sweep) -> RenderableType:
    """What ``gpuclf sweep`` prints."""
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0))
    headings = [sweep.name, "accuracy", "±", "95 % interval"]
    if sweep.baseline is not None:
        headings += [sweep.baseline, "gain", "95 % interval", "p"]
    for heading in headings:
        table.add_column(clean(heading), justify="right", no_wrap=True)
    best = max(range(len(sweep.values)), key=lambda n: sweep.results[n].accuracy)
    for number, row in enumerate(sweep.rows()):
        cells = [
            clean(write(sweep.values[number])),
            percent(row["accuracy"]),
            percent(row["std"]),
            f"{percent(row['low'])} to {percent(row['high'])}",
        ]
        if sweep.baseline is not None:
            cells += [
                percent(row["baseline_accuracy"]),
                points(row["gain"]),
                f"{points(row['gain_low'])} to {points(row['gain_high'])}",
                f"{row['p']:.3g}",
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
