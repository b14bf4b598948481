"""Terminal tables and HTML page of the command search."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from rich.console import Console, Group, RenderableType
from rich.text import Text

from gpuclf._utils.formatting import difference_text, percent, setting_text, value_text
from gpuclf.metrics.intervals import defined_mean
from gpuclf.report.command_line import train_command
from gpuclf.report.html_page import Headline, Page, Section
from gpuclf.report.html_parts import Command, Facts, Grid, Heading, Part
from gpuclf.report.provenance import Provenance
from gpuclf.report.result import result_tables
from gpuclf.report.sections import example_section, result_sections, run_sections
from gpuclf.report.tables import grid_table, pairs
from gpuclf.tuning.search_result import Search
from gpuclf.workflows.run_context import RunContext

MOST = 20  # settings that are shown


def search_tables(search: Search, console: Console, *, flat: bool) -> RenderableType:
    """What ``gpuclf search`` prints."""
    kind = "Flat: of the setting that is best on the test clips" if flat else "Nested"
    return Group(
        Text(f"\n{settings_title(search)}{left_out(search)}"),
        grid_table(settings_grid(search)),
        pairs(search_facts(search)),
        Text(f"\n{kind}"),
        result_tables(search.headline(flat), console),
    )


def search_facts(search: Search) -> dict[str, str]:
    """Nested and flat accuracy, and the setting for a model of all clips."""
    facts = {"nested accuracy": f"{percent(search.result.accuracy)}, of the whole search"}
    if search.flat is not None:
        facts["flat accuracy"] = f"{percent(search.flat.accuracy)}, of what is best on test clips"
        facts["optimism"] = optimism_text(search)
    facts["for all clips"] = setting_text(search.best)
    return facts


def flat_warning(search: Search) -> str:
    """Say how optimistic a flat search was."""
    assert search.flat is not None
    return (
        f"{percent(search.flat.accuracy)} is the best of {len(search.parameters)} settings on the "
        f"clips that they are scored on; nested, the search has {percent(search.result.accuracy)}: "
        f"an optimism of {optimism_text(search)}"
    )


def optimism_text(search: Search) -> str:
    """Write how much the flat score is above the nested one."""
    found = search.optimism
    assert found is not None
    return difference_text(found.difference, found.low, found.high, found.level)


def settings_title(search: Search) -> str:
    """Say what the settings are ordered by."""
    return (
        f"Settings by their mean accuracy over {search.inner} inner folds of each of "
        f"{search.chosen.size} folds"
    )


def left_out(search: Search) -> str:
    """Say that not all settings are listed."""
    count = len(search.parameters)
    return f"; the best {MOST} of {count}, and those chosen" if count > MOST else ""


def settings_grid(search: Search) -> Grid:
    """Settings, the best inner mean first; strong if they were chosen."""
    inner = np.array([defined_mean(scores) for scores in search.inner_scores])
    times = np.bincount(search.chosen.ravel(), minlength=len(inner))
    parameters = [
        Heading(name, number=isinstance(value, int | float))
        for name, value in search.parameters[0].items()
    ]
    grid = Grid([*parameters, *map(Heading, ("inner", "test", "chosen"))])
    order = np.argsort(-inner, kind="stable")
    for n in [n for place, n in enumerate(order) if place < MOST or times[n]]:
        values = map(value_text, search.parameters[n].values())
        chosen = f"{times[n]} x" if times[n] else ""
        test = percent(defined_mean(search.scores[n]))
        grid.add(*values, percent(inner[n]), test, chosen, strong=bool(times[n]))
    return grid


def search_page(search: Search, provenance: Provenance, run: RunContext, *, flat: bool) -> Page:
    """The page of ``gpuclf search``."""
    provenance = replace(provenance, varied=search.parameters[0].keys())
    result = search.headline(flat)
    says = "" if flat else f"by settings that inner folds chose among {len(search.parameters)}"
    flattered = (flat_warning(search),) if flat else ()
    train = Command(train_command(provenance.experiment.replace(**search.best)))
    choice: list[Part] = [Facts(search_facts(search)), train, settings_grid(search)]
    return Page(
        "gpuclf search" + ", flat" * flat,
        provenance.title,
        Headline.of(result, says, (*flattered, *provenance.cautions)),
        [
            Section("The choice", choice, f"{settings_title(search)}{left_out(search)}."),
            *result_sections(result, provenance),
            example_section(result, run, search.best),
            *run_sections(provenance, result.seconds, result.solver),
        ],
    )
