"""Names and integers of a feature file: what HDF5 can store, and class labels as indices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from gpuclf.errors import InputError, first_line


def first_duplicate(names: Iterable[str]) -> str | None:
    """First name that occurs more than once, or None if all are different."""
    return next((name for name, count in Counter(names).items() if count > 1), None)


def texts(what: str, names: Iterable[object]) -> list[str]:
    r"""Check that HDF5 can store names unchanged; integers are converted.

    Parameters
    ----------
    what : str
        What they are, for the message.
    names : iterable of str or int

    Raises
    ------
    InputError
        If a name is not text, is blank, or contains NUL or half of a surrogate pair.

    Examples
    --------
    >>> texts("ids", ["a", 2])
    ['a', '2']
    >>> texts("ids", ["a\0"])
    Traceback (most recent call last):
    gpuclf.errors.InputError: ids: got 'a\x00', expected a text in UTF-8, not blank and without NUL
    """
    checked = []
    for name in names:
        text = str(name) if isinstance(name, str | int | np.integer) else ""
        if not text.strip() or "\0" in text or text != text.encode(errors="replace").decode():
            expected = "a text in UTF-8, not blank and without NUL"
            raise InputError(what, got=repr(name), expected=expected)
        checked.append(text)
    return checked


def different_texts(what: str, names: Iterable[object]) -> list[str]:
    """Check names as `texts` does, and that no two are the same."""
    checked = texts(what, names)
    duplicate = first_duplicate(checked)
    if duplicate is not None:
        raise InputError(what, got=f"{duplicate!r} twice", expected="another for each clip")
    return checked


def number_classes(
    labels: Iterable[object] | None,
) -> tuple[list[str] | None, list[int] | None]:
    """Sort the class names, and number each clip's class.

    Parameters
    ----------
    labels : iterable of str, or None
        The name of each clip's class; None if the classes are not known.

    Returns
    -------
    classes : list of str, or None
    y : list of int, or None
        Each clip's class, an index into ``classes``.

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
    names = texts("labels", labels)
    classes = sorted(set(names))
    numbers = {name: number for number, name in enumerate(classes)}
    return classes, [numbers[name] for name in names]


def check_sets(names: Iterable[str]) -> None:
    """Check that HDF5 can store names of feature sets and does not read them as paths."""
    for name in texts("feature set", names):
        if name == "." or "/" in name:
            raise InputError("feature set", got=f"the name {name!r}", expected="another, without /")


def whole_numbers(what: str, values: npt.ArrayLike) -> npt.NDArray[np.integer]:
    """Check that a column contains integers.

    Parameters
    ----------
    what : str
        What they are, for the message.
    values : int array, shape (clips,)
        A single number is a column of one.

    Raises
    ------
    InputError
        If it contains something else.

    Examples
    --------
    >>> whole_numbers("folds", [0, None])
    Traceback (most recent call last):
    gpuclf.errors.InputError: folds: got values of type object, expected whole numbers
    """
    try:
        column = np.atleast_1d(values)
    except (TypeError, ValueError) as error:  # ragged lists, GPU arrays
        raise InputError(what, got=first_line(error), expected="whole numbers") from error
    if column.ndim > 1:
        got = f"an array of shape {column.shape}"
        raise InputError(what, got=got, expected="whole numbers, one a clip")
    if column.size and column.dtype.kind not in "iu":
        raise InputError(what, got=f"values of type {column.dtype}", expected="whole numbers")
    return column
