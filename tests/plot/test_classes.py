"""Confusion matrix and ROC curves."""

import types

import numpy as np
import pytest
from gpuclf import plot
from gpuclf.metrics import mean_roc_curves
from gpuclf.plot.style import BLUE, ORANGE
from matplotlib.colors import to_hex

from shown import axes, scored, texts


def confused(labels, confusion):
    tested = np.maximum(1, confusion.sum(axis=1, keepdims=True))
    return types.SimpleNamespace(labels=labels, confusion_shares=confusion / tested)


THREE = np.array([[3, 1, 0], [0, 2, 0], [0, 0, 0]])  # the third is never tested
CONFUSED = confused(("blues", "rock", "none"), THREE)


def test_confusion_matrix_draws_nonzero_cells():
    ax = plot.confusion(CONFUSED, axes())
    [cells] = ax.collections
    colors = [to_hex(color) for color in cells.get_facecolors()]
    assert colors == [BLUE, ORANGE, BLUE]  # correct, error, correct
    strengths = cells.get_facecolors()[:, 3]
    assert strengths[2] == 1 and strengths[1] < strengths[0] < 1
    assert [text.get_text() for text in ax.texts] == ["75", "25", "100"]
    assert [text.get_position() for text in ax.texts] == [(0, 0), (1, 0), (1, 1)]
    assert ax.yaxis_inverted() and not ax.xaxis_inverted()  # true classes in rows, from the top


def test_class_names_are_shortened_and_never_parsed_as_formulas():
    labels = ("x" * 200, "$a$ & <b>\n", "c")
    names = plot.confusion(confused(labels, THREE), axes()).get_yticklabels()
    assert [name.get_text() for name in names] == ["x" * 23 + "…", r"\$a\$ & <b>?", "c"]


def test_large_confusion_matrix_has_no_numbers():
    many = confused(tuple(map(str, range(40))), np.eye(40, dtype=int))
    assert not plot.confusion(many, axes()).texts


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
