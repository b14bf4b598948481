"""Parts of an experiment: features, SVM, probabilities and clips.

The fifth part is `gpuclf.validation.options.Validation`. The descriptions of the fields are also
the help of the command line's options.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from gpuclf._utils.fields import conform_fields, parameter
from gpuclf.errors import InputError
from gpuclf.vectors.choices import LogarithmName, OverlapName, ScaleName, StatisticName

if TYPE_CHECKING:  # --help loads no NumPy
    from gpuclf.features.clip_table import CsvColumn


@dataclass(frozen=True, kw_only=True)
class Features:
    """Selection of frames and their aggregation to feature vectors.

    Parameters
    ----------
    dataset : str, optional
        Name of the feature set; by default Z, or the only one in the file.
    n_classes : int, optional
        Maximum number of classes; by default all.
    n_clips : int, optional
        Maximum number of clips per class; by default all.
    n_frames : int, optional
        Maximum number of frames per clip; by default all.
    n_vectors : int
        Number of windows per clip; with overlap, as many again shifted by half a window.
    overlap : {"half", "none"}
        Overlap of consecutive windows.
    rectify : bool
        Absolute value of the frames, before aggregation.
    log : {"none", "log1p", "db"}
        Logarithm of the frames' absolute values, before aggregation.
    statistics : tuple of {"sum", "mean", "std", "min", "max"}
        Statistics of each window, concatenated: one or more of sum, mean, std, min, max.

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
    overlap: OverlapName = "half"
    rectify: bool = True
    log: LogarithmName = "none"
    statistics: tuple[StatisticName, ...] = ("sum",)

    def __post_init__(self) -> None:
        conform_fields(self)
        if not self.statistics:
            raise InputError("statistics", got="none", expected="at least one")

    @property
    def aggregation(self) -> dict[str, Any]:
        """Keyword arguments of `gpuclf.aggregate`."""
        names = ("n_vectors", "overlap", "rectify", "log", "statistics")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, kw_only=True)
class Svm:
    """Scaling and classification of feature vectors.

    Parameters
    ----------
    scale : {"none", "minmax", "std"}
        Scaling of each feature, fitted on the training clips.
    svm_type : {"C", "nu", "linear"}
        Type of SVM: C-SVC or nu-SVC (one-vs-one), or LinearSVC (one-vs-rest).
    kernel : {"linear", "rbf"}
        Kernel (C-SVC, nu-SVC).
    C : float
        Inverse regularization strength (C-SVC, LinearSVC).
    nu : float
        Upper bound on the fraction of margin errors and lower bound on the fraction of support
        vectors (nu-SVC).
    gamma : {"scale", "auto"} or float
        RBF kernel coefficient: 'scale', 'auto' or a positive number.
    class_weight : {"none", "balanced"}
        Class weights; 'balanced': inversely proportional to the number of training clips.
    solver : {"auto", "shared", "library"}
        SVM solver; 'shared': all folds on one kernel matrix, if it fits in memory; 'library':
        scikit-learn or cuML.

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
        """Keyword arguments of `gpuclf.ClipClassifier`."""
        weight = None if self.class_weight == "none" else self.class_weight
        return {**vars(self), "class_weight": weight}


@dataclass(frozen=True, kw_only=True)
class Probabilities:
    """Calibrated probabilities of classes, and rejection of clips with a low probability.

    Parameters
    ----------
    probability : bool
        Calibrate probabilities of the classes, on predictions of the training clips by inner folds.
    target_precision : float, optional
        Choose the probability threshold below which clips are rejected for this precision of the
        accepted clips; implies probability.

    Raises
    ------
    InputError
        If a value is of the wrong type or outside its range.
    """

    probability: bool = False
    target_precision: float | None = parameter(None, above=0, below=1)

    def __post_init__(self) -> None:
        conform_fields(self)
        if self.target_precision is not None:
            object.__setattr__(self, "probability", True)


@dataclass(frozen=True, kw_only=True)
class Clips:
    """Groups and folds of the clips from CSV files.

    Parameters
    ----------
    groups : str, optional
        Group column, CSV:COLUMN; clips of one group are never split between training and test; by
        default the groups in the file.
    folds_from : str, optional
        Column of predefined folds, CSV:COLUMN; by default the folds in the file.

    Raises
    ------
    InputError
        If a value is not in the format CSV:COLUMN.
    """

    groups: str | None = None
    folds_from: str | None = None

    def __post_init__(self) -> None:
        conform_fields(self)
        self.columns  # noqa: B018  (checks the format)

    @property
    def columns(self) -> dict[str, CsvColumn]:
        """The given columns by field name."""
        from gpuclf.features.clip_table import parse_column

        return {name: parse_column(text, name) for name, text in vars(self).items() if text}
