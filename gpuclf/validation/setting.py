"""A setting: a classifier over vectors, and what sets it apart from others."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

from gpuclf.model.classifier import ClipClassifier
from gpuclf.vectors.feature_vectors import FeatureVectors


def relevant_parameters(clf: ClipClassifier) -> dict[str, Any]:
    """Give the parameters of a classifier that have a part in what it computes.

    Examples
    --------
    >>> sorted(relevant_parameters(ClipClassifier(svm_type="linear")))
    ['C', 'class_weight', 'scale', 'solver', 'svm_type']
    """
    known = dict(clf.get_params())
    without = {"backend", "n_vectors_per_clip", "C" if clf.svm_type == "nu" else "nu"}
    if clf.svm_type == "linear":
        without |= {"kernel", "gamma"}
    elif clf.kernel != "rbf":
        without.add("gamma")
    return {name: value for name, value in known.items() if name not in without}


@dataclass(frozen=True, eq=False)
class Setting:
    """A classifier over vectors.

    Parameters
    ----------
    clf : ClipClassifier
        Its parameters; it is not fitted itself.
    vectors : FeatureVectors
        Of all clips, not scaled.
    parameters : dict
        What sets it apart from other settings, for people to read.
    """

    clf: ClipClassifier
    vectors: FeatureVectors
    parameters: dict[str, Any] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """Its C, or its nu."""
        return float(self.clf.nu if self.clf.svm_type == "nu" else self.clf.C)

    @property
    def relevant(self) -> tuple[tuple[str, str], ...]:
        """The classifier's parameters, without those that have no part in it."""
        known = relevant_parameters(self.clf)
        return tuple(
            (name, repr(float(value) if isinstance(value, Real) else value))
            for name, value in sorted(known.items())
        )

    @property
    def path(self) -> Hashable:
        """What settings have in common that differ in C or nu alone."""
        value = ("C", "nu")
        alike = tuple(parameter for parameter in self.relevant if parameter[0] not in value)
        return id(self.vectors.X), alike
