"""Presets: the defaults of a feature file and their precedence."""

import h5py
import pytest
from gpuclf import Experiment
from gpuclf.audio.settings import Extraction
from gpuclf.config.presets import PRESETS
from gpuclf.errors import GpuclfError, InputError


def named(path, preset):
    with h5py.File(path, "a") as file:
        file.attrs["gpuclf_preset"] = preset
    return str(path)


def test_a_file_without_a_preset_has_the_defaults_of_the_notebook(grid_file, tmp_path):
    assert Experiment.for_file(grid_file) == Experiment(file=str(grid_file))
    with pytest.raises(GpuclfError, match="missing: got no such file"):
        Experiment.for_file(tmp_path / "missing")


def test_a_file_with_a_preset_has_its_defaults_and_arguments_take_precedence(grid_file):
    file = named(grid_file, "recordings")
    experiment = Experiment.for_file(file, C=3)
    wanted = {**PRESETS["recordings"].experiment, "C": 3.0, "file": file}
    assert {name: getattr(experiment, name) for name in wanted} == wanted
    assert Experiment.for_file(file, "thesis", C=3) == Experiment(file=file, C=3)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_the_values_of_every_preset_are_valid(preset):
    Experiment(**preset.experiment)
    Extraction(**preset.extraction)


def test_an_unknown_preset_is_an_error(grid_file):
    with pytest.raises(InputError, match="preset: got 'rock', expected one of recordings, thesis"):
        Experiment.for_file(named(grid_file, "rock"))
