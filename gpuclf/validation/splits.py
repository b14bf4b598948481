"""Splits of clips into training and test, by scikit-learn's splitters with shuffling.

Clips of one group are never split between training and test. Splits are arrays of clip indices.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gpuclf._typing import AnyArray, Ints
from gpuclf.errors import InputError, one_of


class Split(NamedTuple):
    """Train/test split: indices of clips."""

    train: Ints
    test: Ints


class _Splitter(NamedTuple):
    """Names of scikit-learn's splitters of clips and, if it exists, of groups."""

    over_clips: str
    over_groups: str | None
    takes_test_size: bool


SPLITTERS = {
    "shuffle": _Splitter("ShuffleSplit", "GroupShuffleSplit", True),
    "stratified-shuffle": _Splitter("StratifiedShuffleSplit", None, True),
    "kfold": _Splitter("KFold", "GroupKFold", False),
    "stratified-kfold": _Splitter("StratifiedKFold", "StratifiedGroupKFold", False),
}
SPLITS = (*SPLITTERS, "predefined")


def make_splits(
    y: Ints,
    *,
    split: str = "shuffle",
    folds: int = 10,
    test_size: float = 0.1,
    seed: int = 0,
    groups: AnyArray | None = None,
    predefined: Ints | None = None,
) -> list[Split]:
    """Split clips into training and test for one repeat.

    Parameters
    ----------
    y : int64 array, shape (clips,)
        Class of each clip.
    split : {"shuffle", "stratified-shuffle", "kfold", "stratified-kfold", "predefined"}
        Splitter: random test sets of size ``test_size``; a partition into ``folds`` test sets; or
        the test sets given by ``predefined``.
    folds : int, default 10
        Number of splits; ignored for "predefined".
    test_size : float, default 0.1
        Fraction of the clips (or groups) in the test set, in (0, 1); for "shuffle" and
        "stratified-shuffle".
    seed : int, default 0
        ``random_state`` of the splitter.
    groups : array, shape (clips,), optional
        Group of each clip; clips of one group are never split between training and test.
    predefined : int64 array, shape (clips,), optional
        Fold in which each clip is tested.

    Returns
    -------
    list of Split

    Raises
    ------
    InputError
        If the clips cannot be split with these settings.

    Examples
    --------
    >>> y = np.array([0, 0, 0, 1, 1, 1])
    >>> [split.test.tolist() for split in make_splits(y, split="stratified-kfold", folds=3)]
    [[2, 4], [1, 5], [0, 3]]
    """
    from sklearn import model_selection

    if folds < 1:
        raise InputError("folds", got=folds, expected="at least 1")
    if split == "predefined":
        return _predefined(predefined, groups)
    if split not in SPLITTERS:
        raise InputError("split", got=repr(split), expected=one_of(SPLITS))
    splitters = SPLITTERS[split]
    units = len(y) if groups is None else len(np.unique(groups))
    unit = "clips" if groups is None else "groups"
    options: dict[str, Any] = {"n_splits": folds}
    if splitters.takes_test_size:
        _check_test_size(test_size, units, unit)
        options["test_size"] = test_size
    else:
        _check_folds(folds, units, unit)
        options["shuffle"] = True
    name = splitters.over_clips if groups is None else splitters.over_groups
    if name is None:
        raise InputError(
            "split", got=f"{split!r} with groups", expected="shuffle, kfold or stratified-kfold"
        )
    try:
        splitter = getattr(model_selection, name)(**options, random_state=seed)
        splits = [Split(train, test) for train, test in splitter.split(y, y, groups)]
    except ValueError as error:  # by scikit-learn, for instance for too few clips of a class
        raise InputError(f"split {split!r}: {error}") from error
    if not all(len(test) for _, test in splits):  # possible for StratifiedGroupKFold
        raise InputError(
            "folds",
            got=f"{folds}, one of them without test clips",
            expected=f"fewer, for {units} {unit}",
        )
    return splits


def _predefined(predefined: Ints | None, groups: AnyArray | None) -> list[Split]:
    """Split clips by predefined folds, in the order of their numbers."""
    if predefined is None:
        raise InputError(
            "split",
            got="'predefined' for a file without folds",
            expected="a column clips/fold, or --folds-from CSV:COLUMN",
        )
    numbers = np.unique(predefined)
    if len(numbers) < 2:
        raise InputError("predefined folds", got=len(numbers), expected="at least 2")
    for group in () if groups is None else np.unique(groups):
        if len(np.unique(predefined[groups == group])) > 1:
            raise InputError(
                "predefined folds",
                got=f"group {str(group)!r} in several folds",
                expected="each group in one fold",
            )
    return [
        Split(np.flatnonzero(predefined != number), np.flatnonzero(predefined == number))
        for number in numbers
    ]


def _check_test_size(test_size: float, units: int, unit: str) -> None:
    if not 0 < test_size < 1 or np.ceil(test_size * units) >= units:
        raise InputError(
            "test_size",
            got=f"{test_size:g} of {units} {unit}",
            expected=f"a fraction that leaves {unit} in both training and test",
        )


def _check_folds(folds: int, units: int, unit: str) -> None:
    if not 2 <= folds <= units:
        expected = (
            f"2 to {units}, the number of {unit}" if units > 1 else f"more {unit} than {units}"
        )
        raise InputError("folds", got=folds, expected=expected)
