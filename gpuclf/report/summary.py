"""Summary of a result as plain text: the main part of what its command prints."""

from __future__ import annotations

import io
from functools import singledispatch
from typing import Any

from rich.console import Console, RenderableType

from gpuclf.model.predictions import Predictions
from gpuclf.report.audit import audit_facts, audit_grid
from gpuclf.report.compare import comparison_facts, comparison_grid
from gpuclf.report.leaderboard import leaderboard_facts, ranked_grid
from gpuclf.report.predict import accuracy_facts as prediction_facts
from gpuclf.report.predict import overlap_facts
from gpuclf.report.result import accuracy_facts, metrics_grid, verdict_text
from gpuclf.report.search import search_facts
from gpuclf.report.sweep import sweep_facts, sweep_grid
from gpuclf.report.tables import clean, grid_table, pairs
from gpuclf.tuning.search_result import Search
from gpuclf.validation.cv_result import CrossValidation
from gpuclf.workflows.audit import Audit
from gpuclf.workflows.compare import Compared
from gpuclf.workflows.leaderboard import Leaderboard
from gpuclf.workflows.sweep import Sweep

WIDTH = 100  # characters per line


@singledispatch
def summary(result: Any) -> str:
    """Return the summary of a result.

    Parameters
    ----------
    result : CrossValidation, Search, Sweep, Audit, Compared, Leaderboard or Predictions

    Returns
    -------
    str
        Text of several lines.
    """
    raise TypeError(f"no summary of {type(result).__name__}")


@summary.register
def _(result: CrossValidation) -> str:
    facts = pairs(accuracy_facts(result))
    return _plain_text(clean(verdict_text(result)), "", facts, grid_table(metrics_grid(result)))


@summary.register
def _(search: Search) -> str:
    return _plain_text(clean(verdict_text(search.result)), "", pairs(search_facts(search)))


@summary.register
def _(swept: Sweep) -> str:
    return _plain_text(grid_table(sweep_grid(swept)), pairs(sweep_facts(swept)))


@summary.register
def _(audited: Audit) -> str:
    return _plain_text(grid_table(audit_grid(audited)), pairs(audit_facts(audited)))


@summary.register
def _(compared: Compared) -> str:
    facts = pairs(comparison_facts(compared))
    return _plain_text(compared.verdict, "", facts, grid_table(comparison_grid(compared)))


@summary.register
def _(board: Leaderboard) -> str:
    facts = pairs(leaderboard_facts(board))
    return _plain_text(clean(board.verdict), grid_table(ranked_grid(board)), facts)


@summary.register
def _(predicted: Predictions) -> str:
    facts = overlap_facts(predicted) | prediction_facts(predicted, "gpuclf.evaluate")
    return _plain_text(clean(repr(predicted)[1:-1]), "", pairs(facts))


def _plain_text(*parts: RenderableType) -> str:
    """Return texts and tables as plain text."""
    console = Console(file=io.StringIO(), width=WIDTH, color_system=None, highlight=False)
    with console.capture() as capture:
        for part in parts:
            console.print(part, soft_wrap=isinstance(part, str))
    return "\n".join(line.rstrip() for line in capture.get().strip("\n").splitlines())
