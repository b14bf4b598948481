"""Terminal tables and HTML report of the command report."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from gpuclf import plot
from gpuclf._utils.formatting import (
    UNITS,
    counted,
    metric_text,
    number_text,
    percent,
    percent_interval,
    points,
    points_interval,
    value_text,
)
from gpuclf.plot.leaderboard import MAX_RANKED, leaderboard_size, learning_curves_size
from gpuclf.report.html_page import Headline, Page, Scale, Section
from gpuclf.report.html_parts import (
    NO_BETTER,
    Command,
    Facts,
    Grid,
    Heading,
    Picture,
    no_better_mark,
)
from gpuclf.report.tables import grid_table, pairs
from gpuclf.workflows.leaderboard import Leaderboard
from gpuclf.workflows.leaderboard_entry import Entry

APART = "Not comparable with the ranked results"
REASON = Heading("reason", number=False)


def leaderboard_tables(board: Leaderboard) -> RenderableType:
    """Return the terminal output of ``gpuclf report``."""
    apart: list[RenderableType] = []
    if board.apart:
        apart = [Text(APART), grid_table(apart_grid(board))]
    return Group(
        Text(board.verdict, style="bold"),
        grid_table(ranked_grid(board)),
        *apart,
        pairs(leaderboard_facts(board)),
    )


def ranked_grid(board: Leaderboard) -> Grid:
    """Return one row per ranked result, with its difference from the best; the best is bold."""
    numbers = map(Heading, (metric_text(board.metric), "95 % CI", "to best", "Holm p"))
    grid = Grid([Heading(""), Heading("result", number=False), *numbers])
    for rank, entry in enumerate(board.ranked, 1):
        difference = points if board.is_share else partial(number_text, sign="+")
        tests = ["", ""] if rank == 1 else [difference(entry.test.difference), _p_text(entry.p)]
        grid.add(str(rank), entry.name, *_value_cells(board, entry), *tests, strong=rank == 1)
    return grid


def settings_grid(board: Leaderboard) -> Grid:
    """Return one row per ranked result: interval of its difference, and settings that differ."""
    ends = points_interval if board.is_share else _ends
    names = [
        name
        for name in board.best.settings
        if any(entry.settings[name] != board.best.settings[name] for entry in board.ranked)
    ]
    columns = ["training clips", "to best, 95 % CI"]
    settings = [Heading(name, number=False) for name in names]
    grid = Grid([Heading("result", number=False), *map(Heading, columns), *settings])
    for entry in board.ranked:
        values = [value_text(entry.settings[name]) for name in names]
        interval = "" if entry is board.best else ends(entry.test.low, entry.test.high)
        clips = str(entry.result.training_clips)
        grid.add(entry.name, clips, interval, *values, strong=entry is board.best)
    return grid


def apart_grid(board: Leaderboard) -> Grid:
    """Return one row per result that is not comparable, with the reason."""
    columns = ["result", metric_text(board.metric), "95 % CI", "training clips"]
    grid = Grid([*(Heading(name, number=name != "result") for name in columns), REASON])
    for entry in board.apart:
        clips = str(entry.result.training_clips)
        grid.add(entry.name, *_value_cells(board, entry), clips, entry.reason)
    return grid


def leaderboard_facts(board: Leaderboard) -> dict[str, str]:
    """Return a description of the tables."""
    unit, tests = UNITS[board.best.result.unit], counted(len(board.ranked) - 1, "test")
    facts = {
        metric_text(board.metric): f"on {unit}, pooled over folds, mean of repeats",
        "CI": "confidence interval (corrected resampled t-test)",
        "to best": "difference from the first result, over the same folds",
        "Holm p": f"p-value of the difference, adjusted for {tests}",
        "note": "the first result is selected by these scores: its own is slightly optimistic",
    }
    if any(_is_no_better(board, entry) for entry in board.entries):
        facts |= NO_BETTER
    return facts


def leaderboard_page(board: Leaderboard, command: str) -> Page:
    """Return the HTML report of ``gpuclf report``."""
    more = len(board.ranked) - MAX_RANKED
    shown = f" The best {MAX_RANKED} are shown." if more > 0 else ""
    note = (
        "Mean of each result with its 95 % confidence interval, the best on top. The intervals of "
        "two results may overlap although their difference over the same folds is significant: "
        f"the table has the tests.{shown}"
    )
    picture = Picture(
        lambda ax: plot.leaderboard(board, ax), "score of each result", leaderboard_size(board)
    )
    sections = [
        Section("Ranked results", [picture], note),
        Section("Scores and tests", [ranked_grid(board), Facts(leaderboard_facts(board))]),
        Section("Settings that differ", [settings_grid(board)]),
    ]
    if board.curves:
        sections.append(_curves_section(board))
    if board.apart:
        note = "Their folds are not paired with those of the ranked results, hence no test."
        sections.append(Section(APART, [apart_grid(board)], note))
    commands = {
        entry.name: entry.result.record["environment"].get("command", "-")
        for entry in board.entries
    }
    sections.append(Section("Commands", [Command(command), Facts(commands)]))
    title = f"{counted(len(board.entries), 'result')} by {metric_text(board.metric)}"
    return Page("gpuclf report", title, _headline(board), sections)


def _curves_section(board: Leaderboard) -> Section:
    note = (
        "Score over the number of training clips of a fold, with 95 % confidence intervals. A line "
        "joins results that differ in nothing else; they are of other clips or folds, hence "
        "their differences are not tested."
    )
    picture = Picture(
        lambda ax: plot.learning_curves(board, ax),
        "score over the number of training clips",
        learning_curves_size(board),
    )
    return Section("Learning curve", [picture], note)


def _headline(board: Leaderboard) -> Headline:
    best, others = board.best, board.ranked[1:]
    low, high, _ = best.interval
    apart = f"; {len(board.apart)} not comparable" * bool(board.apart)
    verdict, scale = best.result.verdict, None
    if verdict.metric == board.metric and not math.isnan(low):
        scale = Scale(100 * low, 100 * best.value, 100 * high, 100 * verdict.baseline)
    return Headline(
        _value_text(board, best.value),
        f"{metric_text(board.metric)} of {best.name}, 95 % confidence interval "
        f"{_interval_text(board, best)}; {counted(len(board.ranked), 'ranked result')}{apart}. "
        f"{board.verdict}",
        scale,
        board.cautions,
        bool(others) and all(entry.is_detected for entry in others),
    )


def _value_cells(board: Leaderboard, entry: Entry) -> list[str]:
    mark = no_better_mark(not _is_no_better(board, entry))
    return [_value_text(board, entry.value) + mark, _interval_text(board, entry)]


def _is_no_better(board: Leaderboard, entry: Entry) -> bool:
    """Return whether a result is no better than always predicting the most frequent class."""
    verdict = entry.result.verdict
    tested = verdict.metric == board.metric and not np.isnan(entry.value)
    return tested and not verdict.is_better


def _value_text(board: Leaderboard, value: float) -> str:
    return percent(value) if board.is_share else number_text(value)


def _interval_text(board: Leaderboard, entry: Entry) -> str:
    low, high, _ = entry.interval
    return percent_interval(low, high) if board.is_share else _ends(low, high)


def _ends(low: float, high: float) -> str:
    return "-" if np.isnan(low) else f"{number_text(low)} to {number_text(high)}"


def _p_text(p: float) -> str:
    return "-" if np.isnan(p) else "< 0.001" if p < 0.001 else f"{p:.3g}"
