"""Command lines for the shell."""

import sys

import numpy as np
import pytest
from gpuclf import Experiment, open_features, write_features
from gpuclf.report.command_line import estimate_command, resuming_command, train_command


@pytest.mark.parametrize(
    ("values", "options"),
    [
        ({}, ""),
        ({"dataset": "foo.0"}, " --dataset foo.0"),
        ({"kernel": "rbf", "C": 10, "gamma": 0.1}, " --kernel rbf --C 10 --gamma 0.1"),
        (
            {"kernel": "rbf", "gamma": "auto", "rectify": False},
            " --no-rectify --kernel rbf --gamma auto",
        ),
        ({"statistics": ("mean", "std")}, " --statistics mean,std"),
        ({"class_weight": "balanced", "n_frames": 3}, " --n-frames 3 --class-weight balanced"),
        ({"folds": 3, "groups": "a.csv:b"}, ""),  # not options of training
    ],
)
def test_train_command_contains_only_options_that_differ_from_the_defaults(values, options):
    command = train_command(Experiment(file="f.hdf5", **values))
    assert command == f"gpuclf train f.hdf5 --model model.npz{options}"


@pytest.mark.parametrize(
    ("file", "argument"), [("my file", "'my file'"), ("-x.h5", "./-x.h5"), ("--model", "./--model")]
)
def test_file_names_are_quoted_and_never_parsed_as_options(file, argument):
    assert train_command(Experiment(file=file)).startswith(f"gpuclf train {argument} --model")


def test_train_command_contains_what_differs_from_the_preset_of_the_file(tmp_path):
    frames = [np.ones((8, 2), np.float32)] * 4
    path = tmp_path / "f.hdf5"
    write_features(path, frames, ["a", "b"] * 2, attributes={"gpuclf_preset": "recordings"})
    with open_features(path) as store:
        experiment = Experiment.for_store(store, C=1, n_vectors=6)
        command = train_command(experiment, store)
    assert command.endswith("--model model.npz --n-vectors 6 --C 1")


def test_the_training_command_has_no_option_without_an_effect():
    experiment = Experiment(file="f", svm_type="linear", kernel="rbf", gamma=0.1, nu=0.2, C=2)
    command = "gpuclf train f --model model.npz --svm-type linear --C 2"
    assert train_command(experiment) == command


def test_estimate_command_has_the_options_of_the_model(grid_file):
    experiment = Experiment(file=str(grid_file), kernel="rbf", C=3, folds=3)
    with open_features(grid_file) as store:
        command = estimate_command(experiment, store)
    assert command == f"gpuclf evaluate {grid_file} --kernel rbf --C 3"


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["/venv/bin/gpuclf", "evaluate", "my file.hdf5"], "gpuclf evaluate 'my file.hdf5'"),
        (["/venv/gpuclf/__main__.py", "info", "f.hdf5"], "python -m gpuclf info f.hdf5"),
        (["gpuclf", "evaluate", "f.hdf5", "--restart"], "gpuclf evaluate f.hdf5"),
    ],
)
def test_the_command_that_resumes_is_that_of_the_process_without_restart(
    monkeypatch, argv, expected
):
    monkeypatch.setattr(sys, "argv", argv)
    assert resuming_command() == expected
