"""The parts of an experiment that say what is read and what is fitted.

The third part, how it is validated, is `gpuclf.validation.options.Validation`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from gpuclf._utils.fields import conform_fields, parameter
from gpuclf.errors import InputError
from gpuclf.vectors.choices import LogarithmName, ScaleName, StatisticName

if TYPE_CHECKING:  # the command line's --help loads no NumPy
    from gpuclf.features.clip_table import CsvColumn


@dataclass(frozen=True, kw_only=True)
class Features:
    """Which frames are read, and how they become feature vectors.

    Parameters
    ----------
    dataset : str, optional
        Feature set of the file; by default Z, or the only one.
    n_classes : int, optional
        Use only the first classes.
    n_clips : int, optional
        Use only the first clips of each class.
    n_frames : int, optional
        Use only the first frames of each clip.
    n_vectors : int
        Windows a clip; as many again lie half a window later.
    rectify : bool
        Take the absolute value of the frames first.
    log : {"none", "log1p", "db"}
        Logarithm of the frames' absolute values to take first.
    statistics : tuple of {"sum", "mean", "std", "min", "max"}
        What to compute over a window, with commas between: sum, mean, std, min, max.

    Raises
    ------
    InputError
        If a value is of the wrong type or outside its range.
    """

    dataset: str | None = None
    n_classes: int | None = parameter(None, at_least=1)
    n_clips: int | None = parameter(None, at_least=1)
    n_frames: int | None = parameter(None, at_least=1)
    n_vectors: int = parameter(6, at_least=1)
    rectify: bool = True
    log: LogarithmName = "none"
    statistics: tuple[StatisticName, ...] = ("sum",)

    def __post_init__(self) -> None:
        conform_fields(self)
        if not self.statistics:
            raise InputError("statistics", got="none", expected="at least one")

    @property
    def aggregation(self) -> dict[str, Any]:
        """The options of `gpuclf.aggregate`."""
        names = ("n_vectors", "rectify", "log", "statistics")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, kw_only=True)
class Svm:
    """How feature vectors are scaled and classified.

    Parameters
    ----------
    scale : {"none", "minmax", "std"}
        Scaling of each feature, learned from the training clips.
    svm_type : {"C", "nu", "linear"}
        C-SVC, nu-SVC, or LinearSVC (one-vs-rest).
    kernel : {"linear", "rbf"}
        Kernel of C-SVC and nu-SVC.
    C : float
        Penalty of errors; for C and linear.
    nu : float
        Bound on the shares of errors and of support vectors; for nu.
    gamma : {"scale", "auto"} or float
        Of the RBF kernel: scale, auto or a number.
    class_weight : {"none", "balanced"}
        balanced: errors weigh more in classes that have fewer clips.
    solver : {"auto", "shared", "library"}
        shared: all folds over one kernel matrix, if it fits; library: scikit-learn or cuML.

    Raises
    ------
    InputError
        If a value is of the wrong type or outside its range.
    """

    scale: ScaleName = "minmax"
    svm_type: Literal["C", "nu", "linear"] = "C"
    kernel: Literal["linear", "rbf"] = "linear"
    C: float = parameter(1.0, above=0, log=True)
    nu: float = parameter(0.5, above=0, at_most=1)
    gamma: Literal["scale", "auto"] | float = parameter("scale", above=0, log=True)
    class_weight: Literal["none", "balanced"] = "none"
    solver: Literal["auto", "shared", "library"] = "auto"

    def __post_init__(self) -> None:
        conform_fields(self)

    @property
    def classifier(self) -> dict[str, Any]:
        """The parameters of `gpuclf.ClipClassifier`."""
        weight = None if self.class_weight == "none" else self.class_weight
        return {**vars(self), "class_weight": weight}


@dataclass(frozen=True, kw_only=True)
class Clips:
    """Where groups and folds of the clips come from, if not from the feature file.

    Parameters
    ----------
    groups : str, optional
        CSV:COLUMN of what must never stand on both sides of a split; by default the file's own.
    folds_from : str, optional
        CSV:COLUMN of predefined folds; by default the file's own.

    Raises
    ------
    InputError
        If a value is not of this form.
    """

    groups: str | None = None
    folds_from: str | None = None

    def __post_init__(self) -> None:
        conform_fields(self)
        self.columns  # noqa: B018  (checks their form)

    @property
    def columns(self) -> dict[str, CsvColumn]:
        """The columns that are given, by the name of their field."""
        from gpuclf.features.clip_table import parse_column

        return {name: parse_column(text, name) for name, text in vars(self).items() if text}
