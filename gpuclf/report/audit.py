"""Terminal tables and HTML report of the command audit."""

from __future__ import annotations

from rich.console import Group, RenderableType

from gpuclf._utils.formatting import (
    metric_text,
    percent,
    points,
    points_interval,
    seconds_text,
    setting_text,
    splits_text,
)
from gpuclf.plot.style import FLAT
from gpuclf.report.html_page import Headline, Page, Section
from gpuclf.report.html_parts import Facts, Grid, Heading, Picture
from gpuclf.report.provenance import Provenance
from gpuclf.report.sections import run_sections
from gpuclf.report.tables import grid_table, pairs
from gpuclf.validation.leaky_plans import VECTORS
from gpuclf.workflows.audit import NESTED, NO_LEAK, Audit

BASES = {NO_LEAK: "no leak", NESTED: "no leak, nested search"}


def audit_tables(audit: Audit) -> RenderableType:
    """Return the terminal output of ``gpuclf audit``."""
    lines = audit_facts(audit) | {"time": seconds_text(audit.seconds)}
    return Group(grid_table(audit_grid(audit)), pairs(lines))


def audit_grid(audit: Audit) -> Grid:
    """Return one row per result without a leak, each followed by its leaks.

    The rows without a leak are bold.
    """
    numbers = map(Heading, ("effect", "95 % CI", metric_text(audit.metric)))
    grid = Grid([Heading("leak", number=False), *numbers])
    for base, value in audit.bases.items():
        grid.add(BASES[base], "", "", percent(value), strong=True)
        for leak in audit.leaks:
            if leak.base == base:
                grid.add(
                    leak.name,
                    points(leak.difference.mean),
                    points_interval(leak.difference.low, leak.difference.high),
                    percent(leak.leaky),
                )
    return grid


def audit_facts(audit: Audit) -> dict[str, str]:
    """Return a description of the table, and the leaks that were not measured."""
    best = audit.search.best_on_test
    assert best is not None
    clusters = f"{audit.leaks[0].difference.clusters} {'groups' if audit.grouped else 'clips'}"
    facts = {
        metric_text(audit.metric): f"on clips, {_splits(audit)}",
        "effect": "value with the leak minus value without it (the bold row above), in "
        f"percentage points; 95 % confidence interval (CI) over {clusters}",
        "nested search": f"the best of {len(audit.search.parameters)} settings, selected on inner "
        f"folds instead of the test clips, where it is {setting_text(best)}",
    }
    if audit.grouped and VECTORS in audit.splits:
        facts[VECTORS] = "the split ignores groups as well"
    if audit.missing:
        missing = [f"{name}: {reason}" for name, reason in audit.missing.items()]
        facts["not measured"] = "; ".join(missing)
    return facts


def _splits(audit: Audit) -> str:
    """Return the splits, and those of leaks that need other ones."""
    first = audit.splits[NO_LEAK]
    others = {name: split for name, split in audit.splits.items() if split != first}
    texts = [f"{splits_text(audit.honest.scores.shape)}, {first}"]
    return "; ".join([*texts, *(f"{split} for {name}" for name, split in others.items())])


def audit_page(audit: Audit, provenance: Provenance) -> Page:
    """Return the HTML report of ``gpuclf audit``."""
    says = "without data leakage; no leak has a significant effect"
    if audit.worst is not None:
        effect = f"{points(audit.worst.difference.mean)} points"
        says = f"without data leakage; largest effect: {audit.worst.name}, {effect}"
    picture = Picture(audit.plot, "effect of each leak on the accuracy", FLAT)
    note = (
        "Scores on clips without a leak (bold) and with each leak. The dots of the figure are the "
        "effects with their 95 % confidence intervals; filled orange dots mark intervals entirely "
        "above zero (dashed line)."
    )
    return Page(
        "gpuclf audit",
        provenance.title,
        Headline.of(audit.honest, says),
        [
            Section(
                "Effect of data leakage",
                [picture, audit_grid(audit), Facts(audit_facts(audit))],
                note,
            ),
            *run_sections(provenance, audit.seconds, audit.honest.solver),
        ],
    )
