"""What is told of a comparison."""

from __future__ import annotations

import math

from rich.console import Group, RenderableType

from gpuclf.html.parts import Column, Grid
from gpuclf.pipeline import Compared
from gpuclf.report.tables import grid_table, pairs
from gpuclf.wording import difference_text, percent, value_text


def comparison_tables(compared: Compared) -> RenderableType:
    """What ``gpuclf compare`` prints."""
    return Group(grid_table(comparison_grid(compared)), pairs(comparison_facts(compared)))


def comparison_grid(compared: Compared) -> Grid:
    """The files, the hyper-parameters that differ, and the means."""
    grid = Grid([Column("", number=False), Column("A", number=False), Column("B", number=False)])
    grid.add("file", *(str(one.path) for one in (compared.first, compared.second)))
    for name, values in compared.different.items():
        grid.add(name, *map(value_text, values))
    means = [percent(mean) if compared.is_share else _number(mean) for mean in compared.means]
    grid.add(compared.metric.replace("_", " "), *means, strong=True)
    return grid


def comparison_facts(compared: Compared) -> dict[str, str]:
    """The difference, and how likely it is by chance."""
    return {"A less B": _difference(compared), "p": _p(compared)}


def _number(value: float, sign: str = "") -> str:
    return "-" if math.isnan(value) else f"{value:{sign}.4f}"


def _difference(compared: Compared) -> str:
    found = compared.comparison
    if compared.is_share:
        return difference_text(found.difference, found.low, found.high, found.level)
    difference, low, high = (_number(n, "+") for n in (found.difference, found.low, found.high))
    return f"{difference} ({100 * found.level:g} % interval {low} to {high})"


def _p(compared: Compared) -> str:
    found = compared.comparison
    if not math.isnan(found.p):
        return f"{found.p:.3g} (t = {found.t:.2f} over {found.count} folds, corrected)"
    if found.count < 2:
        return "not defined: fewer than two folds define the metric"
    return "not defined: the difference is the same in every fold"
