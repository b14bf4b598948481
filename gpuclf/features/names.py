"""What a feature file calls things: names that HDF5 can hold, and numbers that stand for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from gpuclf.errors import InputError, first_line


def texts(what: str, names: Iterable[object]) -> list[str]:
    r"""Make sure that HDF5 can hold names as they are.

    Parameters
    ----------
    what : str
        What they are, for the message.
    names : iterable of str
        Whole numbers are written out.

    Returns
    -------
    list of str

    Raises
    ------
    InputError
        If one is no text, is blank, or holds NUL or half of a surrogate pair.

    Examples
    --------
    >>> texts("ids", ["a", 2])
    ['a', '2']
    >>> texts("ids", ["a\0"])
    Traceback (most recent call last):
    gpuclf.errors.InputError: ids: got 'a\x00', expected a text in UTF-8, not blank and without NUL
    """
    found = []
    for name in names:
        text = str(name) if isinstance(name, str | int | np.integer) else ""
        if not text.strip() or "\0" in text or text != text.encode(errors="replace").decode():
            expected = "a text in UTF-8, not blank and without NUL"
            raise InputError(what, got=repr(name), expected=expected)
        found.append(text)
    return found


def different_texts(what: str, names: Iterable[object]) -> list[str]:
    """Make sure that HDF5 can hold names as they are, and that no two are the same.

    Parameters
    ----------
    what, names
        As of `texts`.

    Returns
    -------
    list of str

    Raises
    ------
    InputError
        As of `texts`, and if a name stands twice.
    """
    found = texts(what, names)
    doubled = [name for name, times in Counter(found).items() if times > 1]
    if doubled:
        raise InputError(what, got=f"{doubled[0]!r} twice", expected="another for each clip")
    return found


def number_classes(
    labels: Iterable[object] | None,
) -> tuple[list[str] | None, list[int] | None]:
    """Sort the classes, and tell each clip's.

    Parameters
    ----------
    labels : iterable of str, or None
        The name of each clip's class; None if they are not known.

    Returns
    -------
    classes : list of str, or None
    y : list of int, or None
        Each clip's class, an index into ``classes``.

    Raises
    ------
    InputError
        As of `texts`.

    Examples
    --------
    >>> number_classes(["rock", "jazz", "rock"])
    (['jazz', 'rock'], [1, 0, 1])
    """
    if labels is None:
        return None, None
    names = texts("labels", labels)
    classes = sorted(set(names))
    places = {name: place for place, name in enumerate(classes)}
    return classes, [places[name] for name in names]


def check_sets(names: Iterable[str]) -> None:
    """Make sure that feature sets can be called so; a slash would lead to a group within.

    Raises
    ------
    InputError
        If HDF5 cannot hold a name, or would take it for a place.
    """
    for name in texts("feature set", names):
        if name == "." or "/" in name:
            raise InputError("feature set", got=f"the name {name!r}", expected="another, without /")


def whole_numbers(what: str, values: npt.ArrayLike) -> npt.NDArray[np.integer]:
    """Make sure that a column holds whole numbers.

    Parameters
    ----------
    what : str
        What they are, for the message.
    values : int array, shape (clips,)
        One number is a column of one.

    Returns
    -------
    int array, shape (clips,)

    Raises
    ------
    InputError
        If it holds something else.

    Examples
    --------
    >>> whole_numbers("folds", [0, None])
    Traceback (most recent call last):
    gpuclf.errors.InputError: folds: got values of type object, expected whole numbers
    """
    try:
        column = np.atleast_1d(values)
    except (TypeError, ValueError) as error:  # of lists that are ragged, of a GPU
        raise InputError(what, got=first_line(error), expected="whole numbers") from error
    if column.ndim > 1:
        got = f"an array of shape {column.shape}"
        raise InputError(what, got=got, expected="whole numbers, one a clip")
    if column.size and column.dtype.kind not in "iu":
        raise InputError(what, got=f"values of type {column.dtype}", expected="whole numbers")
    return column
