"""Experiment: every hyper-parameter of a run in one place, with its documentation and its check.

It is made from a TOML file, from the command line, or from a dict that may use the names of the
2015 notebook. The options of the command line and the help texts are read off its fields.
"""

from __future__ import annotations

import logging
import math
import tomllib
import types
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from numbers import Integral, Real
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    Self,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from gpuclf.errors import GpuclfError, InputError, did_you_mean, one_of

if TYPE_CHECKING:  # the command line's --help loads no h5py
    from gpuclf.data.features import FeatureSet
    from gpuclf.data.store import FeatureStore

log = logging.getLogger("gpuclf")

FEATURES, SVM, VALIDATION = "Features", "Scaling and SVM", "Cross-validation"


def _parameter(
    default: Any,
    panel: str,
    help: str,
    *,
    above: float = -math.inf,
    at_least: float = -math.inf,
    below: float = math.inf,
    at_most: float = math.inf,
) -> Any:
    limits = {"above": above, "at least": at_least, "below": below, "at most": at_most}
    return field(default=default, metadata={"panel": panel, "help": help, "limits": limits})


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """Every hyper-parameter of an experiment; the defaults are the notebook's.

    Each is documented by its field's ``help``, which ``gpuclf evaluate --help`` prints.

    Raises
    ------
    InputError
        If a value is of the wrong type or outside its range.

    Examples
    --------
    >>> Experiment(kernel="rbf", C=10).C
    10.0
    >>> Experiment(kernel="poly")
    Traceback (most recent call last):
    gpuclf.errors.InputError: kernel: got 'poly', expected one of linear, rbf
    """

    file: str | None = _parameter(None, FEATURES, "Feature file (HDF5).")
    dataset: str | None = _parameter(
        None, FEATURES, "Feature set of the file; by default Z, or the only one."
    )
    n_classes: int | None = _parameter(None, FEATURES, "Use only the first classes.", at_least=1)
    n_clips: int | None = _parameter(
        None, FEATURES, "Use only the first clips of each class.", at_least=1
    )
    n_frames: int | None = _parameter(
        None, FEATURES, "Use only the first frames of each clip.", at_least=1
    )
    n_vectors: int = _parameter(
        6, FEATURES, "Windows a clip; as many again lie half a window later.", at_least=1
    )
    rectify: bool = _parameter(True, FEATURES, "Take the absolute value of the frames first.")
    statistics: tuple[Literal["sum", "mean", "std", "min", "max"], ...] = _parameter(
        ("sum",),
        FEATURES,
        "What to compute over a window, with commas between: sum, mean, std, min, max.",
    )
    scale: Literal["none", "minmax", "std"] = _parameter(
        "minmax", SVM, "Scaling of each feature, learned from the training clips."
    )
    svm_type: Literal["C", "nu", "linear"] = _parameter(
        "C", SVM, "C-SVC, nu-SVC, or LinearSVC (one-vs-rest)."
    )
    kernel: Literal["linear", "rbf"] = _parameter("linear", SVM, "Kernel of C-SVC and nu-SVC.")
    C: float = _parameter(1.0, SVM, "Penalty of errors; for C and linear.", above=0)
    nu: float = _parameter(
        0.5,
        SVM,
        "Bound on the shares of errors and of support vectors; for nu.",
        above=0,
        at_most=1,
    )
    gamma: Literal["scale", "auto"] | float = _parameter(
        "scale", SVM, "Of the RBF kernel: scale, auto or a number.", above=0
    )
    class_weight: Literal["none", "balanced"] = _parameter(
        "none", SVM, "balanced: errors weigh more in classes that have fewer clips."
    )
    solver: Literal["auto", "shared", "library"] = _parameter(
        "auto",
        SVM,
        "shared: all folds over one kernel matrix, if it fits; library: scikit-learn or cuML.",
    )
    majority_voting: bool = _parameter(
        True, VALIDATION, "A clip's vectors vote and clips are scored; else vectors are."
    )
    split: Literal["shuffle", "stratified-shuffle", "kfold", "stratified-kfold", "predefined"] = (
        _parameter("shuffle", VALIDATION, "How clips are split into training and test.")
    )
    test_size: float = _parameter(
        0.1, VALIDATION, "Share of the clips to test on; for the shuffles.", above=0, below=1
    )
    folds: int = _parameter(10, VALIDATION, "Splits a repeat.", at_least=1)
    repeats: int = _parameter(
        20,
        VALIDATION,
        "Runs of all folds; predefined ones run once, unless labels are permuted.",
        at_least=1,
    )
    seed: int = _parameter(
        0, VALIDATION, "Repeat r shuffles with seed + r.", at_least=0, at_most=2**31
    )
    protocol: Literal["inductive", "thesis"] = _parameter(
        "inductive", VALIDATION, "thesis: scale over all clips first, as the notebook did."
    )
    permute_labels: bool = _parameter(
        False, VALIDATION, "Deal the labels out at random: a check that must give chance."
    )

    def __post_init__(self) -> None:
        hints = get_type_hints(type(self))
        for parameter in fields(self):
            value = _conform(parameter.name, getattr(self, parameter.name), hints[parameter.name])
            _check_limits(parameter.name, value, parameter.metadata["limits"])
            object.__setattr__(self, parameter.name, value)
        if not self.statistics:
            raise InputError("statistics", got="none", expected="at least one")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Make an experiment from a dict, in its own or in the notebook's names.

        Parameters
        ----------
        values : mapping
            ``n_vectors`` or ``Nvectors``, ``repeats`` or ``Ncv``, and so on; ``folder`` and
            ``filename_features`` together name the file. What the thesis's other notebooks read out
            of the same dict (``K``, ``ld``, ``N_outer``, ...) is passed over.

        Raises
        ------
        InputError
            If a name is not known, or a value does not fit.

        Examples
        --------
        >>> p = {"Nvectors": 3, "Ncv": 5, "scale": None, "folder": "data", "m": 512}
        >>> experiment = Experiment.from_dict(p)
        >>> experiment.n_vectors, experiment.repeats, experiment.scale, experiment.file
        (3, 5, 'none', 'data/features.hdf5')
        """
        own = [parameter.name for parameter in fields(cls)]
        chosen: dict[str, Any] = {}
        passed_over = []
        for given, value in values.items():
            name = NOTEBOOK_NAMES.get(given, given)
            if name in own:
                if name in chosen:
                    raise InputError(given, got=f"a second value for {name}", expected="one")
                chosen[name] = "none" if name == "scale" and value is None else value
            elif given in OTHER_NOTEBOOKS:
                passed_over.append(given)
            elif given not in NOTEBOOK_FILE:
                raise InputError(
                    "experiment", got=f"unknown name {given!r}", expected=did_you_mean(given, own)
                )
        if "file" not in chosen and NOTEBOOK_FILE.keys() & values.keys():
            parts = {name: values.get(name, usual) for name, usual in NOTEBOOK_FILE.items()}
            chosen["file"] = str(Path(*(_conform(name, parts[name], str) for name in parts)))
        if passed_over:
            log.info("passed over, as other notebooks' parameters: %s", ", ".join(passed_over))
        return cls(**chosen)

    @classmethod
    def from_toml(cls, path: str | Path) -> Self:
        """Read an experiment from a TOML file of names and values.

        Parameters
        ----------
        path : path
            The file, its names as in `from_dict`.

        Raises
        ------
        InputError
            If the file cannot be read, is no TOML, or a value does not fit; the message names the
            file.
        """
        try:
            return cls.from_dict(tomllib.loads(Path(path).read_text(encoding="utf-8")))
        except OSError as error:
            raise InputError(str(path), got=error.strerror, expected="a TOML file") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InputError(f"{path}: not valid TOML: {error}") from error
        except GpuclfError as error:
            raise InputError(f"{path}: {error}") from error

    def select(self, store: FeatureStore) -> FeatureSet:
        """Give the part of the file's feature set that the experiment is about."""
        return store.select(self.dataset).subset(self.n_classes, self.n_clips, self.n_frames)

    @property
    def aggregation(self) -> dict[str, Any]:
        """The options of `gpuclf.aggregate`."""
        return {
            "n_vectors": self.n_vectors,
            "rectify": self.rectify,
            "statistics": self.statistics,
        }

    def panel(self, panel: str) -> dict[str, Any]:
        """Give the hyper-parameters of one panel: ``FEATURES``, ``SVM`` or ``VALIDATION``."""
        return {
            parameter.name: getattr(self, parameter.name)
            for parameter in fields(self)
            if parameter.metadata["panel"] == panel
        }

    def to_dict(self) -> dict[str, Any]:
        """Give every hyper-parameter as plain values; `from_dict` reads it back."""
        return {**asdict(self), "statistics": list(self.statistics)}


