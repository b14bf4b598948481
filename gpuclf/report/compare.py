"""Terminal tables and HTML report of the command compare."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from gpuclf._utils import versions as environment
from gpuclf._utils.formatting import metric_text, number_text, percent, value_text
from gpuclf.plot.style import FLAT
from gpuclf.report.html_page import Headline, Page, Section
from gpuclf.report.html_parts import Command, Facts, Grid, Heading, Picture
from gpuclf.report.tables import grid_table, pairs
from gpuclf.workflows.compare import Compared


def comparison_tables(compared: Compared) -> RenderableType:
    """Return the terminal output of ``gpuclf compare``."""
    return Group(
        Text(f"\n{compared.verdict}", style="bold"),
        pairs(comparison_facts(compared)),
        grid_table(comparison_grid(compared)),
    )


def comparison_grid(compared: Compared) -> Grid:
    """Return the files, the settings that differ and the mean scores as a table."""
    grid = Grid([Heading("", number=False), Heading("A", number=False), Heading("B", number=False)])
    grid.add("file", *(str(one.path) for one in (compared.first, compared.second)))
    for name, values in compared.different.items():
        grid.add(name, *map(value_text, values))
    means = [percent(mean) if compared.is_share else number_text(mean) for mean in compared.means]
    grid.add(metric_text(compared.metric), *means, strong=True)
    return grid


def comparison_facts(compared: Compared) -> dict[str, str]:
    """Return the mean difference and its p-value."""
    return {"A - B": compared.difference_text, "p-value": compared.p_text}


def compare_page(compared: Compared, command: str) -> Page:
    """Return the HTML report of ``gpuclf compare``."""
    facts = comparison_facts(compared)
    picture = Picture(compared.plot, "difference in each fold", FLAT)
    names = [one.path.name for one in (compared.first, compared.second)]
    note = (
        "Each dot is the difference A - B in one fold, with equal values stacked; the diamond is "
        "the mean difference with its confidence interval, the dashed line marks no difference."
    )
    commands = {
        f"command of {letter} ({one.path.name})": one.record["environment"].get("command", "-")
        for letter, one in zip("AB", (compared.first, compared.second), strict=True)
    }
    installed = environment.describe()
    versions = {
        "Python": installed["python"],
        "gpuclf": installed["packages"].get("gpuclf", "-"),
    }
    return Page(
        "gpuclf compare",
        f"{names[0]} (A) and {names[1]} (B)",
        Headline(
            compared.verdict,
            f"{metric_text(compared.metric)}, A - B: {compared.difference_text}; "
            f"p-value {compared.p_text}",
            cautions=compared.cautions,
            emphasis=compared.is_detected,
        ),
        [
            Section("Difference in each fold", [picture], note),
            Section("Scores and differing settings", [comparison_grid(compared), Facts(facts)]),
            Section("Command and environment", [Command(command), Facts({**commands, **versions})]),
        ],
    )
