"""What gpuclf raises when it is given something that it cannot use.

Every message is one line that says what is wrong, what was got and what was expected; the command
line prints it and exits with status 2.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class GpuclfError(Exception):
    """A mistake that the user can mend; the parent of every error that gpuclf raises on purpose.

    Parameters
    ----------
    what : str
        The thing that is wrong: an option, a file, a clip.
    got, expected : str, optional
        What it was, and what would have been right.

    Examples
    --------
    >>> print(GpuclfError("folds", got=1, expected="at least 2"))
    folds: got 1, expected at least 2
    """

    def __init__(self, what: str, got: object = None, expected: object = None) -> None:
        got_expected = [
            f"{word} {value}"
            for word, value in (("got", got), ("expected", expected))
            if value is not None
        ]
        super().__init__(": ".join(filter(None, [what, ", ".join(got_expected)])))


class InputError(GpuclfError, ValueError):
    """A value, an array or an option outside what is allowed."""


class FeatureFileError(GpuclfError):
    """A feature file that is missing, damaged or laid out in a way that gpuclf does not know."""


class ModelFileError(GpuclfError):
    """A model file that is missing, damaged, foreign or too new."""


class ResultFileError(GpuclfError):
    """A result file that is missing, foreign, or not comparable with another."""


class OutputError(GpuclfError):
    """A place that cannot be written to."""


class BackendError(GpuclfError, RuntimeError):
    """A backend that is not available here, or that cannot do what was asked."""


def one_of(names: Iterable[object]) -> str:
    """Name the allowed values, for the ``expected`` part of a message.

    Examples
    --------
    >>> one_of(["none", "minmax", "std"])
    'one of none, minmax, std'
    """
    return "one of " + ", ".join(str(name) for name in names)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Suggest the known name nearest to a mistyped one, or list them all.

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


def first_line(error: BaseException) -> str:
    r"""Give the first line of another library's message, or the error's name if it has none.

    Examples
    --------
    >>> first_line(OSError("no device\nand much more"))
    'no device'
    """
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
