"""Commands as they are typed."""

from __future__ import annotations

import shlex
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

from gpuclf.experiment import FEATURES, SVM, Experiment


def typed_command() -> str:
    """Give the command that runs, wherever the program lies."""
    return shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])


def train_command(experiment: Experiment, model: str = "model.npz") -> str:
    """Write the command that trains an experiment's model on all clips.

    Parameters
    ----------
    experiment : Experiment
    model : str
        Where to.

    Returns
    -------
    str
        With the options that are not the defaults.

    Examples
    --------
    >>> train_command(Experiment(file="my file.hdf5", C=10, statistics=("mean", "std")))
    "gpuclf train 'my file.hdf5' --model model.npz --statistics mean,std --C 10"
    """
    options = []
    for parameter in fields(Experiment):
        value, panel = getattr(experiment, parameter.name), parameter.metadata["panel"]
        if parameter.name != "file" and panel in (FEATURES, SVM) and value != parameter.default:
            options += _option(parameter.name.replace("_", "-"), value)
    file = experiment.file or ""
    file = f"./{file}" if file.startswith("-") else file  # which no option begins with
    return shlex.join(["gpuclf", "train", file, "--model", model, *options])


def _option(name: str, value: Any) -> list[str]:
    if isinstance(value, bool):
        return [f"--{name}" if value else f"--no-{name}"]
    if isinstance(value, float):
        return [f"--{name}", repr(value).removesuffix(".0")]
    return [f"--{name}", ",".join(value) if isinstance(value, tuple) else str(value)]
