"""The table of a comparison."""

from __future__ import annotations

import math

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table

from gpuclf.pipeline import Compared
from gpuclf.report.tables import clean, pairs, percent, spread, write
from gpuclf.stats import Comparison


def comparison_tables(compared: Compared) -> RenderableType:
    """What ``gpuclf compare`` prints."""
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0))
    for heading in ("", "A", "B"):
        table.add_column(heading, justify="right" if heading else "left", overflow="fold")
    table.add_row("file", *(clean(one.path) for one in (compared.first, compared.second)))
    for name, values in compared.different.items():
        table.add_row(clean(name), *(clean(write(value)) for value in values))
    share = not compared.metric.startswith(("auc", "brier"))
    means = [percent(mean) if share else _number(mean) for mean in compared.means]
    table.add_row(compared.metric.replace("_", " "), *means, style="bold")
    found = compared.comparison
    return Group(table, pairs({"A less B": _difference(found, share), "p": _p(found)}))


def _number(value: float, sign: str = "") -> str:
    return "-" if math.isnan(value) else f"{value:{sign}.4f}"


def _difference(found: Comparison, share: bool) -> str:
    if share:
        return spread(found)
    difference, low, high = (_number(n, "+") for n in (found.difference, found.low, found.high))
    return f"{difference} ({100 * found.level:g} % interval {low} to {high})"


def _p(found: Comparison) -> str:
    if not math.isnan(found.p):
        return f"{found.p:.3g} (t = {found.t:.2f} over {found.count} folds, corrected)"
    if found.count < 2:
        return "not defined: fewer than two folds define the metric"
    return "not defined: the difference is the same in every fold"
