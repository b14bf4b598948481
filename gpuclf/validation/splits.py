"""Which clips are trained on, and which are tested: scikit-learn's splits, over clips, shuffled.

With groups, all clips of a group stand on one side. Indices are positions of clips.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gpuclf._typing import AnyArray, Ints
from gpuclf.errors import InputError, one_of


class Split(NamedTuple):
    """One train/test split: positions of clips."""

    train: Ints
    test: Ints


class _Recipe(NamedTuple):
    """Names of scikit-learn's splitters over clips, and over groups if there is one."""

    over_clips: str
    over_groups: str | None
    takes_test_size: bool


RECIPES = {
    "shuffle": _Recipe("ShuffleSplit", "GroupShuffleSplit", True),
    "stratified-shuffle": _Recipe("StratifiedShuffleSplit", None, True),
    "kfold": _Recipe("KFold", "GroupKFold", False),
    "stratified-kfold": _Recipe("StratifiedKFold", "StratifiedGroupKFold", False),
}
SPLITS = (*RECIPES, "predefined")


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
    """Split clips into training and test, for one run of all folds.

    Parameters
    ----------
    y : int64 array, shape (clips,)
        Their classes.
    split : {"shuffle", "stratified-shuffle", "kfold", "stratified-kfold", "predefined"}
        How: random shares, each of the size ``test_size``; or ``folds`` parts, each tested once; or
        the folds given by ``predefined``.
    folds : int
        How many splits; not for ``predefined``.
    test_size : float
        Share of the clips (or groups) to test on, in (0, 1); for the shuffles.
    seed : int
        scikit-learn's ``random_state``.
    groups : array, shape (clips,), optional
        What must never stand on both sides.
    predefined : int64 array, shape (clips,), optional
        The fold in which each clip is tested.

    Returns
    -------
    list of Split

    Raises
    ------
    InputError
        If the clips cannot be split so.

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
    if split not in RECIPES:
        raise InputError("split", got=repr(split), expected=one_of(SPLITS))
    recipe = RECIPES[split]
    units = len(y) if groups is None else len(np.unique(groups))
    unit = "clips" if groups is None else "groups"
    options: dict[str, Any] = {"n_splits": folds}
    if recipe.takes_test_size:
        _check_test_size(test_size, units, unit)
        options["test_size"] = test_size
    else:
        _check_folds(folds, units, unit)
        options["shuffle"] = True
    name = recipe.over_clips if groups is None else recipe.over_groups
    if name is None:
        raise InputError(
            "split", got=f"{split!r} with groups", expected="shuffle, kfold or stratified-kfold"
        )
    try:
        splitter = getattr(model_selection, name)(**options, random_state=seed)
        splits = [Split(train, test) for train, test in splitter.split(y, y, groups)]
    except ValueError as error:  # scikit-learn's own word, such as too few clips of a class
        raise InputError(f"split {split!r}: {error}") from error
    if not all(len(one.test) for one in splits):  # as StratifiedGroupKFold may leave them
        raise InputError(
            "folds",
            got=f"{folds}, one without a clip to test",
            expected=f"fewer, for {units} {unit}",
        )
    return splits


def _predefined(predefined: Ints | None, groups: AnyArray | None) -> list[Split]:
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
                got=f"the group {str(group)!r} in several folds",
                expected="in one",
            )
    return [
        Split(np.flatnonzero(predefined != number), np.flatnonzero(predefined == number))
        for number in numbers
    ]


def _check_test_size(test_size: float, units: int, unit: str) -> None:
    if not 0 < test_size < 1 or np.ceil(test_size * units) >= units:
        raise InputError(
            "test_size",
            got=f"{test_size:g}, which leaves no {unit} on one side",
            expected=f"a share of {units} {unit} that leaves some on both",
        )


def _check_folds(folds: int, units: int, unit: str) -> None:
    if not 2 <= folds <= units:
        expected = (
            f"2 to {units}, the number of {unit}" if units > 1 else f"more {unit} than {units}"
        )
        raise InputError("folds", got=folds, expected=expected)
