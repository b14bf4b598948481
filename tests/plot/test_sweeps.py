"""Figures: what they show, and that they are written whole."""

import sys

import gpuclf
import numpy as np
import pytest
from gpuclf.errors import InputError, OutputError
from gpuclf.experiment import Experiment
from gpuclf.grid import parse_axis
from gpuclf.report.figures import check_figure, draw_sweep, save_sweep

from conftest import grid_frames


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


def axes():
    from matplotlib.figure import Figure

    return Figure().add_subplot()


def test_a_sweep_shows_means_intervals_baseline_and_chance(swept):
    sweep = swept("C", "10,0.01,1", baseline="Xs")
    ax = draw_sweep(sweep, axes())
    lines = {text.get_text() for text in ax.get_legend().get_texts()}
    assert lines == {"Z", "Xs, the baseline", "chance, 33.3 %"}
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
def test_words_and_steps_stand_on_a_plain_axis(swept, name, values, ticks):
    ax = draw_sweep(swept(name, values), axes())
    assert ax.get_xscale() == "linear"
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ticks


@pytest.mark.parametrize("kind", ["svg", "PDF", "png"])
def test_a_figure_is_a_file_of_its_kind(swept, tmp_path, kind):
    begins = {"svg": b"<?xml", "PDF": b"%PDF", "png": b"\x89PNG"}[kind]
    save_sweep(swept("C", "1"), tmp_path / f"sweep.{kind}")
    assert (tmp_path / f"sweep.{kind}").read_bytes().startswith(begins)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_figure_that_cannot_be_drawn_is_refused_first(monkeypatch, tmp_path):
    for name in ("sweep.gif", "sweep"):
        with pytest.raises(OutputError, match=r"expected one of .svg, .pdf, .png"):
            check_figure(tmp_path / name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setattr("gpuclf.report.figures.find_spec", lambda name: None)
    with pytest.raises(
        InputError, match="figure: got no matplotlib, expected python -m pip install matplotlib"
    ):
        check_figure(tmp_path / "sweep.svg")
