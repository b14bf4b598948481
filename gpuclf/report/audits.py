"""The table of an audit."""

from __future__ import annotations

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table

from gpuclf.pipeline import Audit
from gpuclf.report.searches import describe
from gpuclf.report.tables import pairs, percent, points, points_interval


def audit_tables(audit: Audit) -> RenderableType:
    """What ``gpuclf audit`` prints."""
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("leak")
    for heading in ("of", "with", "without", "worth", "95 % interval"):
        table.add_column(heading, justify="right", no_wrap=True)
    for leak in audit.leaks:
        table.add_row(
            leak.name,
            leak.unit,
            percent(leak.leaky),
            percent(leak.honest),
            points(leak.worth.mean),
            points_interval(leak.worth.low, leak.worth.high),
            style="bold" if leak.worth.low > 0 else "",
        )
    best = audit.search.best_on_test
    assert best is not None
    units = audit.leaks[0].worth.clusters
    repeats, folds = audit.honest.scores.shape
    lines = {
        "worth": f"points of accuracy, paired clip by clip; intervals over {units} groups or clips",
        "folds": f"{repeats} x {folds}",
        "choosing": f"among {len(audit.search.parameters)} settings; best on the test clips is "
        f"{describe(best)}",
        "time": ", ".join(f"{name} {seconds:.2f} s" for name, seconds in audit.seconds.items()),
    }
    if audit.missing:
        missing = [f"{name}: {reason}" for name, reason in audit.missing.items()]
        lines["not measured"] = "; ".join(missing)
    return Group(table, pairs(lines))
