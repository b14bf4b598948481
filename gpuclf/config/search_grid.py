"""Parser of ``--grid``: hyper-parameters of an experiment and their values.

``C=0.1,1,10`` is a list of values, ``C=0.01..100`` a range for a random or guided search.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import TYPE_CHECKING, get_type_hints

from gpuclf._utils.conversion import from_text
from gpuclf.config.experiment import PART_OF, PARTS
from gpuclf.config.parts import Features, Svm
from gpuclf.errors import InputError, did_you_mean

if TYPE_CHECKING:  # --help loads no NumPy
    from gpuclf.tuning.space import Choice, Range

# These change the clips or do not change the result.
NOT_SEARCHABLE = ("n_classes", "n_clips", "solver")


def searchable() -> list[str]:
    """Return the names of the hyper-parameters that can be searched over the same clips.

    Examples
    --------
    >>> "n_vectors" in searchable(), "folds" in searchable()
    (True, False)
    """
    names = [each.name for part in (Features, Svm) for each in fields(part)]
    return [name for name in names if name not in NOT_SEARCHABLE]


def check_searchable(names: Iterable[str]) -> None:
    """Check that hyper-parameters can be searched.

    Parameters
    ----------
    names : iterable of str

    Raises
    ------
    InputError
        If one of them cannot; the message names it.
    """
    for name in names:
        if name not in searchable():
            raise InputError("grid", got=repr(name), expected=did_you_mean(name, searchable()))


def parse_space(texts: Iterable[str]) -> dict[str, Choice | Range]:
    """Parse hyper-parameters and their values or ranges.

    Parameters
    ----------
    texts : iterable of str
        ``NAME=VALUE,VALUE,...`` or ``NAME=LOW..HIGH`` each; ``-`` may stand for ``_``.

    Returns
    -------
    dict of str to Choice or Range
        In the order of ``texts``.

    Raises
    ------
    InputError
        If a name is unknown or repeated, or a value is invalid.

    Examples
    --------
    >>> parse_space(["n-vectors=3,6", "C=0.1..10"])
    {'n_vectors': Choice(values=(3, 6)), 'C': Range(low=0.1, high=10.0, whole=False, log=True)}
    """
    space: dict[str, Choice | Range] = {}
    for text in texts:
        given, equals, values = text.partition("=")
        if not equals or not values:
            expected = "NAME=VALUES, as in C=0.1,1,10"
            raise InputError("grid", got=repr(text), expected=expected)
        name = given.strip().replace("-", "_")
        if name in space:
            raise InputError("grid", got=f"{name} twice", expected="each name once")
        space[name] = parse_axis(name, values)
    return space


def parse_axis(name: str, text: str) -> Choice | Range:
    """Parse the values or the range of one hyper-parameter.

    Parameters
    ----------
    name : str
        A field of `gpuclf.Experiment`.
    text : str
        ``VALUE,VALUE,...`` or ``LOW..HIGH``.

    Raises
    ------
    InputError
        If the name is unknown or a value is invalid.
    """
    from gpuclf.tuning.space import Choice, Range

    check_searchable([name])
    part = PARTS[PART_OF[name]]
    hint = get_type_hints(part)[name]
    low, dots, high = text.partition("..")
    if not dots:
        values = [from_text(name, part.strip(), hint) for part in text.split(",")]
        for value in values:
            part(**{name: value})  # checks the limits
        return Choice(tuple(dict.fromkeys(values)))
    first, last = (from_text(name, end.strip(), hint) for end in (low, high))
    if {type(first), type(last)} - {int, float}:
        raise InputError(name, got=f"the range {text}", expected="comma-separated values")
    for end in (first, last):
        part(**{name: end})
    [log] = [each.metadata.get("log", False) for each in fields(part) if each.name == name]
    return Range(first, last, whole=isinstance(first, int), log=log)
