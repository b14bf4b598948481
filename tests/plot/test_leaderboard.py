"""Figures of a leaderboard: results with intervals, and learning curves."""

import pytest
from gpuclf.plot import leaderboard, learning_curves
from gpuclf.plot.leaderboard import MAX_RANKED
from gpuclf.workflows.leaderboard import Leaderboard

from shown import axes, entry, texts


def test_results_are_drawn_from_top_to_bottom_with_their_class():
    ranked = [entry("a", 0.9), entry("b", 0.8, 0.5), entry("c", 0.7, 0.01)]
    ax = leaderboard(Leaderboard("accuracy", ranked, []), axes())
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b", "c"]
    assert ax.get_ylim() == (2.5, -0.5)
    points = {bars.get_label(): bars.lines[0].get_xydata().tolist() for bars in ax.containers}
    assert points == {
        "best": [[pytest.approx(90), 0]],
        "no detectable difference from the best": [[pytest.approx(80), 1]],
        "worse than the best (Holm-adjusted p < 0.05)": [[pytest.approx(70), 2]],
    }
    assert "always the majority class: 50 %" in texts(ax)
    assert ax.get_xlabel() == "accuracy on clips in %"


def test_a_long_leaderboard_is_cut_and_other_metrics_have_no_baseline():
    ranked = [entry(str(n), 0.9 - n / 1000, 0.5) for n in range(MAX_RANKED + 5)]
    ax = leaderboard(Leaderboard("auc_votes", ranked, []), axes())
    assert len(ax.get_yticklabels()) == MAX_RANKED
    assert not any("majority" in text for text in texts(ax))
    assert ax.get_xlabel() == "auc votes on clips"


def test_a_learning_curve_joins_the_results_of_a_setting():
    sizes = {"small": 10, "large": 100}
    entries = [
        entry(f"{kernel} {name}", 0.5 + clips / 1000, clips=clips, kernel=kernel, n_clips=clips)
        for kernel in ("rbf", "linear")
        for name, clips in sizes.items()
    ]
    board = Leaderboard(
        "accuracy", entries[:1], [*entries[1:], entry("x", 0.6, kernel="y", n_clips=10)]
    )
    ax = learning_curves(board, axes())
    assert texts(ax) == ["other results", "kernel=rbf", "kernel=linear"]
    lines = [bars.lines[0].get_xydata().tolist() for bars in ax.containers]
    assert lines == [[[10, pytest.approx(51)], [100, pytest.approx(60)]]] * 2
    assert ax.get_xscale() == "log" and ax.get_xlabel() == "training clips per fold"
    assert [label.get_text() for label in ax.get_xticklabels()] == ["10", "100"]
