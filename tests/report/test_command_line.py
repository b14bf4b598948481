"""Commands that can be typed."""

import pytest
from gpuclf import Experiment
from gpuclf.report.command_line import train_command


@pytest.mark.parametrize(
    ("values", "typed"),
    [
        ({}, ""),
        ({"dataset": "foo.0"}, " --dataset foo.0"),
        ({"C": 10, "gamma": 0.1}, " --C 10 --gamma 0.1"),
        ({"gamma": "auto", "rectify": False}, " --no-rectify --gamma auto"),
        ({"statistics": ("mean", "std")}, " --statistics mean,std"),
        ({"class_weight": "balanced", "n_frames": 3}, " --n-frames 3 --class-weight balanced"),
        ({"folds": 3, "groups": "a.csv:b"}, ""),  # which training does without
    ],
)
def test_only_what_is_not_the_default_is_typed(values, typed):
    command = train_command(Experiment(file="f.hdf5", **values))
    assert command == f"gpuclf train f.hdf5 --model model.npz{typed}"


@pytest.mark.parametrize(
    ("file", "typed"), [("my file", "'my file'"), ("-x.h5", "./-x.h5"), ("--model", "./--model")]
)
def test_a_file_of_any_name_is_taken_for_a_file(file, typed):
    assert train_command(Experiment(file=file)).startswith(f"gpuclf train {typed} --model")
