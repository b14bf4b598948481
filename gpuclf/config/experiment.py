"""Experiment: all hyper-parameters of a run, in four validated parts.

It is created from a TOML file, from the command line, or from a dict, which may use the names of
the 2015 notebook. All of them use flat names, without the part.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from gpuclf._utils.conversion import conform
from gpuclf._utils.system_errors import system_reason
from gpuclf.config.notebook_names import translate_names
from gpuclf.config.parts import Clips, Features, Probabilities, Svm
from gpuclf.errors import GpuclfError, InputError, did_you_mean
from gpuclf.validation.options import Validation

if TYPE_CHECKING:  # --help loads no h5py
    from gpuclf.features.feature_file import FeatureStore
    from gpuclf.features.feature_set import FeatureSet

PARTS = {
    "features": Features,
    "svm": Svm,
    "probabilities": Probabilities,
    "clips": Clips,
    "validation": Validation,
}
PART_OF = {each.name: part for part, kind in PARTS.items() for each in fields(kind)}
NAMES = ["file", *PART_OF]
SELECTION = ("dataset", "n_classes", "n_clips", "n_frames")  # of clips and frames in a file


@dataclass(frozen=True, init=False)
class Experiment:
    """All hyper-parameters of an experiment; the defaults are those of the 2015 notebook.

    Parameters
    ----------
    file : str, optional
        Feature file (HDF5).
    features : Features, optional
        Selection of frames and their aggregation to feature vectors.
    svm : Svm, optional
        Scaling and classification of feature vectors.
    probabilities : Probabilities, optional
        Calibration of probabilities and rejection.
    clips : Clips, optional
        Groups and folds of the clips.
    validation : Validation, optional
        Cross-validation; with ``folds_from``, the split is ``predefined``.
    **values
        Hyper-parameters of the parts by flat name: ``C=10`` sets the ``C`` of ``svm``. They are
        also attributes: ``experiment.C``.

    Raises
    ------
    InputError
        If a value is of the wrong type or outside its range.

    Examples
    --------
    >>> Experiment(kernel="rbf", C=10).C
    10.0
    >>> Experiment(svm=Svm(kernel="rbf"), folds=5).svm.kernel
    'rbf'
    >>> Experiment(kernel="poly")
    Traceback (most recent call last):
    gpuclf.errors.InputError: kernel: got 'poly', expected one of linear, rbf
    """

    file: str | None
    features: Features
    svm: Svm
    probabilities: Probabilities
    clips: Clips
    validation: Validation

    def __init__(
        self,
        *,
        file: str | os.PathLike[str] | None = None,
        features: Features | None = None,
        svm: Svm | None = None,
        probabilities: Probabilities | None = None,
        clips: Clips | None = None,
        validation: Validation | None = None,
        **values: Any,
    ) -> None:
        given = {
            **{"features": features, "svm": svm, "probabilities": probabilities},
            **{"clips": clips, "validation": validation},
        }
        by_part: dict[str, dict[str, Any]] = {part: {} for part in PARTS}
        for name, value in values.items():
            if name not in PART_OF:
                expected = did_you_mean(name, NAMES)
                raise InputError("experiment", got=f"unknown name {name!r}", expected=expected)
            by_part[PART_OF[name]][name] = value
        path = os.fspath(file) if isinstance(file, os.PathLike) else file
        object.__setattr__(self, "file", conform("file", path, str | None))
        folds_from = (clips or Clips(**by_part["clips"])).folds_from
        if by_part["validation"].get("split", ...) is None:
            del by_part["validation"]["split"]
        if validation is None and folds_from is not None:
            by_part["validation"].setdefault("split", "predefined")
        for part, kind in PARTS.items():
            made = replace(given[part] or kind(), **by_part[part])
            object.__setattr__(self, part, made)
        if self.clips.folds_from is not None and self.split != "predefined":
            raise InputError("folds_from", got=f"split {self.split!r}", expected="predefined")

    def __getattr__(self, name: str) -> Any:
        if name not in PART_OF:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(getattr(self, PART_OF[name]), name)

    def replace(self, **values: Any) -> Self:
        """Return a copy with other values of the given hyper-parameters."""
        return type(self)(**{**vars(self), **values})

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Create an experiment from a dict with its own or the notebook's names.

        Parameters
        ----------
        values : mapping
            ``n_vectors`` or ``Nvectors``, ``repeats`` or ``Ncv``, and so on; ``folder`` and
            ``filename_features`` together are the path of the file. Parameters of the thesis's
            other notebooks (``K``, ``ld``, ``N_outer``, ...) are ignored.

        Raises
        ------
        InputError
            If a name is unknown or a value is invalid.

        Examples
        --------
        >>> p = {"Nvectors": 3, "Ncv": 5, "scale": None, "folder": "data", "m": 512}
        >>> experiment = Experiment.from_dict(p)
        >>> experiment.n_vectors, experiment.repeats, experiment.scale, experiment.file
        (3, 5, 'none', 'data/features.hdf5')
        """
        return cls(**translate_names(values, NAMES))

    @classmethod
    def from_toml(cls, path: str | Path, **overrides: Any) -> Self:
        """Create an experiment from a TOML file.

        Parameters
        ----------
        path : path
            TOML file with names as in `from_dict`.
        **overrides
            Hyper-parameters by flat name; they take precedence over the file.

        Raises
        ------
        InputError
            If the file cannot be read, is not TOML, or a value is invalid; the message names the
            file if the error is in the file.
        """
        return cls(**{**cls.read_toml(path), **overrides})

    @classmethod
    def read_toml(cls, path: str | Path) -> dict[str, Any]:
        """Return the values of a TOML file by flat name.

        Raises
        ------
        InputError
            See `from_toml`.
        """
        try:
            written = tomllib.loads(Path(path).read_text(encoding="utf-8"))
            values = translate_names(written, NAMES)
            cls(**values)  # errors here are errors of the file, not of overrides
        except OSError as error:
            raise InputError(str(path), got=system_reason(error), expected="a TOML file") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InputError(f"{path}: not valid TOML: {error}") from error
        except GpuclfError as error:
            raise InputError(f"{path}: {error}") from error
        return values

    @classmethod
    def for_file(cls, file: str | Path, preset: str | None = None, **values: Any) -> Self:
        """Return an experiment with the default values of a feature file.

        Parameters
        ----------
        file : path
            Feature file; it may name its preset, see `gpuclf.config.presets`.
        preset : str, optional
            Preset to use instead of the file's.
        **values
            Hyper-parameters to use instead of the defaults.

        Returns
        -------
        Experiment
            Its split suits the clips of the file, see `gpuclf.config.file_folds`.

        Raises
        ------
        GpuclfError
            If the file cannot be read, a name is unknown, a value is invalid, or a setting of the
            cross-validation has no effect on the folds of this file.
        """
        from gpuclf.features.feature_file import open_features

        with open_features(file) as store:
            return cls.for_store(store, preset, **values)

    @classmethod
    def for_store(cls, store: FeatureStore, preset: str | None = None, **values: Any) -> Self:
        """Return an experiment with the default values of an open feature file; see `for_file`."""
        from gpuclf.config.presets import preset_named, preset_of

        chosen = preset_named(preset or preset_of(store))
        given = {name for name, value in values.items() if value is not None}
        if "folds_from" in given:  # the default split is then predefined
            given.add("split")
        elif "split" not in given:
            values.pop("split", None)

        def not_given(defaults: Mapping[str, Any]) -> dict[str, Any]:
            return {n: v for n, v in defaults.items() if not {n, PART_OF[n]} & given}

        experiment = cls(**{**not_given(chosen.experiment), "file": str(store.path), **values})
        if chosen.adapt is not None:
            dataset, *limits = (getattr(experiment, name) for name in SELECTION)
            features = store.select(dataset).subset(*limits)
            experiment = experiment.replace(**not_given(chosen.adapt(features)))
        return experiment if "validation" in given else experiment._with_folds(store, given)

    def _with_folds(self, store: FeatureStore, given: Collection[str]) -> Self:
        """Return a copy whose split suits the clips of the file; see `file_folds`."""
        from gpuclf.config.file_folds import file_folds
        from gpuclf.features.feature_file import DEFAULT_DATASET

        several = len(store.names) > 1 and DEFAULT_DATASET not in store.names
        dataset = store.names[0] if several and self.dataset is None else self.dataset
        clips = self.replace(dataset=dataset).select(store).clips
        return self.replace(**file_folds(clips, self.validation, given))

    @property
    def inputs(self) -> list[str]:
        """Paths of the input files: the feature file and the tables of groups and folds."""
        tables = [column.path for column in self.clips.columns.values()]
        return tables if self.file is None else [self.file, *tables]

    def select(self, store: FeatureStore) -> FeatureSet:
        """Return the part of a file's feature set that the experiment uses.

        Parameters
        ----------
        store : FeatureStore
            Open feature file.

        Returns
        -------
        FeatureSet
            Its clips have the groups and folds of the experiment, else those of the file.

        Raises
        ------
        GpuclfError
            If the file does not contain the feature set or part, or a table of groups or folds
            does not match its clips.
        """
        from gpuclf.features.clip_table import read_folds, read_groups

        features = store.select(self.dataset)
        columns = self.clips.columns
        if "groups" in columns:
            groups = read_groups(columns["groups"], features.clips, store.read_table)
            features = features.grouped(groups=groups)
        if "folds_from" in columns:
            folds = read_folds(columns["folds_from"], features.clips, store.read_table)
            features = features.grouped(folds=folds)
        return features.subset(self.n_classes, self.n_clips, self.n_frames)

    def to_dict(self) -> dict[str, Any]:
        """Return all hyper-parameters as JSON-compatible types; `from_dict` is the inverse."""
        values = {"file": self.file}
        for part in PARTS:
            values |= asdict(getattr(self, part))
        return {**values, "statistics": list(self.statistics)}
