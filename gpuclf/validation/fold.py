"""One train/test split, and how its training clips are split again."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass

import numpy as np

from gpuclf._typing import AnyArray, Ints
from gpuclf.errors import InputError
from gpuclf.validation.splits import make_splits

Groups = AnyArray | None


@dataclass(frozen=True, eq=False)
class Fold:
    """One train/test split of one repeat, and the classes to learn.

    Parameters
    ----------
    repeat, number : int
        Both from 0.
    train, test : int64 arrays
        Positions of clips, or of vectors.
    y : int64 array
        The classes of all of them.
    base : int64 array, optional
        The training clips whose solution the shared solver starts from; all clips by default.
    outer : Fold, optional
        Whose training clips this one splits again, to choose among settings.
    brief : bool
        Whether nothing but scores are wanted of it.
    """

    repeat: int
    number: int
    train: Ints
    test: Ints
    y: Ints
    base: Ints | None = None
    outer: Fold | None = None
    brief: bool = False

    @property
    def digest(self) -> str:
        """A fingerprint of all that it is: what is trained on, tested and learned."""
        parts = [self.train, self.test, self.y]
        parts += [] if self.base is None else [self.base]
        return hashlib.sha256(b"|".join(np.asarray(p).tobytes() for p in parts)).hexdigest()

    def __str__(self) -> str:
        if not len(self.test):
            return "all clips"
        if self.outer is not None:
            return f"inner fold {self.number + 1} of {self.outer}"
        return f"fold {self.number + 1} of repeat {self.repeat + 1}"


def inside(
    fold: Fold, groups: Groups, predefined: Ints | None, count: int, seed: int
) -> list[Fold]:
    """Split a fold's training clips again, into stratified folds that part no group.

    Parameters
    ----------
    fold : Fold
    groups : array, shape (clips,), or None
        What must never stand on both sides.
    predefined : int64 array, shape (clips,), or None
        Folds that may keep together what is in no group: each one inside is tested once, then.
    count : int
        How many folds.
    seed : int
        What they are shuffled with.

    Raises
    ------
    InputError
        If there are too few clips, or groups.
    """
    try:
        with warnings.catch_warnings():
            # A class of fewer clips than folds is missing in some of them: that is no mistake.
            warnings.filterwarnings("ignore", "The least populated class", UserWarning)
            splits = make_splits(
                fold.y[fold.train],
                split="stratified-kfold" if predefined is None else "predefined",
                folds=count,
                seed=seed,
                groups=None if groups is None else groups[fold.train],
                predefined=None if predefined is None else predefined[fold.train],
            )
    except InputError as error:
        raise InputError(f"{fold}, inner {error}") from error
    return [
        Fold(
            repeat=fold.repeat,
            number=number,
            train=fold.train[train],
            test=fold.train[test],
            y=fold.y,
            base=fold.train,
            outer=fold,
            brief=True,
        )
        for number, (train, test) in enumerate(splits)
    ]


def check_sides(fold: Fold, units: Ints, names: AnyArray) -> None:
    """Make sure once more, before anything is fitted, that nothing stands on both sides.

    Parameters
    ----------
    fold : Fold
    units : int64 array, shape (clips,)
        What must not be parted: each clip by itself, or its group.
    names : array, shape (units,)
        What they are called.

    Raises
    ------
    InputError
        Naming what stands on both sides.

    Examples
    --------
    >>> parted = Fold(0, 0, np.array([0, 1]), np.array([2]), np.array([0, 1, 0]))
    >>> check_sides(parted, np.array([0, 1, 0]), np.array(["Abba", "Blur"]))
    Traceback (most recent call last):
    gpuclf.errors.InputError: fold 1 of repeat 1: got 'Abba' in training and in test, expected it on
    one side
    """
    trained = np.zeros(len(names), dtype=bool)
    trained[units[fold.train]] = True
    both = units[fold.test][trained[units[fold.test]]]
    if len(both):
        got = f"{str(names[both[0]])!r} in training and in test"
        raise InputError(str(fold), got=got, expected="it on one side")
