"""Options that have an effect only with certain values of others.

An option that the user gives without such a value is refused: the user expects an effect. Values
from presets and files of settings are not concerned. Options of the split whose effect depends on
the clips of a file are in `gpuclf.config.file_folds`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from gpuclf._utils.formatting import option_words
from gpuclf.errors import InputError
from gpuclf.svm.spec import EFFECTIVE_WITH

Values = Mapping[str, Collection[Any]]

# By option: alternatives, each of which requires one of the values of every option in it.
EFFECTS: dict[str, tuple[dict[str, tuple[Any, ...]], ...]] = {
    **{name: (needed,) for name, needed in EFFECTIVE_WITH.items()},
    # Experiment
    "rectify": ({"log": ("none",)},),
    "protocol": ({"scale": ("minmax", "std")}, {"majority_voting": (False,)}),
    "target_precision": ({"probability": (True,)},),
    "groups": ({"majority_voting": (True,)}, {"protocol": ("inductive",)}),
    # Search
    "trials": ({"method": ("random", "guided")},),
    # Extraction
    "frame": ({"features": ("Xa", "Xs", "Xn")},),
    **dict.fromkeys(
        ("n_fft", "hop", "n_mels", "fmin", "fmax", "deltas", "backend", "device"),
        ({"features": ("mel", "mfcc")},),
    ),
    "n_mfcc": ({"features": ("mfcc",)},),
    # Prediction
    "onnx": ({"input": ("recordings",)},),
    "memory": ({"input": ("a feature file",)},),
    "cache": ({"input": ("a feature file",)},),
}


def check_effects(given: Iterable[str], values: Values, varied: Collection[str] = ()) -> None:
    """Check that each option that the user gives has an effect.

    Parameters
    ----------
    given : iterable of str
        Names of the options that are given explicitly.
    values : mapping of str to collection
        Values of an option in the run: several if they are searched or a list. Options that are
        not in it fulfil every requirement.
    varied : collection of str
        Options whose values are replaced by others in the whole run.

    Raises
    ------
    InputError
        If an option has no effect; the message names the value that it needs.

    Examples
    --------
    >>> check_effects(["gamma"], {"svm_type": ["C"], "kernel": ["linear", "rbf"]})
    >>> check_effects(["trials"], {"method": ["grid"]})
    Traceback (most recent call last):
    gpuclf.errors.InputError: --trials: got no effect with --method grid, expected --method random
    or guided, or no --trials
    """
    for name in given:
        flag = "--" + name.replace("_", "-")
        if name in varied:
            got = f"{flag} and values of {name} to compare"
            raise InputError(flag, got=got, expected="one of the two")
        unmet = _unmet(name, values)
        if not unmet:
            continue
        got = " and ".join(_text(other, values[other]) for other in dict.fromkeys(unmet))
        expected = " or ".join(
            _text(other, needed[other]) for other, needed in zip(unmet, EFFECTS[name], strict=True)
        )
        raise InputError(flag, got=f"no effect with {got}", expected=f"{expected}, or no {flag}")


def has_effect(name: str, values: Values) -> bool:
    """Return whether an option has an effect; see `check_effects`.

    Examples
    --------
    >>> has_effect("nu", {"svm_type": ["C"]})
    False
    """
    return not _unmet(name, values)


def _unmet(name: str, values: Values) -> list[str]:
    """Return an option without a needed value for each alternative; empty if one is fulfilled."""
    unmet = [_first_unmet(needed, values) for needed in EFFECTS.get(name, ())]
    return [] if None in unmet else [other for other in unmet if other is not None]


def _first_unmet(needed: Mapping[str, Collection[Any]], values: Values) -> str | None:
    """Return the first option that has none of the needed values, or None."""
    for name, accepted in needed.items():
        if name in values and not set(values[name]) & set(accepted):
            return name
    return None


def _text(name: str, values: Collection[Any]) -> str:
    """Format values as on the command line; those of an argument have no name.

    >>> _text("kernel", ["linear", "rbf"]), _text("input", ["a feature file"])
    ('--kernel linear or rbf', 'a feature file')
    """
    words = [option_words(name, value) for value in values]
    flag = [] if name == "input" else [words[0][0]]
    return " ".join([*flag, " or ".join(word for each in words for word in each[1:])]).strip()
