"""Terminal tables and HTML page of the command compare."""

from __future__ import annotations

from rich.console import Group, RenderableType

from gpuclf._utils import versions as environment
from gpuclf._utils.formatting import number_text, percent, value_text
from gpuclf.plot.style import FLAT
from gpuclf.report.html_page import Headline, Page, Section
from gpuclf.report.html_parts import Command, Facts, Grid, Heading, Picture
from gpuclf.report.tables import grid_table, pairs
from gpuclf.workflows.compare import Compared


def comparison_tables(compared: Compared) -> RenderableType:
    """What ``gpuclf compare`` prints."""
    return Group(grid_table(comparison_grid(compared)), pairs(comparison_facts(compared)))


def comparison_grid(compared: Compared) -> Grid:
    """The files, the hyper-parameters that differ, and the means."""
    grid = Grid([Heading("", number=False), Heading("A", number=False), Heading("B", number=False)])
    grid.add("file", *(str(one.path) for one in (compared.first, compared.second)))
    for name, values in compared.different.items():
        grid.add(name, *map(value_text, values))
    means = [percent(mean) if compared.is_share else number_text(mean) for mean in compared.means]
    grid.add(compared.metric.replace("_", " "), *means, strong=True)
    return grid


def comparison_facts(compared: Compared) -> dict[str, str]:
    """The difference, and how likely it is by chance."""
    return {"A less B": compared.difference_text, "p": compared.p_text}


def compare_page(compared: Compared, command: str) -> Page:
    """The page of ``gpuclf compare``."""
    facts = comparison_facts(compared)
    difference, _, interval = facts["A less B"].partition(" (")
    picture = Picture(compared.plot, "the difference in every fold", FLAT)
    names = [one.path.name for one in (compared.first, compared.second)]
    made = {
        f"made {letter} ({one.path.name})": one.record["environment"].get("command", "-")
        for letter, one in zip("AB", (compared.first, compared.second), strict=True)
    }
    about = environment.describe()
    return Page(
        "gpuclf compare",
        " less ".join(names),
        Headline(
            difference,
            f"of {compared.metric.replace('_', ' ')}, A less B; {interval.rstrip(')')}; "
            f"p = {facts['p']}",
            cautions=compared.cautions,
        ),
        [
            Section("Fold by fold", [picture], "A dot is a fold."),
            Section("What differs", [comparison_grid(compared), Facts(facts)]),
            Section(
                "Run",
                [
                    Command(command),
                    Facts(
                        made
                        | {
                            "Python": about["python"],
                            "gpuclf": about["packages"].get("gpuclf", "-"),
                        }
                    ),
                ],
            ),
        ],
    )
