"""Description of the folds of a cross-validation in words."""

from __future__ import annotations

import numpy as np

from gpuclf._utils.formatting import counted
from gpuclf.validation.options import Validation
from gpuclf.validation.plan import ClipTable

NAMES = {
    "shuffle": "random split",
    "stratified-shuffle": "stratified random split",
    "kfold": "fold",
    "stratified-kfold": "stratified fold",
    "predefined": "predefined fold",
}


def describe_folds(validation: Validation, clips: ClipTable) -> str:
    """Return the number and kind of the folds of clips on one line.

    Parameters
    ----------
    validation : Validation
    clips : ClipTable
        Clips with their groups and predefined folds.

    Returns
    -------
    str

    Examples
    --------
    >>> from gpuclf import FeatureVectors
    >>> artist = np.array(["Abba", "Abba", "Blur", "Blur"])
    >>> clips = FeatureVectors(np.zeros((4, 1, 1)), np.arange(4) // 2, ("pop", "rock"), artist)
    >>> describe_folds(Validation(split="stratified-kfold", folds=2, repeats=5), clips)
    '5 x 2 stratified folds'
    """
    folds, repeats = validation.folds, validation.repeats
    if validation.split == "predefined" and clips.folds is not None:
        folds = len(np.unique(clips.folds))
        repeats = repeats if validation.permute_labels else 1
    once = f"{repeats} x " if repeats > 1 else ""
    parts = [f"{once}{counted(folds, NAMES[validation.split])}"]
    if validation.split.endswith("shuffle"):
        parts.append(f"{100 * validation.test_size:g} % in the test set")
    if validation.split_vectors:
        parts.append("single feature vectors")
    elif clips.groups is not None:
        parts.append("groups kept together")
    return ", ".join(parts)
