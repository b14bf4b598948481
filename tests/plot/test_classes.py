"""Confusion matrix."""

import types
from itertools import pairwise

import numpy as np
import pytest
from gpuclf import plot
from gpuclf.plot.classes import confusion_size
from gpuclf.plot.style import BLUE, NARROW, ORANGE, STANDARD
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from shown import axes


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


def test_large_confusion_matrix_has_color_bars_and_numbered_columns():
    labels = tuple(f"class {n}" for n in range(50))
    ax = plot.confusion(confused(labels, np.eye(50, dtype=int)), axes())
    bars = [other for other in ax.figure.axes if other is not ax]
    assert [bar.get_xlabel() for bar in bars] == ["errors in %", "correct in %"]
    assert [tick.get_text() for tick in ax.get_xticklabels()][:3] == ["0", "5", "10"]
    assert ax.get_yticklabels()[7].get_text() == "class 7  7"
    assert len(plot.confusion(CONFUSED, axes()).figure.axes) == 1


@pytest.mark.parametrize("count", [2, 10, 20, 50])
@pytest.mark.parametrize("width", [STANDARD[0], NARROW])
def test_names_of_classes_do_not_overlap(count, width):
    labels = tuple(f"a class of a long name, {n}" for n in range(count))
    figure = Figure(confusion_size(labels, width), layout="constrained")
    ax = plot.confusion(confused(labels, np.eye(count, dtype=int)), figure.add_subplot())
    figure.draw_without_rendering()
    for axis, side in ((ax.xaxis, "x"), (ax.yaxis, "y")):
        boxes = [label.get_window_extent() for label in axis.get_ticklabels()]
        ends = sorted((getattr(box, f"{side}0"), getattr(box, f"{side}1")) for box in boxes)
        assert all(a[1] <= b[0] + 1 for a, b in pairwise(ends))
