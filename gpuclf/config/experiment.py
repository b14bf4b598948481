"""Experiment: every hyper-parameter of a run in one place, with its documentation and its check.

It is made from a TOML file, from the command line, or from a dict that may use the names of the
2015 notebook.
"""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from gpuclf._utils.conversion import conform
from gpuclf._utils.fields import conform_fields, parameter
from gpuclf.errors import GpuclfError, InputError, did_you_mean
from gpuclf.vectors.choices import STATISTIC_NAMES, LogarithmName, ScaleName, StatisticName

if TYPE_CHECKING:  # the command line's --help loads no h5py
    from gpuclf.features.clip_table import CsvColumn
    from gpuclf.features.feature_file import FeatureStore
    from gpuclf.features.feature_set import FeatureSet

log = logging.getLogger("gpuclf")

FEATURES, SVM, VALIDATION = "Features", "Scaling and SVM", "Cross-validation"
CLIPS, PERMUTATION = "Groups and folds", "Permutation test"


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

    file: str | None = parameter(None, FEATURES, "Feature file (HDF5).")
    dataset: str | None = parameter(
        None, FEATURES, "Feature set of the file; by default Z, or the only one."
    )
    n_classes: int | None = parameter(None, FEATURES, "Use only the first classes.", at_least=1)
    n_clips: int | None = parameter(
        None, FEATURES, "Use only the first clips of each class.", at_least=1
    )
    n_frames: int | None = parameter(
        None, FEATURES, "Use only the first frames of each clip.", at_least=1
    )
    n_vectors: int = parameter(
        6, FEATURES, "Windows a clip; as many again lie half a window later.", at_least=1
    )
    rectify: bool = parameter(True, FEATURES, "Take the absolute value of the frames first.")
    log: LogarithmName = parameter(
        "none", FEATURES, "Logarithm of the frames' absolute values to take first."
    )
    statistics: tuple[StatisticName, ...] = parameter(
        ("sum",),
        FEATURES,
        f"What to compute over a window, with commas between: {', '.join(STATISTIC_NAMES)}.",
    )
    scale: ScaleName = parameter(
        "minmax", SVM, "Scaling of each feature, learned from the training clips."
    )
    svm_type: Literal["C", "nu", "linear"] = parameter(
        "C", SVM, "C-SVC, nu-SVC, or LinearSVC (one-vs-rest)."
    )
    kernel: Literal["linear", "rbf"] = parameter("linear", SVM, "Kernel of C-SVC and nu-SVC.")
    C: float = parameter(1.0, SVM, "Penalty of errors; for C and linear.", above=0, log=True)
    nu: float = parameter(
        0.5,
        SVM,
        "Bound on the shares of errors and of support vectors; for nu.",
        above=0,
        at_most=1,
    )
    gamma: Literal["scale", "auto"] | float = parameter(
        "scale", SVM, "Of the RBF kernel: scale, auto or a number.", above=0, log=True
    )
    class_weight: Literal["none", "balanced"] = parameter(
        "none", SVM, "balanced: errors weigh more in classes that have fewer clips."
    )
    solver: Literal["auto", "shared", "library"] = parameter(
        "auto",
        SVM,
        "shared: all folds over one kernel matrix, if it fits; library: scikit-learn or cuML.",
    )
    groups: str | None = parameter(
        None,
        CLIPS,
        "CSV:COLUMN of what must never stand on both sides of a split; by default the file's own.",
    )
    folds_from: str | None = parameter(
        None, CLIPS, "CSV:COLUMN of predefined folds; by default the file's own."
    )
    majority_voting: bool = parameter(
        True, VALIDATION, "A clip's vectors vote and clips are scored; else vectors are."
    )
    split: Literal["shuffle", "stratified-shuffle", "kfold", "stratified-kfold", "predefined"] = (
        parameter(
            None,  # what it stands for depends on folds_from
            VALIDATION,
            "How clips are split (by default shuffle; predefined if folds come from a CSV file).",
        )
    )
    test_size: float = parameter(
        0.1, VALIDATION, "Share of the clips to test on; for the shuffles.", above=0, below=1
    )
    folds: int = parameter(10, VALIDATION, "Splits a repeat.", at_least=1)
    repeats: int = parameter(
        20,
        VALIDATION,
        "Runs of all folds; predefined ones run once, unless labels are permuted.",
        at_least=1,
    )
    seed: int = parameter(
        0, VALIDATION, "Repeat r shuffles with seed + r.", at_least=0, at_most=2**31
    )
    protocol: Literal["inductive", "thesis"] = parameter(
        "inductive", VALIDATION, "thesis: scale over all clips first, as the notebook did."
    )
    permute_labels: bool = parameter(
        False, VALIDATION, "Deal the labels out at random: a check that must give chance."
    )
    permutations: int = parameter(
        0,
        PERMUTATION,
        "Repeat the run so often with permuted labels: tells how likely chance scores as well.",
        at_least=0,
    )

    def __post_init__(self) -> None:
        conform_fields(self, split="shuffle" if self.folds_from is None else "predefined")
        if not self.statistics:
            raise InputError("statistics", got="none", expected="at least one")
        self._columns()
        if self.folds_from is not None and self.split != "predefined":
            raise InputError("folds_from", got=f"split {self.split!r}", expected="predefined")

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
        return cls(**cls._in_own_names(values))

    @classmethod
    def _in_own_names(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Translate the notebook's names, and refuse those that nobody knows."""
        own = [each.name for each in fields(cls)]
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
            chosen["file"] = str(Path(*(conform(name, parts[name], str) for name in parts)))
        if passed_over:
            log.info("passed over, as other notebooks' parameters: %s", ", ".join(passed_over))
        return chosen

    @classmethod
    def from_toml(cls, path: str | Path, **typed: Any) -> Self:
        """Read an experiment from a TOML file of names and values.

        Parameters
        ----------
        path : path
            The file, its names as in `from_dict`.
        **typed
            Values that go before the file's, in an experiment's own names.

        Raises
        ------
        InputError
            If the file cannot be read, is no TOML, or a value does not fit; the message names the
            file if the fault is in there.
        """
        return cls(**{**cls.read_toml(path), **typed})

    @classmethod
    def read_toml(cls, path: str | Path) -> dict[str, Any]:
        """Read the values of a TOML file, in an experiment's own names.

        Raises
        ------
        InputError
            As `from_toml` does.
        """
        try:
            values = cls._in_own_names(tomllib.loads(Path(path).read_text(encoding="utf-8")))
            cls(**values)  # its faults are the file's, whatever was typed
        except OSError as error:
            raise InputError(str(path), got=error.strerror, expected="a TOML file") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InputError(f"{path}: not valid TOML: {error}") from error
        except GpuclfError as error:
            raise InputError(f"{path}: {error}") from error
        return values

    @classmethod
    def for_file(cls, file: str | Path, preset: str | None = None, **values: Any) -> Self:
        """Make an experiment with the defaults that suit a feature file.

        Parameters
        ----------
        file : path
            Where it was extracted from recordings, it says which they are: see
            `gpuclf.config.presets`.
        preset : str, optional
            Another preset than the file's.
        **values
            What goes before the defaults.

        Raises
        ------
        InputError
            If a name is not known, or a value does not fit.
        """
        from gpuclf.config.presets import preset_named, preset_of

        usual = preset_named(preset or preset_of(file)).experiment
        return cls(**{**usual, "file": str(file), **values})

    @property
    def inputs(self) -> list[str]:
        """The files that it reads: the feature file, and tables of groups and folds."""
        tables = [column.path for column in self._columns().values()]
        return tables if self.file is None else [self.file, *tables]

    def select(self, store: FeatureStore) -> FeatureSet:
        """Give the part of the file's feature set that the experiment is about.

        Parameters
        ----------
        store : FeatureStore
            The open file.

        Returns
        -------
        FeatureSet
            Its clips have the groups and folds that the experiment names, else the file's own.

        Raises
        ------
        GpuclfError
            If the file has no such feature set or part, or a table of groups or folds does not
            fit its clips.
        """
        from gpuclf.features.clip_table import read_folds, read_groups

        features = store.select(self.dataset)
        columns = self._columns()
        if "groups" in columns:
            features = features.grouped(groups=read_groups(columns["groups"], features.clips))
        if "folds_from" in columns:
            features = features.grouped(folds=read_folds(columns["folds_from"], features.clips))
        return features.subset(self.n_classes, self.n_clips, self.n_frames)

    def _columns(self) -> dict[str, CsvColumn]:
        from gpuclf.features.clip_table import parse_column

        given = {"groups": self.groups, "folds_from": self.folds_from}
        return {name: parse_column(text, name) for name, text in given.items() if text is not None}

    @property
    def aggregation(self) -> dict[str, Any]:
        """The options of `gpuclf.aggregate`."""
        return {
            "n_vectors": self.n_vectors,
            "rectify": self.rectify,
            "log": self.log,
            "statistics": self.statistics,
        }

    def panel(self, panel: str) -> dict[str, Any]:
        """Give the hyper-parameters of one panel: ``FEATURES``, ``SVM``, ``VALIDATION``, ..."""
        return {
            each.name: getattr(self, each.name)
            for each in fields(self)
            if each.metadata["panel"] == panel
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
