"""ROC and precision-recall curves."""

import types

import numpy as np
import pytest
from gpuclf import plot
from gpuclf.metrics import mean_roc_curves
from gpuclf.plot.curves import curves_size
from gpuclf.plot.style import NARROW, STANDARD
from matplotlib.figure import Figure

from shown import axes, scored, texts


@pytest.mark.parametrize(("count", "named"), [(2, 2), (6, 6), (9, 2)])
def test_roc_legend_names_few_classes_or_the_best_and_the_worst(count, named):
    result = scored(n_classes=count, apart=0.6, name="{}")
    legend = texts(plot.roc(result, axes()))
    assert len(legend) == named + 2
    areas = result.roc_curves().areas
    assert legend[0] == "0.500 chance level"
    assert legend[-1] == f"{areas.mean():.3f} macro average of {count} classes"
    extremes = {
        f"{areas[c]:.3f} {c}" for c in (areas.argmin(), np.argsort(areas, kind="stable")[-1])
    }
    assert extremes <= set(legend)


def test_untested_class_has_no_roc_curve():
    scores = np.array([[2.0, 0, -np.inf], [1, 0, -np.inf], [0, 2, -np.inf]])
    curves = mean_roc_curves([(np.array([0, 0, 1]), scores)])
    result = types.SimpleNamespace(labels=("a", "b", "c"), roc_curves=lambda: curves)
    legend = texts(plot.roc(result, axes()))
    assert legend == [
        "0.500 chance level",
        "1.000 a",
        "1.000 b",
        "1.000 macro average of 2 classes",
    ]


@pytest.mark.parametrize("count", [2, 7])
def test_roc_without_defined_curves_shows_only_the_chance_level(count):
    scores = np.eye(count)[:1]
    curves = mean_roc_curves([(np.array([0]), scores)])
    result = types.SimpleNamespace(labels=tuple("abcdefg")[:count], roc_curves=lambda: curves)
    assert texts(plot.roc(result, axes())) == ["0.500 chance level"]


def test_class_names_with_leading_underscore_are_in_the_legend():
    legend = texts(plot.roc(scored(n_classes=2, name="_{}"), axes()))
    assert any(text.endswith("_0") for text in legend)


@pytest.mark.parametrize("count", [2, 6, 9])
def test_named_curves_differ_in_color_and_in_line(count):
    for draw in (plot.roc, plot.precision_recall):
        ax = draw(scored(n_classes=count, apart=0.6), axes())
        named = [line for line in ax.lines if not line.get_label().startswith("_")]
        assert len({line.get_color() for line in named}) == len(named)
        assert len({str(line._dash_pattern) for line in named[:-1]}) == len(named) - 1


def test_precision_recall_legend_has_chance_level_and_average_precisions():
    result = scored(n_classes=4, apart=0.6, name="{}")
    curves = result.precision_recall_curves()
    legend = texts(plot.precision_recall(result, axes()))
    assert legend[0] == "0.250 chance level"
    assert legend[1] == f"{curves.average_precision[0]:.3f} 0"
    mean = curves.average_precision.mean()
    assert legend[-1] == f"{mean:.3f} macro average of 4 classes"


@pytest.mark.parametrize("width", [STANDARD[0], NARROW])
def test_legend_is_outside_the_axes_and_inside_the_figure(width):
    result = scored(n_classes=9, apart=0.6, name="a class of a long name, {}")
    figure = Figure(curves_size(result.labels, width), layout="constrained")
    ax = plot.roc(result, figure.add_subplot())
    figure.draw_without_rendering()
    legend, area = ax.get_legend().get_window_extent(), ax.get_window_extent()
    assert not legend.overlaps(area)
    assert figure.bbox.containsx(legend.x1) and figure.bbox.containsy(legend.y1)
