"""Terminal tables and HTML report of the command search."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from rich.console import Console, Group, RenderableType
from rich.text import Text

from gpuclf._utils.formatting import difference_text, metric_text, percent, setting_text, value_text
from gpuclf.metrics.shares import defined_mean
from gpuclf.report.command_line import train_command
from gpuclf.report.html_page import Headline, Page, Section
from gpuclf.report.html_parts import NO_BETTER, Command, Facts, Grid, Heading, Part, no_better_mark
from gpuclf.report.provenance import Provenance
from gpuclf.report.result import result_tables
from gpuclf.report.sections import example_section, result_sections, run_sections
from gpuclf.report.tables import grid_table, pairs
from gpuclf.tuning.search_result import Search
from gpuclf.validation.cv_result import CrossValidation
from gpuclf.workflows.run_context import RunContext

MAX_LISTED = 20  # settings


def search_tables(search: Search, console: Console, *, flat: bool) -> RenderableType:
    """Return the terminal output of ``gpuclf search``."""
    metric = metric_text(search.metric)
    flat_title = f"Flat search: setting with the highest {metric} on the test clips"
    kind = flat_title if flat else "Nested cross-validation"
    return Group(
        Text(f"\n{settings_title(search)}{listed_text(search)}"),
        grid_table(settings_grid(search)),
        pairs(search_facts(search)),
        Text(f"\n{kind}"),
        result_tables(search.headline(flat), console),
    )


def search_facts(search: Search) -> dict[str, str]:
    """Return the score of nested and of flat search, and the setting selected on all clips."""
    facts = {"nested search": f"{_value(search.result)}  (selected on inner folds)"}
    if search.flat is not None:
        facts["flat search"] = f"{_value(search.flat)}  (selected on the test clips)"
        facts["optimism"] = optimism_text(search)
    facts["best setting on all clips"] = setting_text(search.best)
    if not all(search.better_than_majority):
        facts |= NO_BETTER
    return facts


def _value(result: CrossValidation) -> str:
    """Format the leading metric of a result."""
    return percent(result.verdict.value)


def flat_warning(search: Search) -> str:
    """Return a warning that states the optimism of a flat search."""
    assert search.flat is not None
    return (
        f"{_value(search.flat)} is optimistically biased: the best of "
        f"{len(search.parameters)} settings was selected on the test clips; nested search gives "
        f"{_value(search.result)}, an optimism of {optimism_text(search)}"
    )


def optimism_text(search: Search) -> str:
    """Format the score of flat search minus that of nested search."""
    optimism = search.optimism
    assert optimism is not None
    return difference_text(optimism.difference, optimism.low, optimism.high, optimism.level)


def settings_title(search: Search) -> str:
    """Return the title of the table of settings."""
    return (
        f"Settings, sorted by mean {metric_text(search.metric)} over {search.inner} inner folds of "
        f"each of {search.chosen.size} folds"
    )


def listed_text(search: Search) -> str:
    """Return a note on which settings are listed, unless all are."""
    count = len(search.parameters)
    return f"; the {MAX_LISTED} best of {count} and all selected" if count > MAX_LISTED else ""


def settings_grid(search: Search) -> Grid:
    """Return one row per setting, sorted by inner score; selected settings are bold."""
    inner = np.array([defined_mean(scores) for scores in search.inner_scores])
    times = np.bincount(search.chosen.ravel(), minlength=len(inner))
    parameters = [
        Heading(name, number=isinstance(value, int | float))
        for name, value in search.parameters[0].items()
    ]
    grid = Grid([*parameters, *map(Heading, ("inner", "test", "selected"))])
    marks = [no_better_mark(is_better) for is_better in search.better_than_majority]
    order = np.argsort(-inner, kind="stable")
    for n in [n for place, n in enumerate(order) if place < MAX_LISTED or times[n]]:
        values = map(value_text, search.parameters[n].values())
        selected = f"{times[n]} x" if times[n] else ""
        test = percent(defined_mean(search.scores[n])) + marks[n]
        grid.add(*values, percent(inner[n]), test, selected, strong=bool(times[n]))
    return grid


def search_page(search: Search, provenance: Provenance, run: RunContext, *, flat: bool) -> Page:
    """Return the HTML report of ``gpuclf search``."""
    provenance = replace(provenance, varied=search.parameters[0].keys())
    result = search.headline(flat)
    says = "" if flat else f"nested search over {len(search.parameters)} settings"
    optimistic = (flat_warning(search),) if flat else ()
    train = Command(train_command(provenance.experiment.replace(**search.best), run.store))
    note = (
        f"{settings_title(search)}{listed_text(search)}; inner: score on the inner folds, test: "
        "score on the test clips, selected: in how many folds"
    )
    choice: list[Part] = [Facts(search_facts(search)), train, settings_grid(search)]
    return Page(
        "gpuclf search" + ", flat" * flat,
        provenance.title,
        Headline.of(result, says, (*optimistic, *provenance.cautions), provenance.protocol_text),
        [
            Section("Model selection", choice, f"{note}."),
            *result_sections(result, provenance, run),
            example_section(result, run, search.best),
            *run_sections(provenance, result.seconds, result.solver),
        ],
    )
