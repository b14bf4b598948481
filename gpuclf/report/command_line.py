"""Command lines for the shell."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from gpuclf._utils.formatting import option_words, value_text
from gpuclf.config.effects import has_effect
from gpuclf.config.experiment import SELECTION, Experiment
from gpuclf.errors import InputError
from gpuclf.features.feature_file import DEFAULT_DATASET, FeatureStore
from gpuclf.features.feature_set import FeatureSet
from gpuclf.validation.fold_description import describe_folds
from gpuclf.validation.plan import checked_classes


def current_command() -> str:
    """Return the command line of this process, without the program's folder."""
    program = Path(sys.argv[0])
    words = ["python", "-m", "gpuclf"] if program.name == "__main__.py" else [program.name]
    return shlex.join([*words, *sys.argv[1:]])


def resuming_command() -> str:
    """Return the command line that resumes the run of this process from its checkpoint."""
    return shlex.join(word for word in shlex.split(current_command()) if word != "--restart")


def evaluate_command(store: FeatureStore) -> str:
    """Return the command that evaluates a feature file.

    Parameters
    ----------
    store : FeatureStore

    Returns
    -------
    str
        Command line. It names the first of several feature sets, and reduces the number of windows
        per clip if the shortest clip has fewer frames than the default.
    """
    needed = needed_options(store)
    options = [word for name, value in needed.items() for word in option_words(name, value)]
    return shlex.join(["gpuclf", "evaluate", _path(str(store.path)), *options])


def needed_options(store: FeatureStore) -> dict[str, Any]:
    """Return the hyper-parameters that the file needs besides the defaults of its preset.

    Returns
    -------
    dict of str to Any
        ``dataset``, the first one, if several are possible; ``n_vectors`` if the shortest clip has
        fewer frames than the default.
    """
    features = _default_features(store)
    default = Experiment.for_store(store, dataset=features.name).n_vectors
    shortest = features.frames[0]
    needed: dict[str, Any] = {"dataset": features.name} if _ambiguous(store) else {}
    return {**needed, "n_vectors": shortest} if shortest < default else needed


def _ambiguous(store: FeatureStore) -> bool:
    """Return whether the user must select one of several feature sets."""
    return len(store.names) > 1 and DEFAULT_DATASET not in store.names


def _default_features(store: FeatureStore) -> FeatureSet:
    """Return the default feature set, the first one if several are possible."""
    return store.select(store.names[0] if _ambiguous(store) else None)


def default_split(store: FeatureStore) -> str:
    """Return a description of the folds of `evaluate_command`, or why there are none."""
    features = _default_features(store)
    if features.clips.y is None:
        return "none, because the clips have no labels"
    try:
        checked_classes(features.clips)
    except InputError as error:
        return f"none ({error})"
    experiment = Experiment.for_store(store, dataset=features.name)
    return describe_folds(experiment.validation, features.clips)


def train_command(
    experiment: Experiment, store: FeatureStore | None = None, model: str = "model.npz"
) -> str:
    """Return the command that trains the classifier of an experiment on all clips.

    Parameters
    ----------
    experiment : Experiment
    store : FeatureStore, optional
        Open feature file, whose preset determines the defaults.
    model : str
        Path of the model file.

    Returns
    -------
    str
        Command line with the options that differ from the defaults and have an effect.

    Examples
    --------
    >>> train_command(Experiment(file="my file.hdf5", C=10, statistics=("mean", "std")))
    "gpuclf train 'my file.hdf5' --model model.npz --statistics mean,std --C 10"
    """
    options = _model_options(experiment, store)
    file = _path(experiment.file or "")
    return shlex.join(["gpuclf", "train", file, "--model", model, *options])


def estimate_command(experiment: Experiment, store: FeatureStore) -> str:
    """Return the command that cross-validates the classifier of an experiment on its file.

    Parameters
    ----------
    experiment : Experiment
        Experiment with the path of the feature file.
    store : FeatureStore
        Open feature file, whose preset determines the defaults.

    Returns
    -------
    str
        Command line with the options of the model that differ from the defaults.
    """
    options = _model_options(_without_default_dataset(experiment, store), store)
    return shlex.join(["gpuclf", "evaluate", _path(experiment.file or ""), *options])


def audit_command(experiment: Experiment, store: FeatureStore) -> str:
    """Return the command that audits the classifier of an experiment, with its groups.

    Parameters
    ----------
    experiment : Experiment
        Experiment with the path of the feature file.
    store : FeatureStore
        Open feature file, whose preset determines the defaults.

    Returns
    -------
    str
        Command line.
    """
    return shlex.join(["gpuclf", "audit", *_file_and_clips(experiment, store)])


def search_command(
    experiment: Experiment, store: FeatureStore, name: str, values: Sequence[float]
) -> str:
    """Return the command that searches a hyper-parameter; all others are those of an experiment.

    Parameters
    ----------
    experiment : Experiment
        Experiment with the path of the feature file.
    store : FeatureStore
        Open feature file, whose preset determines the defaults.
    name : str
        Hyper-parameter.
    values : sequence of float
        Candidate values.

    Returns
    -------
    str
        Command line.
    """
    grid = f"{name}={','.join(map(value_text, values))}"
    words = _file_and_clips(experiment, store, omit=name)
    return shlex.join(["gpuclf", "search", *words, "--grid", grid])


def _file_and_clips(experiment: Experiment, store: FeatureStore, omit: str = "") -> list[str]:
    """Return the file and the options of model, groups and folds that differ from the defaults."""
    experiment = _without_default_dataset(experiment, store)
    clips = {name: getattr(experiment, name) for name in ("groups", "folds_from")}
    given = [word for name, value in clips.items() if value for word in option_words(name, value)]
    return [_path(experiment.file or ""), *_model_options(experiment, store, omit), *given]


def _without_default_dataset(experiment: Experiment, store: FeatureStore) -> Experiment:
    """Return an experiment that names its feature set only if it is not the default."""
    if not _ambiguous(store) and experiment.dataset == _default_features(store).name:
        return experiment.replace(dataset=None)
    return experiment


def _model_options(experiment: Experiment, store: FeatureStore | None, omit: str = "") -> list[str]:
    """Return the options of feature vectors and classifier that differ from the defaults."""
    defaults = Experiment()
    if store is not None:
        selection = {name: getattr(experiment, name) for name in SELECTION}
        defaults = Experiment.for_store(store, **selection).replace(**dict.fromkeys(selection))
    chosen = {
        each.name: getattr(part, each.name)
        for part in (experiment.features, experiment.svm)
        for each in fields(part)
    }
    values = {name: [value] for name, value in chosen.items()}
    options = []
    for name, value in chosen.items():
        if name != omit and value != getattr(defaults, name) and has_effect(name, values):
            options += option_words(name, value)
    return options


def _path(file: str) -> str:
    """Return a path that cannot be parsed as an option."""
    return f"./{file}" if file.startswith("-") else file
