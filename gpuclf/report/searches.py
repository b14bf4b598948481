"""The tables of a search: its settings, what was chosen, how much the flat score flatters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from gpuclf.report.results import result_tables
from gpuclf.report.tables import clean, pairs, percent, spread, write
from gpuclf.selection.search import Search
from gpuclf.stats import defined_mean

MOST = 20  # settings that are shown


def search_tables(search: Search, console: Console, *, flat: bool) -> RenderableType:
    """What ``gpuclf search`` prints."""
    lines = {"nested accuracy": f"{percent(search.result.accuracy)}, of the whole search"}
    optimism = search.optimism
    if search.flat is not None and optimism is not None:
        lines["flat accuracy"] = (
            f"{percent(search.flat.accuracy)}, optimistic by {spread(optimism)}"
        )
    lines["for all clips"] = f"gpuclf train with {describe(search.best)}"
    kind = "Flat: of the setting that is best on the test clips" if flat else "Nested"
    result = search.headline(flat)
    return Group(
        _settings_table(search), pairs(lines), Text(f"\n{kind}"), result_tables(result, console)
    )


def flat_warning(search: Search) -> str:
    """Say how optimistic a flat search was."""
    assert search.flat is not None and search.optimism is not None
    return (
        f"{percent(search.flat.accuracy)} is the best of {len(search.parameters)} settings on the "
        f"clips that they are scored on; nested, the search has {percent(search.result.accuracy)}: "
        f"an optimism of {spread(search.optimism)}"
    )


def describe(point: Mapping[str, Any]) -> str:
    """Write a setting in a line.

    Examples
    --------
    >>> describe({"C": 0.10000000149, "statistics": ("mean", "std")})
    'C=0.1, statistics=mean+std'
    """
    return ", ".join(f"{name}={write(value)}" for name, value in point.items())


def _settings_table(search: Search) -> RenderableType:
    """Settings, the best inner mean first."""
    inner = np.array([defined_mean(scores) for scores in search.inner_scores])
    times = np.bincount(search.chosen.ravel(), minlength=len(inner))
    order = np.argsort(-inner, kind="stable")
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0))
    for name in search.parameters[0]:
        table.add_column(clean(name), justify="right")
    for heading in ("inner", "test", "chosen"):
        table.add_column(heading, justify="right", no_wrap=True)
    for n in order[:MOST]:
        test = defined_mean(search.scores[n])
        values = [clean(write(value)) for value in search.parameters[n].values()]
        chosen = f"{times[n]} x" if times[n] else ""
        style = "bold" if times[n] else ""
        table.add_row(*values, percent(inner[n]), percent(test), chosen, style=style)
    more = len(order) - MOST
    rest = [Text(f"and {more} settings that were worse in inner folds\n")] if more > 0 else []
    title = Text(
        f"\nSettings by their mean accuracy over {search.inner} inner folds of each of "
        f"{search.chosen.size} folds"
    )
    return Group(title, table, *rest)
