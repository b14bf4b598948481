"""Figure of a sweep."""

import gpuclf
import numpy as np
import pytest
from gpuclf import plot
from gpuclf.config.experiment import Experiment
from gpuclf.config.search_grid import parse_axis

from conftest import grid_frames
from shown import axes


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    path = tmp_path_factory.mktemp("sweep") / "f.hdf5"
    frames = grid_frames()
    gpuclf.write_grid(path, {"Z": frames, "Xs": frames[..., :2]}, ["a", "b", "c"])
    options = {"split": "stratified-kfold", "folds": 3, "repeats": 2}

    def swept(name, values, baseline=None):
        experiment = Experiment(file=str(path), **options)
        axis = parse_axis(name, values)
        return gpuclf.sweep(experiment, name, axis, baseline=baseline, backend="cpu")

    return swept


def test_sweep_shows_means_intervals_baseline_and_majority_class(swept):
    sweep = swept("C", "10,0.01,1", baseline="Xs")
    ax = plot.sweep(sweep, axes())
    lines = {text.get_text() for text in ax.get_legend().get_texts()}
    assert lines == {"feature set Z", "baseline Xs", "always the majority class: 33.3 %"}
    own = ax.containers[0].lines[0]
    order = np.argsort(sweep.values)
    np.testing.assert_allclose(own.get_xdata(), np.array(sweep.values)[order])
    accuracies = [100 * sweep.results[n].accuracy for n in order]
    np.testing.assert_allclose(own.get_ydata(), accuracies)
    [bars] = ax.containers[0].lines[2]
    ends = [segment[:, 1] for segment in bars.get_segments()]
    np.testing.assert_allclose(ends, [np.array(sweep.results[n].interval[:2]) * 100 for n in order])
    assert ax.get_xscale() == "log" and ax.get_xlabel() == "C"
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["10", "0.01", "1"]


@pytest.mark.parametrize(
    ("name", "values", "ticks"),
    [
        ("scale", "none,minmax", ["none", "minmax"]),
        ("statistics", "sum,mean+std", ["sum", "mean+std"]),
        ("n_vectors", "1,2,3", ["1", "2", "3"]),
    ],
)
def test_categories_and_small_ranges_have_a_linear_axis(swept, name, values, ticks):
    ax = plot.sweep(swept(name, values), axes())
    assert ax.get_xscale() == "linear"
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ticks
