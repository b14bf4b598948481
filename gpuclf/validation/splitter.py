"""Splits by a splitter of scikit-learn, or by given pairs of indices.

Consecutive splits whose test sets together contain each clip once are one repeat of the
cross-validation: those of ``RepeatedKFold`` are several repeats, those of ``ShuffleSplit`` one.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral
from typing import Any, Protocol, cast, runtime_checkable

import numpy as np
import numpy.typing as npt

from gpuclf._typing import AnyArray, Ints
from gpuclf.errors import InputError, first_line
from gpuclf.model.splits import Split

Pairs = Iterable[tuple[npt.ArrayLike, npt.ArrayLike]]


@runtime_checkable
class Splitter(Protocol):
    """Splitter of scikit-learn, such as ``GroupKFold(5)``."""

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterable[Any]:
        """Return pairs of indices: training clips and test clips."""


def as_splitter(cv: Splitter | Pairs) -> Splitter:
    """Return a splitter for an argument ``cv`` that is not a number of folds.

    Parameters
    ----------
    cv : splitter, or iterable of (train, test)

    Returns
    -------
    Splitter
        For an iterable, one that returns its pairs at each call.

    Raises
    ------
    InputError
        If ``cv`` is something else.
    """
    from sklearn.model_selection import check_cv

    try:
        return cast(Splitter, check_cv(cv))
    except (TypeError, ValueError) as error:
        got, expected = repr(cv), "a number of folds, a splitter or pairs of indices"
        raise InputError("cv", got=got, expected=expected) from error


def choose_splits(cv: Any, settings: Mapping[str, Any]) -> tuple[Splitter | None, dict[str, Any]]:
    """Choose between an argument ``cv`` and the settings of a cross-validation.

    Parameters
    ----------
    cv : int, splitter, iterable of (train, test), or None
    settings : mapping
        ``split``, ``folds``, ``test_size`` and ``repeats``; those that are None are not given.

    Returns
    -------
    splitter : Splitter or None
        None if the settings determine the splits.
    settings : dict
        Those to use; for a number, stratified folds.

    Raises
    ------
    InputError
        If ``cv`` is invalid, or a setting is given that it replaces.

    Examples
    --------
    >>> choose_splits(5, {"split": None, "repeats": 3})
    (None, {'split': 'stratified-kfold', 'folds': 5, 'repeats': 3})
    >>> choose_splits(5, {"folds": 3})
    Traceback (most recent call last):
    gpuclf.errors.InputError: folds: got 3 with cv, expected only one of the two
    """
    given = {name: value for name, value in settings.items() if value is not None}
    if cv is None:
        return None, given
    number = isinstance(cv, Integral) and not isinstance(cv, bool)
    for name, value in given.items():
        if not (number and name == "repeats"):
            got = f"{value!r} with cv"
            raise InputError(name, got=got, expected="only one of the two")
    if number:
        return None, {"split": "stratified-kfold", "folds": cv, "repeats": 1, **given}
    return as_splitter(cv), {}


def split_repeats(splitter: Splitter, y: Ints, groups: AnyArray | None) -> list[list[Split]]:
    """Split clips into training and test, for every repeat.

    Parameters
    ----------
    splitter : Splitter
        It gets the classes and groups of the clips, but not their features.
    y : int64 array, shape (clips,)
        Class of each clip.
    groups : array, shape (clips,), or None
        Group of each clip.

    Returns
    -------
    list of lists of Split
        Repeats of equal numbers of folds.

    Raises
    ------
    InputError
        If the splitter raises an error, or a set is empty or does not consist of indices of clips.

    Examples
    --------
    >>> from sklearn.model_selection import RepeatedKFold
    >>> y = np.array([0, 0, 0, 1, 1, 1])
    >>> repeats = split_repeats(RepeatedKFold(n_splits=3, n_repeats=2), y, None)
    >>> [len(folds) for folds in repeats]
    [3, 3]
    """
    X = np.zeros((len(y), 1))
    try:
        with warnings.catch_warnings():
            # The folds of any splitter are checked: none divides a group.
            warnings.filterwarnings("ignore", "The groups parameter is ignored", UserWarning)
            pairs = [(train, test) for train, test in splitter.split(X, y, groups)]
    except (TypeError, ValueError) as error:
        raise InputError(f"cv: {first_line(error)}") from error
    if not pairs:
        raise InputError("cv", got="no splits", expected="at least one")
    splits = [
        Split(*(_indices(part, len(y), f"cv, split {number}, {name}") for part, name in named))
        for number, pair in enumerate(pairs, start=1)
        for named in [zip(pair, ("training clips", "test clips"), strict=True)]
    ]
    return _repeats(splits, len(y))


def _indices(part: Any, clips: int, what: str) -> Ints:
    """Return the indices of a set of clips, which may be given as a mask."""
    indices = np.asarray(part)
    if indices.dtype == bool and indices.shape == (clips,):
        indices = np.flatnonzero(indices)
    if indices.ndim != 1 or not len(indices) or indices.dtype.kind not in "iu":
        got = f"an array of shape {indices.shape} and type {indices.dtype}"
        raise InputError(what, got=got, expected="indices of clips")
    outside = indices[(indices < 0) | (indices >= clips)]
    if len(outside):
        raise InputError(what, got=outside[0], expected=f"0 to {clips - 1}")
    if len(np.unique(indices)) < len(indices):
        raise InputError(what, got="the same clip twice", expected="each clip once")
    return indices.astype(np.int64)


def _repeats(splits: Sequence[Split], clips: int) -> list[list[Split]]:
    """Divide splits into repeats in which each clip is tested once; else, return one repeat."""
    repeats: list[list[Split]] = [[]]
    tested = np.zeros(clips, int)
    for split in splits:
        if tested.all():
            repeats.append([])
            tested[:] = 0
        repeats[-1].append(split)
        tested[split.test] += 1
        if tested.max() > 1:
            return [list(splits)]
    equal = len({len(repeat) for repeat in repeats}) == 1
    return repeats if equal and tested.all() else [list(splits)]
