"""Validation of names and integers that HDF5 stores, and conversion of labels to indices.

Names are compared in Unicode's normal form NFC: systems write the same accented letter as one
character or as two, which look the same.
"""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from gpuclf.errors import InputError, first_line


def first_duplicate(names: Iterable[str]) -> str | None:
    """Return the first name that occurs more than once, or None if all are unique."""
    return next((name for name, count in Counter(names).items() if count > 1), None)


def normalized(name: str) -> str:
    r"""Return a name in normal form (NFC).

    Examples
    --------
    >>> normalized("Cafe\u0301") == "Caf\u00e9"
    True
    """
    return unicodedata.normalize("NFC", name)


def name_of_file(name: str) -> str:
    r"""Return the name of a file or folder in normal form; bytes that are not UTF-8 are escaped.

    Examples
    --------
    >>> print(name_of_file(os.fsdecode(b"caf\xe9")))
    caf\xe9
    """
    try:
        name.encode()
    except UnicodeEncodeError:
        name = os.fsencode(name).decode(errors="backslashreplace")
    return normalized(name)


def numbered_duplicates(names: Iterable[str]) -> list[str]:
    """Return unique names: those that occurred before get a number.

    Examples
    --------
    >>> numbered_duplicates(["a", "b", "a"])
    ['a', 'b', 'a (2)']
    """
    names = list(names)
    used, unique = set(names), dict[str, None]()
    for name in names:
        own, number = name, 1
        while own in unique or (number > 1 and own in used):
            number += 1
            own = f"{name} ({number})"
        unique[own] = None
    return list(unique)


def checked_names(what: str, names: Iterable[object]) -> list[str]:
    r"""Return names as strings in normal form after a check that HDF5 stores them unchanged.

    Parameters
    ----------
    what : str
        Description of the names, for the error message.
    names : iterable of str or int

    Raises
    ------
    InputError
        If a name is not a string or integer, is blank, contains NUL, or is not valid UTF-8.

    Examples
    --------
    >>> checked_names("ids", ["a", 2])
    ['a', '2']
    >>> checked_names("ids", ["a\0"])
    Traceback (most recent call last):
    gpuclf.errors.InputError: ids: got 'a\x00', expected a non-blank UTF-8 string without NUL
    """
    checked = []
    for name in names:
        text = str(name) if isinstance(name, str | int | np.integer) else ""
        if not text.strip() or "\0" in text or text != text.encode(errors="replace").decode():
            expected = "a non-blank UTF-8 string without NUL"
            raise InputError(what, got=repr(name), expected=expected)
        checked.append(normalized(text))
    return checked


def unique_names(what: str, names: Iterable[object]) -> list[str]:
    """Return names as `checked_names` does, after a check that they are unique."""
    checked = checked_names(what, names)
    duplicate = first_duplicate(checked)
    if duplicate is not None:
        raise InputError(what, got=f"{duplicate!r} twice", expected=f"unique {what}")
    return checked


def number_classes(
    labels: Iterable[object] | None,
) -> tuple[list[str] | None, list[int] | None]:
    """Return the sorted class names and the class index of each clip.

    Parameters
    ----------
    labels : iterable of str, or None
        Class name of each clip; None if unknown.

    Returns
    -------
    classes : list of str, or None
    y : list of int, or None
        Class of each clip, an index into ``classes``.

    Raises
    ------
    InputError
        If HDF5 cannot store a name.

    Examples
    --------
    >>> number_classes(["rock", "jazz", "rock"])
    (['jazz', 'rock'], [1, 0, 1])
    """
    if labels is None:
        return None, None
    names = checked_names("labels", labels)
    classes = sorted(set(names))
    numbers = {name: number for number, name in enumerate(classes)}
    return classes, [numbers[name] for name in names]


def check_set_names(names: Iterable[str]) -> None:
    """Check that HDF5 stores the names of feature sets and does not parse them as paths."""
    for name in checked_names("feature set", names):
        if name == "." or "/" in name:
            expected = "a name without '/', other than '.'"
            raise InputError("feature set", got=f"the name {name!r}", expected=expected)


def checked_integers(what: str, values: npt.ArrayLike) -> npt.NDArray[np.integer]:
    """Return a column as an array after a check that it contains integers.

    Parameters
    ----------
    what : str
        Description of the column, for the error message.
    values : int array, shape (clips,)
        A scalar is a column of one value.

    Raises
    ------
    InputError
        If a value is not an integer.

    Examples
    --------
    >>> checked_integers("folds", [0, None])
    Traceback (most recent call last):
    gpuclf.errors.InputError: folds: got values of type object, expected integers
    """
    try:
        column = np.atleast_1d(values)
    except (TypeError, ValueError) as error:  # ragged lists, GPU arrays
        raise InputError(what, got=first_line(error), expected="integers") from error
    if column.ndim > 1:
        got = f"an array of shape {column.shape}"
        raise InputError(what, got=got, expected="integers, one per clip")
    if column.size and column.dtype.kind not in "iu":
        raise InputError(what, got=f"values of type {column.dtype}", expected="integers")
    return column