NOTEBOOK_NAMES = {
    "Ngenres": "n_classes",
    "Nclips": "n_clips",
    "Nframes": "n_frames",
    "Nvectors": "n_vectors",
    "Nfolds": "folds",
    "Ncv": "repeats",
    "dataset_classification": "dataset",
    "absrect": "rectify",
    "rand": "permute_labels",
}
NOTEBOOK_FILE = {"folder": "data", "filename_features": "features.hdf5"}
OTHER_NOTEBOOKS = frozenset(
    [
        "K",
        "dm",
        "Csigma",
        "diag",
        "laplacian",
        "tol",
        "m",
        "ls",
        "ld",
        "le",
        "lg",
        "rtol",
        "N_inner",
        "N_outer",
        "noise_std",
        "filename_gtzan",
        "filename_audio",
        "filename_graph",
    ]
)


def _conform(name: str, value: Any, hint: Any) -> Any:
    """Bring a value into the type of its field, or say that it does not fit."""
    alternatives = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    for alternative in alternatives:
        try:
            return _converted(name, value, alternative)
        except InputError:  # of an item of a list
            raise
        except (TypeError, ValueError, OverflowError):
            continue
    raise InputError(name, got=repr(value), expected=" or ".join(map(_describe, alternatives)))


def _converted(name: str, value: Any, hint: Any) -> Any:
    if get_origin(hint) is tuple and isinstance(value, str | list | tuple):
        items = value.split(",") if isinstance(value, str) else value
        return tuple(_conform(name, item, get_args(hint)[0]) for item in items)
    if get_origin(hint) is Literal and value in get_args(hint):
        return value
    if hint in (int, float) and type(value) is not bool:
        number = hint(value) if isinstance(value, _NUMBERS[hint]) else math.nan
        if math.isfinite(number):
            return number
    elif hint in (bool, str, type(None)) and isinstance(value, hint):
        return value
    raise TypeError(hint)


_NUMBERS = {int: Integral, float: Real}  # NumPy's scalars are among them


def _describe(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return one_of(get_args(hint))
    names = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
    return names.get(hint, "nothing" if hint is type(None) else "a list")


def _check_limits(name: str, value: Any, limits: Mapping[str, float]) -> None:
    if not isinstance(value, int | float):
        return
    kept = {
        "above": value > limits["above"],
        "at least": value >= limits["at least"],
        "below": value < limits["below"],
        "at most": value <= limits["at most"],
    }
    if not all(kept.values()):
        bounds = [f"{word} {limit:.10g}" for word, limit in limits.items() if math.isfinite(limit)]
        raise InputError(name, got=value, expected="a number " + " and ".join(bounds))
