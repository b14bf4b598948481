"""What is told of a comparison."""

from __future__ import annotations

from rich.console import Group, RenderableType

from gpuclf._utils.formatting import number_text, percent, value_text
from gpuclf.report.html_parts import Column, Grid
from gpuclf.report.tables import grid_table, pairs
from gpuclf.workflows.compare import Compared


def comparison_tables(compared: Compared) -> RenderableType:
    """What ``gpuclf compare`` prints."""
    return Group(grid_table(comparison_grid(compared)), pairs(comparison_facts(compared)))


def comparison_grid(compared: Compared) -> Grid:
    """The files, the hyper-parameters that differ, and the means."""
    grid = Grid([Column("", number=False), Column("A", number=False), Column("B", number=False)])
    grid.add("file", *(str(one.path) for one in (compared.first, compared.second)))
    for name, values in compared.different.items():
        grid.add(name, *map(value_text, values))
    means = [percent(mean) if compared.is_share else number_text(mean) for mean in compared.means]
    grid.add(compared.metric.replace("_", " "), *means, strong=True)
    return grid


def comparison_facts(compared: Compared) -> dict[str, str]:
    """The difference, and how likely it is by chance."""
    return {"A less B": compared.difference_text, "p": compared.p_text}
