"""Presets: the defaults of a feature file and their precedence."""

import h5py
import numpy as np
import pytest
from gpuclf import Experiment, write_features, write_grid
from gpuclf.audio.settings import Extraction
from gpuclf.config.presets import PRESETS, Preset
from gpuclf.errors import GpuclfError, InputError


def named(path, preset):
    with h5py.File(path, "a") as file:
        file.attrs["gpuclf_preset"] = preset
    return str(path)


def test_a_grid_without_a_preset_has_the_defaults_of_the_notebook(grid_file, tmp_path):
    assert Experiment.for_file(grid_file) == Experiment(file=str(grid_file))
    with pytest.raises(GpuclfError, match="missing: got no such file"):
        Experiment.for_file(tmp_path / "missing")


EMBEDDINGS = {"n_vectors": 1, "overlap": "none", "rectify": False, "scale": "std"}
SVM = {"svm_type": "C", "kernel": "rbf", "C": 10.0}


@pytest.mark.parametrize(
    ("lengths", "statistics"),
    [
        ((1, 1, 1, 1), ("mean",)),
        ((1, 3, 1, 1), ("mean", "std", "max")),
        ((4,) * 4, ("mean", "std", "max")),
    ],
)
def test_a_clips_file_without_a_preset_has_the_defaults_for_embeddings(
    tmp_path, lengths, statistics
):
    path = tmp_path / "f.hdf5"
    write_features(path, [np.ones((length, 3)) for length in lengths], ["a", "b"] * 2)
    experiment = Experiment.for_file(path)
    wanted = {**EMBEDDINGS, **SVM, "statistics": statistics}
    assert {name: getattr(experiment, name) for name in wanted} == wanted
    assert Experiment.for_file(path, statistics="std").statistics == ("std",)
    assert Experiment.for_file(path, "embeddings") == experiment
    assert Experiment.for_file(path, "thesis") == Experiment(file=str(path))


def test_statistics_for_embeddings_are_those_of_the_selected_frames(tmp_path):
    path = tmp_path / "f.hdf5"
    sets = {"clip": [np.ones(3)] * 4, "second": [np.ones((5, 3))] * 4}
    write_features(path, sets, ["a", "b"] * 2)
    assert Experiment.for_file(path, dataset="clip").statistics == ("mean",)
    assert len(Experiment.for_file(path, dataset="second").statistics) == 3
    assert Experiment.for_file(path, dataset="second", n_frames=1).statistics == ("mean",)


def test_a_file_with_a_preset_has_its_defaults_and_arguments_take_precedence(grid_file):
    file = named(grid_file, "recordings")
    experiment = Experiment.for_file(file, C=3)
    wanted = {**PRESETS["recordings"].experiment, "C": 3.0, "folds": 6, "file": file}
    assert {name: getattr(experiment, name) for name in wanted} == wanted
    assert Experiment.for_file(file, "thesis", C=3) == Experiment(file=file, C=3)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_the_values_of_every_preset_are_valid(preset):
    Experiment(**preset.experiment)
    Extraction(**preset.extraction)


def test_an_unknown_preset_is_an_error(grid_file):
    with pytest.raises(InputError, match="preset: got 'rock', expected one of recordings, embed"):
        Experiment.for_file(named(grid_file, "rock"))


def test_a_preset_may_depend_on_the_selected_feature_set(grid_file, monkeypatch):
    def adapt(features):
        return {"n_vectors": features.frames[0], "folds": len(features), "C": 7}

    monkeypatch.setitem(PRESETS, "own", Preset(experiment={"C": 5.0, "nu": 0.25}, adapt=adapt))
    experiment = Experiment.for_file(grid_file, "own")
    assert (experiment.n_vectors, experiment.folds, experiment.C, experiment.nu) == (
        40,
        18,
        7,
        0.25,
    )
    part = Experiment.for_file(grid_file, "own", n_frames=3, n_classes=2, n_clips=4, C=1)
    assert (part.n_vectors, part.folds, part.C) == (6, 8, 1)


def test_a_preset_that_depends_on_the_feature_set_needs_its_name(tmp_path, monkeypatch):
    path = tmp_path / "two.hdf5"
    write_grid(path, {"a": np.ones((2, 3, 5, 4)), "b": np.ones((2, 3, 7, 4))}, ["x", "y"])
    monkeypatch.setitem(PRESETS, "own", Preset(adapt=lambda f: {"n_vectors": f.frames[0]}))
    with pytest.raises(GpuclfError, match="dataset: got no name, expected one of 'a', 'b'"):
        Experiment.for_file(path, "own")
    assert Experiment.for_file(path, "own", dataset="b").n_vectors == 7
