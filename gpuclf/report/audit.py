"""Terminal tables and HTML page of the command audit."""

from __future__ import annotations

from rich.console import Group, RenderableType

from gpuclf._utils.formatting import percent, points, points_interval, seconds_text, setting_text
from gpuclf.plot.style import FLAT
from gpuclf.report.html_page import Headline, Page, Section
from gpuclf.report.html_parts import Facts, Grid, Heading, Picture
from gpuclf.report.provenance import Provenance
from gpuclf.report.sections import run_sections
from gpuclf.report.tables import grid_table, pairs
from gpuclf.workflows.audit import Audit


def audit_tables(audit: Audit) -> RenderableType:
    """What ``gpuclf audit`` prints."""
    lines = audit_facts(audit) | {"time": seconds_text(audit.seconds)}
    return Group(grid_table(audit_grid(audit)), pairs(lines))


def audit_grid(audit: Audit) -> Grid:
    """A row a leak; strong if it is worth anything beyond chance."""
    numbers = map(Heading, ("of", "with", "without", "worth", "95 % interval"))
    grid = Grid([Heading("leak", number=False), *numbers])
    for leak in audit.leaks:
        grid.add(
            leak.name,
            leak.unit,
            percent(leak.leaky),
            percent(leak.honest),
            points(leak.worth.mean),
            points_interval(leak.worth.low, leak.worth.high),
            strong=leak.worth.low > 0,
        )
    return grid


def audit_facts(audit: Audit) -> dict[str, str]:
    """What the rows are, and what could not be measured."""
    best = audit.search.best_on_test
    assert best is not None
    units = audit.leaks[0].worth.clusters
    repeats, folds = audit.honest.scores.shape
    split, parted = audit.splits
    other = f"; {parted} where groups or vectors are parted" if parted != split else ""
    facts = {
        "worth": f"points of accuracy, paired clip by clip; intervals over {units} groups or clips",
        "folds": f"{repeats} x {folds}, {split}{other}",
        "choosing": f"among {len(audit.search.parameters)} settings; best on the test clips is "
        f"{setting_text(best)}",
    }
    if audit.missing:
        missing = [f"{name}: {reason}" for name, reason in audit.missing.items()]
        facts["not measured"] = "; ".join(missing)
    return facts


def audit_page(audit: Audit, provenance: Provenance) -> Page:
    """The page of ``gpuclf audit``."""
    certain = [leak for leak in audit.leaks if leak.worth.low > 0]
    says = "without any leak; none is worth anything beyond chance"
    if certain:
        worst = max(certain, key=lambda leak: leak.worth.mean)
        worth = f"{points(worst.worth.mean)} points of {worst.unit}"
        says = f"without any leak; {worst.name} would add {worth}"
    picture = Picture(audit.plot, "how many points each leak is worth", FLAT)
    return Page(
        "gpuclf audit",
        provenance.title,
        Headline.of(audit.honest, says),
        [
            Section(
                "What leaks are worth", [picture, audit_grid(audit), Facts(audit_facts(audit))]
            ),
            *run_sections(provenance, audit.seconds, audit.honest.solver),
        ],
    )
