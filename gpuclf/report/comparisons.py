"""The table of a comparison."""

from __future__ import annotations

import math

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table

from gpuclf.pipeline import Compared
from gpuclf.report.tables import clean, pairs, percent, spread, write


def comparison_tables(compared: Compared) -> RenderableType:
    """What ``gpuclf compare`` prints."""
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0))
    for heading in ("", "A", "B"):
        table.add_column(heading, justify="right" if heading else "left", overflow="fold")
    table.add_row("file", *(clean(one.path) for one in (compared.first, compared.second)))
    for name, values in compared.different.items():
        table.add_row(clean(name), *(clean(write(value)) for value in values))
    plain = not compared.metric.startswith(("auc", "brier"))
    means = [percent(mean) if plain else f"{mean:.4f}" for mean in compared.means]
    table.add_row(compared.metric.replace("_", " "), *means, style="bold")
    found = compared.comparison
    difference = spread(found)
    if not plain:
        difference = f"{found.difference:+.4f} ({found.low:+.4f} to {found.high:+.4f})"
    p = "not defined: the difference is the same in every fold" if math.isnan(found.p) else None
    lines = {
        "A less B": difference,
        "p": p or f"{found.p:.3g} (t = {found.t:.2f} over {found.count} folds, corrected)",
    }
    return Group(table, pairs(lines))
