"""Figures of scores, comparisons and audits."""

import types

import numpy as np
import pytest
from gpuclf import plot
from gpuclf.metrics.intervals import Estimate
from gpuclf.plot.style import GREY, ORANGE
from gpuclf.workflows.audit import Leak
from matplotlib.colors import to_hex

from shown import BETTER, EQUAL, axes, compared, scored, texts


@pytest.fixture(scope="module", params=[1, 3], ids=["one repeat", "repeats"])
def result(request):
    return scored(n_classes=4, repeats=request.param, folds=3, apart=0.7)


def test_each_fold_is_a_dot(result):
    ax = plot.folds(result, axes())
    [dots] = [c for c in ax.collections if len(c.get_offsets()) == result.scores.size]
    np.testing.assert_allclose(dots.get_offsets()[:, 1], 100 * result.scores.ravel())
    assert len(set(dots.get_offsets()[:, 0].tolist())) == result.scores.size
    assert ax.get_xlabel() == ("fold" if len(result.scores) == 1 else "repeat")


def test_folds_legend_has_interval_mean_and_majority_class(result):
    assert texts(plot.folds(result, axes())) == [
        "95 % confidence interval of the mean",
        f"mean {100 * result.accuracy:.1f} %",
        "always the majority class: 25 %",
    ]


def test_equal_scores_have_no_interval_band():
    same = scored(n_classes=2, apart=50)
    assert same.scores.min() == same.scores.max() == 1
    assert "interval" not in " ".join(texts(plot.folds(same, axes())))


def test_comparison_shows_differences_mean_and_interval():
    comparison = compared([[0.5, 0.75, 0.75]], [[0.25, 0.5, 0.625]])
    ax = plot.comparison(comparison, axes())
    np.testing.assert_allclose(ax.collections[0].get_offsets()[:, 0], [25, 25, 12.5])
    assert len({tuple(place) for place in ax.collections[0].get_offsets()}) == 3  # stacked
    [mean] = ax.containers[0].lines[0].get_xdata()
    assert mean == pytest.approx(100 * comparison.comparison.difference)
    [[[low, _], [high, _]]] = ax.containers[0].lines[2][0].get_segments()
    np.testing.assert_allclose(
        [low, high], [100 * comparison.comparison.low, 100 * comparison.comparison.high]
    )
    assert ax.get_xlabel() == "difference in accuracy, A - B,\nin percentage points"


def test_comparison_of_auc_is_not_in_percentage_points():
    ax = plot.comparison(compared([[0.5, 0.75]], [[0.25, np.nan]], "auc_votes"), axes())
    assert ax.collections[0].get_offsets()[:, 0].tolist() == [0.25]
    assert ax.get_xlabel() == "difference in auc votes, A - B"


@pytest.mark.parametrize(
    ("scores", "title", "color"),
    [(BETTER, "A is better than B", ORANGE), (EQUAL, "No detectable difference", GREY)],
)
def test_comparison_leads_with_its_verdict_and_a_significant_mean_is_coloured(scores, title, color):
    ax = plot.comparison(compared(*scores), axes())
    assert ax.get_title().startswith(title)
    assert to_hex(ax.containers[0].lines[0].get_color()) == color


def test_significant_leaks_are_filled():
    def leak(name, *estimate):
        return Leak(name, "no leak", 0.5, 0.5, Estimate(*estimate, 0.95, 9))

    leaks = [leak("scaling", 0.0, -0.01, 0.01), leak("groups", 0.05, 0.02, 0.08)]
    honest = types.SimpleNamespace(verdict=types.SimpleNamespace(value=0.5))
    audit = types.SimpleNamespace(leaks=leaks, honest=honest, metric="accuracy")
    ax = plot.audit(audit, axes())
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["scaling", "groups"]
    dots = [container.lines[0] for container in ax.containers]
    assert [dot.get_xdata()[0] for dot in dots] == [0.0, 5.0]
    assert dots[0].get_markerfacecolor() == "none" != dots[1].get_markerfacecolor()
    assert [text.get_text() for text in ax.texts] == ["+0.0", "+5.0"]
