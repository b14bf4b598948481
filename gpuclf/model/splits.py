"""Splits of clips into training and test, by scikit-learn's splitters with shuffling.

Clips of one group are never split between training and test. Splits are arrays of clip indices.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from gpuclf._typing import AnyArray, Ints
from gpuclf._utils.formatting import counted
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
INNER = 5  # inner folds by default, unless a class is too small


def make_splits(
    y: Ints,
    *,
    split: str = "shuffle",
    folds: int = 10,
    test_size: float = 0.1,
    seed: int = 0,
    groups: AnyArray | None = None,
    predefined: Ints | None = None,
    labels: Sequence[str] = (),
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
    labels : sequence of str, optional
        Names of the classes, for error messages.

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
        if split == "stratified-kfold":
            _check_classes(folds, y, groups, labels)
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
    return splits


def inner_splits(
    y: Ints,
    folds: int,
    *,
    seed: int = 0,
    groups: AnyArray | None = None,
    predefined: Ints | None = None,
    labels: Sequence[str] = (),
) -> list[Split]:
    """Split training clips into stratified inner folds, or by predefined folds if given.

    Parameters and errors are those of `make_splits`. A class may have one clip: it is then missing
    in the training clips of one inner fold.

    Examples
    --------
    >>> y = np.array([0, 0, 0, 1, 1, 1])
    >>> [split.test.tolist() for split in inner_splits(y, 3)]
    [[2, 4], [1, 5], [0, 3]]
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        return make_splits(
            y,
            split="stratified-kfold" if predefined is None else "predefined",
            folds=folds,
            seed=seed,
            groups=groups,
            predefined=predefined,
            labels=labels,
        )


def largest_folds(y: Ints, groups: AnyArray | None = None) -> int:
    """Return the largest number of folds of a stratified k-fold split.

    Parameters
    ----------
    y : int64 array, shape (clips,)
        Class of each clip.
    groups : array, shape (clips,), optional
        Group of each clip.

    Returns
    -------
    int
        Number of clips (or groups) of the smallest class; at least 2 if any class has 2, because a
        class that cannot be divided does not prevent a test of the others.

    Examples
    --------
    >>> largest_folds(np.array([0, 0, 0, 1, 1, 1, 1])), largest_folds(np.array([0, 0, 1]))
    (3, 2)
    """
    counts = _units_per_class(y, groups)[1]
    return max(int(counts.min()), min(2, int(counts.max())))


def _units_per_class(y: Ints, groups: AnyArray | None) -> tuple[Ints, Ints]:
    """Return the classes that occur, and the number of clips (or groups) of each."""
    if groups is not None:
        pairs = np.stack([y, np.unique(groups, return_inverse=True)[1]])
        y = np.unique(pairs, axis=1)[0]
    return np.unique(y, return_counts=True)


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


def _check_classes(folds: int, y: Ints, groups: AnyArray | None, labels: Sequence[str]) -> None:
    largest = largest_folds(y, groups)
    if folds > largest:
        classes, counts = _units_per_class(y, groups)
        rarest = int(classes[counts.argmin()])
        name = repr(labels[rarest]) if labels else str(rarest)
        count = int(counts.min())
        has = counted(count, "clip") if groups is None else f"clips of {counted(count, 'group')}"
        expected = f"at most {largest}: class {name} has {has}"
        raise InputError("folds", got=folds, expected=expected)


def _check_folds(folds: int, units: int, unit: str) -> None:
    if not 2 <= folds <= units:
        expected = (
            f"2 to {units}, the number of {unit}" if units > 1 else f"more {unit} than {units}"
        )
        raise InputError("folds", got=folds, expected=expected)
