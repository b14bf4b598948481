"""Terminal tables and HTML report of the command audit."""

from __future__ import annotations

from rich.console import Group, RenderableType

from gpuclf._utils.formatting import (
    UNITS,
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
from gpuclf.workflows.audit import Audit


def audit_tables(audit: Audit) -> RenderableType:
    """Return the terminal output of ``gpuclf audit``."""
    lines = audit_facts(audit) | {"time": seconds_text(audit.seconds)}
    return Group(grid_table(audit_grid(audit)), pairs(lines))


def audit_grid(audit: Audit) -> Grid:
    """Return one row per leak; bold if the confidence interval of its effect is above zero."""
    numbers = map(Heading, ("unit", "with", "without", "effect", "95 % CI"))
    grid = Grid([Heading("leak", number=False), *numbers])
    for leak in audit.leaks:
        grid.add(
            leak.name,
            leak.unit,
            percent(leak.leaky),
            percent(leak.honest),
            points(leak.difference.mean),
            points_interval(leak.difference.low, leak.difference.high),
            strong=leak.difference.low > 0,
        )
    return grid


def audit_facts(audit: Audit) -> dict[str, str]:
    """Return a description of the table, and the leaks that were not measured."""
    best = audit.search.best_on_test
    assert best is not None
    clusters = audit.leaks[0].difference.clusters
    split, other = audit.splits
    others = f"; {other} for the leaks of groups and of vectors" if other != split else ""
    facts = {
        "effect": "accuracy with the leak minus accuracy without it, in percentage points, paired "
        f"by clip; 95 % confidence interval (CI) clustered by {clusters} groups or clips",
        "splits": f"{splits_text(audit.honest.scores.shape)}, {split}{others}",
        "model selection": f"{len(audit.search.parameters)} settings; best on the test clips: "
        f"{setting_text(best)}",
    }
    if audit.missing:
        missing = [f"{name}: {reason}" for name, reason in audit.missing.items()]
        facts["not measured"] = "; ".join(missing)
    return facts


def audit_page(audit: Audit, provenance: Provenance) -> Page:
    """Return the HTML report of ``gpuclf audit``."""
    significant = [leak for leak in audit.leaks if leak.difference.low > 0]
    says = "without data leakage; no leak has a significant effect"
    if significant:
        worst = max(significant, key=lambda leak: leak.difference.mean)
        effect = f"{points(worst.difference.mean)} points of accuracy on {UNITS[worst.unit]}"
        says = f"without data leakage; largest effect: {worst.name}, {effect}"
    picture = Picture(audit.plot, "effect of each leak on the accuracy", FLAT)
    note = (
        "Increase of the accuracy by each kind of data leakage (dot) with its 95 % confidence "
        "interval; filled orange dots mark intervals entirely above zero (dashed line)."
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
