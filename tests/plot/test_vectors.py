"""Figure of the feature vectors of a clip."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from gpuclf import plot
from gpuclf.errors import InputError
from gpuclf.plot.style import NARROW, STANDARD
from gpuclf.plot.vectors import vectors_size
from matplotlib.figure import Figure

from shown import axes, made_up


def test_clip_has_one_panel_per_vector_in_order():
    vectors = replace(made_up(per_clip=12), overlap="half")
    ax = plot.feature_vectors(vectors, 7, axes())
    assert len(ax.child_axes) == 12
    for panel, vector in zip(ax.child_axes, vectors.X[7], strict=True):
        np.testing.assert_array_equal(panel.lines[0].get_ydata(), vector)
    titles = [panel.get_title() for panel in ax.child_axes]
    assert titles[:3] == ["aligned 1", "overlapped 1", "aligned 2"]
    assert len({panel.get_ylim() for panel in ax.child_axes}) == 1
    assert ax.get_title() == "clip 7, class 1"


def test_vectors_without_overlap_are_numbered():
    ax = plot.feature_vectors(made_up(per_clip=3), 0, axes())
    assert [panel.get_title() for panel in ax.child_axes] == ["vector 1", "vector 2", "vector 3"]
    assert len({panel.lines[0].get_color() for panel in ax.child_axes}) == 1


def test_device_arrays_are_plotted(backend):
    vectors = made_up()
    ax = plot.feature_vectors(replace(vectors, X=backend.asarray(vectors.X)), 0, axes())
    np.testing.assert_array_equal(ax.child_axes[3].lines[0].get_ydata(), vectors.X[0, 3])


def test_title_states_that_only_the_first_of_many_vectors_are_shown():
    ax = plot.feature_vectors(made_up(per_clip=40), 0, axes())
    assert len(ax.child_axes) == 24
    assert ax.get_title() == "clip 0, class 0; the first 24 of 40 vectors"


def test_unlabelled_and_constant_vectors_are_plotted():
    vectors = replace(made_up(), y=None)
    ax = plot.feature_vectors(replace(vectors, X=0 * vectors.X), 0, axes())
    assert ax.get_title() == "clip 0"


@pytest.mark.parametrize("clip", [-1, 18])
def test_clip_index_out_of_range_raises(clip):
    with pytest.raises(InputError, match=f"clip: got {clip}, expected 0 to 17"):
        plot.feature_vectors(made_up(), clip, axes())


def test_nan_values_leave_gaps_and_a_single_feature_is_a_dot():
    vectors = made_up()
    X = vectors.X.copy()
    X[0, 0, 0] = np.nan
    assert len(plot.feature_vectors(replace(vectors, X=X), 0, axes()).child_axes) == 4
    ax = plot.feature_vectors(replace(vectors, X=X[..., 1:2]), 0, axes())
    assert ax.child_axes[0].lines[0].get_marker() == "."


@pytest.mark.parametrize("width", [STANDARD[0], NARROW])
@pytest.mark.parametrize("n", [7, 96, 128])
def test_numbers_of_adjacent_panels_do_not_touch(width, n):
    vectors = replace(made_up(per_clip=12), overlap="half")
    vectors = replace(vectors, X=np.resize(vectors.X, (*vectors.X.shape[:2], n)))
    figure = Figure(vectors_size(12, width), layout="constrained")
    ax = plot.feature_vectors(vectors, 0, figure.add_subplot())
    figure.draw_without_rendering()
    columns = 4 if width > NARROW else 2
    boxes = [
        label.get_window_extent()
        for panel in ax.child_axes[-columns:]
        for place, label in zip(panel.get_xticks(), panel.get_xticklabels(), strict=True)
        if panel.get_xlim()[0] <= place <= panel.get_xlim()[1]
    ]
    ordered = sorted(boxes, key=lambda box: box.x0)
    assert len(ordered) >= 2 * columns
    assert all(a.x1 + 2 < b.x0 for a, b in pairwise(ordered))
