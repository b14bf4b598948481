"""Names of the hyper-parameters in the notebook of 2015."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from gpuclf._utils.conversion import conform
from gpuclf.errors import InputError, did_you_mean

log = logging.getLogger("gpuclf")

NOTEBOOK_NAMES = {
    "Ngenres": "n_classes",
    "Nclips": "n_clips",
    "Nframes": "n_frames",
    "Nvectors": "n_vectors",
    "Nfolds": "folds",
    "Ncv": "repeats",
    "dataset_classification": "dataset",
    "absrect": "rectify",
    "rand": "permute_labels",
}
NOTEBOOK_FILE = {"folder": "data", "filename_features": "features.hdf5"}
OTHER_NOTEBOOKS = frozenset(
    [
        "K",
        "dm",
        "Csigma",
        "diag",
        "laplacian",
        "tol",
        "m",
        "ls",
        "ld",
        "le",
        "lg",
        "rtol",
        "N_inner",
        "N_outer",
        "noise_std",
        "filename_gtzan",
        "filename_audio",
        "filename_graph",
    ]
)


def translate_names(values: Mapping[str, Any], own: Collection[str]) -> dict[str, Any]:
    """Translate the names of the notebook to those of an experiment.

    Parameters
    ----------
    values : mapping
        Hyper-parameters by either name.
    own : collection of str
        Names of an experiment.

    Returns
    -------
    dict
        Hyper-parameters by the names of an experiment.

    Raises
    ------
    InputError
        If a name is unknown, or two names of one hyper-parameter are given.
    """
    chosen: dict[str, Any] = {}
    ignored = []
    for given, value in values.items():
        name = NOTEBOOK_NAMES.get(given, given)
        if name in own:
            if name in chosen:
                raise InputError(given, got=f"a second value for {name}", expected="one")
            chosen[name] = "none" if name == "scale" and value is None else value
        elif given in OTHER_NOTEBOOKS:
            ignored.append(given)
        elif given not in NOTEBOOK_FILE:
            raise InputError(
                "experiment", got=f"unknown name {given!r}", expected=did_you_mean(given, own)
            )
    if "file" not in chosen and NOTEBOOK_FILE.keys() & values.keys():
        parts = {name: values.get(name, default) for name, default in NOTEBOOK_FILE.items()}
        chosen["file"] = str(Path(*(conform(name, parts[name], str) for name in parts)))
    if ignored:
        log.info("ignored parameters of other notebooks: %s", ", ".join(ignored))
    return chosen
