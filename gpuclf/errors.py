"""Exceptions of gpuclf.

Every message is one line, "WHERE: got X, expected Y"; the command line prints it and exits with
status 2.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

MOST_LISTED = 20  # names
MOST_SHOWN = 1000  # characters of a value; more than any list of `MOST_LISTED` options needs


class GpuclfError(Exception):
    """An error that the user can correct; base class of all exceptions of gpuclf.

    Parameters
    ----------
    what : str
        What is wrong: an option, a file, a clip.
    got, expected : object, optional
        Its value, and the allowed values.

    Examples
    --------
    >>> print(GpuclfError("folds", got=1, expected="at least 2"))
    folds: got 1, expected at least 2
    """

    def __init__(self, what: str, got: object = None, expected: object = None) -> None:
        got_expected = [
            f"{word} {_shortened(str(value))}"
            for word, value in (("got", got), ("expected", expected))
            if value is not None
        ]
        super().__init__(": ".join(filter(None, [what, ", ".join(got_expected)])))


class InputError(GpuclfError, ValueError):
    """An option, value or array is invalid."""


class FeatureFileError(GpuclfError):
    """A feature file is missing, damaged or in an unknown layout."""


class ModelFileError(GpuclfError):
    """A model file is missing, damaged, of another format or of a newer version."""


class ResultFileError(GpuclfError):
    """A result file is missing, of another format, or not comparable with another one."""


class OutputError(GpuclfError):
    """Output path is not writable."""


class BackendError(GpuclfError, RuntimeError):
    """A backend is not available, or does not support the operation."""


def one_of(names: Iterable[object]) -> str:
    """Return the list of allowed values for the ``expected`` part of a message.

    Examples
    --------
    >>> one_of(["none", "minmax", "std"])
    'one of none, minmax, std'
    """
    return f"one of {listed(names)}"


def listed(names: Iterable[object], most: int = MOST_LISTED) -> str:
    """Return names separated by commas; of a long list, the first ones and the number of others.

    Examples
    --------
    >>> listed(["blues", "jazz"]), listed(range(300), most=3)
    ('blues, jazz', '0, 1, 2 and 297 more')
    """
    texts = list(map(str, names))
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the known name most similar to a misspelled one, or the list of all names.

    Examples
    --------
    >>> did_you_mean("n_vector", ["n_vectors", "kernel"])
    'n_vectors'
    >>> did_you_mean("tempo", ["n_vectors", "kernel"])
    'one of n_vectors, kernel'
    """
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1)
    return near[0] if near else one_of(known)


def _shortened(text: str) -> str:
    """Cut the middle out of a text that is too long for a message."""
    half = MOST_SHOWN // 2
    return text if len(text) <= MOST_SHOWN else f"{text[:half]} … {text[-half:]}"


def first_line(error: BaseException) -> str:
    r"""Return the first line of an exception's message, or its type if the message is empty.

    Examples
    --------
    >>> first_line(OSError("no device\nand much more"))
    'no device'
    """
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
