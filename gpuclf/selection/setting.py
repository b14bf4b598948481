"""A setting: a classifier over vectors, and what sets it apart from others."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

from gpuclf.classifier import ClipClassifier
from gpuclf.vectors import FeatureVectors


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
        clf, known = self.clf, dict(self.clf.get_params())
        if clf.svm_type == "linear":
            known.pop("kernel")
        if clf.svm_type == "linear" or clf.kernel != "rbf":
            known.pop("gamma")
        known.pop("C" if clf.svm_type == "nu" else "nu")
        return tuple(
            (name, repr(float(value) if isinstance(value, Real) else value))
            for name, value in sorted(known.items())
            if name not in ("backend", "n_vectors_per_clip")
        )

    @property
    def path(self) -> Hashable:
        """What settings have in common that differ in C or nu alone."""
        value = ("C", "nu")
        alike = tuple(parameter for parameter in self.relevant if parameter[0] not in value)
        return id(self.vectors.X), alike
