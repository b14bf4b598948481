"""Tables and report of several results."""

import numpy as np
import pytest
from gpuclf.report.leaderboard import (
    apart_grid,
    leaderboard_page,
    leaderboard_tables,
    ranked_grid,
    settings_grid,
)
from gpuclf.workflows.leaderboard import Leaderboard

from shown import entry, shown

RANKED = [
    entry("rbf", 0.9, kernel="rbf", C=1.0),
    entry("linear", 0.8, 0.2, kernel="linear", C=1.0),
    entry("weak", 0.7, 0.0002, kernel="linear", C=1.0),
]
BOARD = Leaderboard("accuracy", RANKED, [])


def cells(grid):
    return [row.cells for row in grid.rows]


def test_the_first_row_is_the_best_and_the_others_have_their_tests():
    first, second, third = cells(ranked_grid(BOARD))
    assert first == ["1", "rbf", "90.0 %", "80.0 to 100.0 %", "", ""]
    assert second == ["2", "linear", "80.0 %", "70.0 to 90.0 %", "-10.0", "0.2"]
    assert third[-1] == "< 0.001"
    assert [row.strong for row in ranked_grid(BOARD).rows] == [True, False, False]


def test_metrics_that_are_no_fractions_are_not_in_percent():
    rows = cells(ranked_grid(Leaderboard("auc_votes", RANKED, [])))
    assert rows[1] == ["2", "linear", "0.8000", "0.7000 to 0.9000", "-0.1000", "0.2"]


def test_only_settings_that_differ_between_ranked_results_are_listed():
    grid = settings_grid(BOARD)
    assert [column.heading for column in grid.columns][3:] == ["kernel"]
    assert cells(grid)[1] == ["linear", "10", "-20.0 to +0.0", "linear"]


def test_undefined_values_are_dashes():
    undefined = entry("none", np.nan, np.nan)
    board = Leaderboard("accuracy", [RANKED[0], undefined], [])
    assert cells(ranked_grid(board))[1][2:] == ["-", "-", "-10.0", "-"]


def test_results_no_better_than_guessing_are_marked():
    board = Leaderboard("accuracy", [RANKED[0], entry("guess", 0.5, 0.001)], [])
    assert cells(ranked_grid(board))[1][2] == "50.0 %*"
    assert "no better than always predicting" in shown(leaderboard_tables(board), 120)
    assert "no better than" not in shown(leaderboard_tables(BOARD), 120)


@pytest.mark.parametrize("width", [40, 80])
def test_the_terminal_output_begins_with_the_verdict_and_fits(width):
    text = shown(leaderboard_tables(BOARD), width)
    assert all(len(line) <= width for line in text.splitlines())
    assert "rbf is first" in text and "Not comparable" not in text


def test_results_that_are_not_comparable_have_a_section_with_the_reason():
    apart = entry("few", 0.6, reason="other clips: 10 instead of 20")
    board = Leaderboard("accuracy", RANKED, [apart])
    assert cells(apart_grid(board))[0][-1] == "other clips: 10 instead of 20"
    assert "other clips: 10" in shown(leaderboard_tables(board))
    titles = [section.title for section in leaderboard_page(board, "gpuclf report").sections]
    assert titles == [
        *("Ranked results", "Scores and tests", "Settings that differ"),
        *("Not comparable with the ranked results", "Commands"),
    ]


def test_the_headline_is_emphasised_only_if_all_differences_are_significant():
    assert not leaderboard_page(BOARD, "").headline.emphasis
    clear = Leaderboard("accuracy", [RANKED[0], RANKED[2]], [])
    headline = leaderboard_page(clear, "").headline
    assert (
        headline.emphasis and headline.says.endswith(clear.verdict) and headline.figure == "90.0 %"
    )


def test_the_learning_curve_has_a_section_if_sizes_differ():
    more = entry("more", 0.95, clips=20, kernel="rbf", C=1.0)
    page = leaderboard_page(Leaderboard("accuracy", RANKED, [more]), "")
    assert "Learning curve" in [section.title for section in page.sections]


def test_the_summary_and_the_card_have_the_verdict():
    assert BOARD.summary().startswith(BOARD.verdict) and BOARD.verdict in BOARD._repr_html_()
