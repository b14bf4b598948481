"""Parameter settings: a classifier and the feature vectors that it is evaluated on."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

from gpuclf.model.classifier import ClipClassifier
from gpuclf.svm.spec import EFFECTIVE_WITH
from gpuclf.vectors.feature_vectors import FeatureVectors


def relevant_parameters(clf: ClipClassifier) -> dict[str, Any]:
    """Return the parameters of a classifier that influence its predictions.

    Examples
    --------
    >>> sorted(relevant_parameters(ClipClassifier(svm_type="linear")))
    ['C', 'class_weight', 'scale', 'solver', 'svm_type']
    """
    values = clf.get_params()
    unused = {"backend", "n_vectors_per_clip", "probability", "target_precision"} | {
        name
        for name, needed in EFFECTIVE_WITH.items()
        if any(values[other] not in accepted for other, accepted in needed.items())
    }
    return {name: value for name, value in values.items() if name not in unused}


@dataclass(frozen=True, eq=False)
class Setting:
    """Classifier and the feature vectors that it is evaluated on.

    Parameters
    ----------
    clf : ClipClassifier
        Unfitted classifier.
    vectors : FeatureVectors
        Feature vectors of all clips, not scaled.
    parameters : dict
        Parameters that differ from other settings, for display.
    transformers : sklearn.pipeline.Pipeline, optional
        Unfitted transformers of the clips, fitted to the training clips of each fold.
    rows : bool, default False
        Whether the transformers take one row ``(V * n,)`` per clip instead of ``(V, n)``.
    """

    clf: ClipClassifier
    vectors: FeatureVectors
    parameters: dict[str, Any] = field(default_factory=dict)
    transformers: Any = None
    rows: bool = False

    @property
    def inputs(self) -> Hashable:
        """Key of the vectors that the classifier gets."""
        return id(self.vectors.X), id(self.transformers), self.rows

    @property
    def value(self) -> float:
        """Value of C, or of nu for nu-SVC."""
        return float(self.clf.nu if self.clf.svm_type == "nu" else self.clf.C)

    @property
    def relevant(self) -> tuple[tuple[str, str], ...]:
        """Parameters that influence the predictions, as sorted pairs of name and ``repr``."""
        return tuple(
            (name, repr(float(value) if isinstance(value, Real) else value))
            for name, value in sorted(relevant_parameters(self.clf).items())
        )

    @property
    def path(self) -> Hashable:
        """Key of the regularization path: equal for settings that differ only in C or nu."""
        shared = tuple((name, value) for name, value in self.relevant if name not in ("C", "nu"))
        return self.inputs, shared
