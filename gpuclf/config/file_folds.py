"""Folds of an experiment on the clips of a file: defaults, and options without effect."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from gpuclf.config.presets import KFOLD
from gpuclf.errors import InputError
from gpuclf.features.layout import Clips
from gpuclf.model.splits import largest_folds
from gpuclf.validation.options import Validation


def file_folds(clips: Clips, validation: Validation, given: Collection[str]) -> dict[str, Any]:
    """Return the split, number of folds and number of repeats for the clips of a file.

    Parameters
    ----------
    clips : Clips
        Selected clips with their groups and predefined folds.
    validation : Validation
        Given values, else those of the preset.
    given : collection of str
        Names of the values that are given.

    Returns
    -------
    dict of str to object
        Values by flat name. The k-fold split of a preset becomes predefined if the clips have
        predefined folds. By default, a class has at least as many clips (or groups) as there are
        folds, and folds that are the same in every repeat run once.

    Raises
    ------
    InputError
        If a given value has no effect; the message contains the options to use instead.
    """
    split = validation.split
    if split == KFOLD["split"] and "split" not in given and clips.folds is not None:
        split = "predefined"
    if split == "predefined":
        return {"split": split, **_predefined(clips, validation, given)}
    if split in ("kfold", "stratified-kfold"):
        if "test_size" in given:
            got = f"{validation.test_size:g} with split {split!r}"
            raise InputError("test_size", got=got, expected="no --test-size, or --split shuffle")
        return {"split": split, **_kfold(clips, validation, given, stratified=split != "kfold")}
    return {}


def _predefined(clips: Clips, validation: Validation, given: Collection[str]) -> dict[str, Any]:
    """Return the values for predefined folds, and refuse options that do not apply to them."""
    if clips.folds is None:  # an error of the plan
        return {}
    count = len(np.unique(clips.folds))
    repeated = validation.permute_labels  # labels, and so results, differ between repeats
    if "folds" in given:
        raise _without_effect("folds", validation.folds, count, given)
    if "repeats" in given and validation.repeats > 1 and not repeated:
        raise _without_effect("repeats", validation.repeats, count, given)
    if "test_size" in given:
        raise _without_effect("test_size", validation.test_size, count, given)
    return {"folds": count, "repeats": validation.repeats if repeated else 1}


def _without_effect(name: str, value: float, count: int, given: Collection[str]) -> InputError:
    """Return the error of an option that does not apply to predefined folds."""
    option = "--" + name.replace("_", "-")
    split = "shuffle" if name == "test_size" else KFOLD["split"]
    other = "no --folds-from" if "folds_from" in given else f"--split {split} {option} {value:g}"
    return InputError(
        name, got=f"{value:g} with {count} predefined folds", expected=f"no {option}, or {other}"
    )


def _kfold(
    clips: Clips, validation: Validation, given: Collection[str], *, stratified: bool
) -> dict[str, Any]:
    """Return the values for k-fold splits."""
    if clips.y is None or not len(clips.y):
        return {}
    folds, repeats = validation.folds, validation.repeats
    groups = len(clips.y) if clips.groups is None else len(np.unique(clips.groups))
    if "folds" not in given:
        largest = largest_folds(clips.y, clips.groups) if stratified else groups
        folds = max(2, min(folds, largest))
    if folds == groups and not validation.permute_labels:  # leave one group (or clip) out
        if "repeats" in given and repeats > 1:
            raise InputError(
                "repeats",
                got=f"{repeats} of {folds} folds with one {_unit(clips)} each",
                expected="1: all repeats have the same folds",
            )
        repeats = 1
    return {"folds": folds, "repeats": repeats}


def _unit(clips: Clips) -> str:
    return "clip" if clips.groups is None else "group"
