"""Folds of a cross-validation and inner folds of their training clips."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gpuclf._typing import AnyArray, Floats, Ints
from gpuclf.errors import InputError
from gpuclf.model.splits import inner_splits

Groups = AnyArray | None


@dataclass(frozen=True, eq=False)
class Fold:
    """Train/test split of one repeat, with the labels to predict.

    Parameters
    ----------
    repeat, number : int
        Index of the repeat and of the fold within it.
    train, test : int64 array
        Indices of clips, or of feature vectors.
    y : int64 array
        Classes of all clips, or of all feature vectors.
    base : int64 array, optional
        Clips whose solution is the start of the shared solver; all clips by default.
    outer : Fold, optional
        Fold whose training clips this inner fold splits.
    scores_only : bool, default False
        Whether to keep scores only, without votes and decision values.
    weight : float64 array, optional
        Factor of the penalty of all clips, or of all feature vectors; 1 by default.

    Examples
    --------
    >>> print(Fold(repeat=0, number=1, train=np.arange(2), test=np.arange(2, 4), y=np.zeros(4)))
    fold 2 of repeat 1
    """

    repeat: int
    number: int
    train: Ints
    test: Ints
    y: Ints
    base: Ints | None = None
    outer: Fold | None = None
    scores_only: bool = False
    weight: Floats | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of the indices of training and test clips, labels, weights and the start."""
        parts: list[AnyArray] = [self.train, self.test, self.y]
        parts += [] if self.base is None else [self.base]
        parts += [] if self.weight is None else [self.weight]
        return hashlib.sha256(b"|".join(np.asarray(p).tobytes() for p in parts)).hexdigest()

    def __str__(self) -> str:
        if not len(self.test):
            return "all clips"
        if self.outer is not None:
            return f"inner fold {self.number + 1} of {self.outer}"
        return f"fold {self.number + 1} of repeat {self.repeat + 1}"


def inner_folds(
    fold: Fold,
    groups: Groups,
    predefined: Ints | None,
    count: int,
    seed: int,
    labels: Sequence[str] = (),
) -> list[Fold]:
    """Split the training clips of a fold into stratified inner folds.

    Parameters
    ----------
    fold : Fold
        Outer fold.
    groups : array, shape (clips,), or None
        Group of each clip; clips of one group are never split between training and test.
    predefined : int64 array, shape (clips,), or None
        Predefined folds; if given, each one among the training clips is an inner fold.
    count : int
        Number of inner folds; ignored with ``predefined``.
    seed : int
        Random seed.
    labels : sequence of str, optional
        Names of the classes, for error messages.

    Returns
    -------
    list of Fold

    Raises
    ------
    InputError
        If there are too few clips or groups.
    """
    try:
        splits = inner_splits(
            fold.y[fold.train],
            count,
            seed=seed,
            groups=None if groups is None else groups[fold.train],
            predefined=None if predefined is None else predefined[fold.train],
            labels=labels,
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
            scores_only=True,
            weight=fold.weight,
        )
        for number, (train, test) in enumerate(splits)
    ]


def check_disjoint(fold: Fold, units: Ints, names: AnyArray) -> None:
    """Check, before any fit, that no clip or group is in both training and test.

    Parameters
    ----------
    fold : Fold
    units : int64 array, shape (clips,)
        Index of each clip's group; without groups, of the clip itself.
    names : array, shape (units,)
        Names of groups or clips, for the message.

    Raises
    ------
    InputError
        If training and test overlap; the message names a group or clip.

    Examples
    --------
    >>> fold = Fold(0, 0, np.array([0, 1]), np.array([2]), np.array([0, 1, 0]))
    >>> check_disjoint(fold, np.array([0, 1, 0]), np.array(["Abba", "Blur"]))
    Traceback (most recent call last):
    gpuclf.errors.InputError: fold 1 of repeat 1: got 'Abba' in training and in test, expected it in
    one of them
    """
    in_training = np.zeros(len(names), dtype=bool)
    in_training[units[fold.train]] = True
    shared = units[fold.test][in_training[units[fold.test]]]
    if len(shared):
        got = f"{str(names[shared[0]])!r} in training and in test"
        raise InputError(str(fold), got=got, expected="it in one of them")
