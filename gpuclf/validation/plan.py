"""Plan of a cross-validation: splits and labels, checked before any frame is read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from math import comb
from typing import Protocol

import numpy as np

from gpuclf._typing import AnyArray, Floats, Ints
from gpuclf.errors import InputError
from gpuclf.model.splits import INNER, largest_folds
from gpuclf.svm import SvmSpec, check_nu
from gpuclf.validation.fold import Fold, Groups, check_disjoint, inner_folds
from gpuclf.validation.options import Validation
from gpuclf.validation.runs import make_runs
from gpuclf.validation.splitter import Splitter
from gpuclf.validation.verdict import leading_metric


class ClipTable(Protocol):
    """Labels, names, groups and folds of clips: `FeatureVectors`, or the table of a file."""

    @property
    def y(self) -> Ints | None: ...  # noqa: D102
    @property
    def labels(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def ids(self) -> AnyArray: ...  # noqa: D102
    @property
    def groups(self) -> Groups: ...  # noqa: D102
    @property
    def folds(self) -> Ints | None: ...  # noqa: D102


@dataclass(frozen=True)
class Plan:
    """Folds of a cross-validation.

    Parameters
    ----------
    validation : Validation
        Settings of the cross-validation.
    runs : list of lists of Fold
        Folds of each repeat.
    inner : list of lists of Fold
        Inner folds of each fold of `folds`; empty lists without inner folds.
    whole : list of Fold
        Inner folds of all clips, to select the parameters of the final model.
    missing_class : str
        Message that names a class missing in the training clips of a fold; empty if none is.
    scale_first : bool
        Whether scaling is fitted to all clips before the split.
    split_vectors : bool
        Whether folds contain indices of feature vectors instead of clips.
    splitter : Splitter, optional
        Splitter that the folds come from, if it is not that of the settings.
    weight : float64 array, shape (clips,), optional
        Factor of the penalty of each clip.
    """

    validation: Validation
    runs: list[list[Fold]]
    inner: list[list[Fold]]
    whole: list[Fold]
    missing_class: str
    scale_first: bool
    split_vectors: bool
    splitter: Splitter | None = None
    weight: Floats | None = None

    @property
    def folds(self) -> list[Fold]:
        """All outer folds, repeat by repeat."""
        return [fold for run in self.runs for fold in run]

    @property
    def shape(self) -> tuple[int, int]:
        """Number of repeats, and of folds per repeat."""
        return len(self.runs), len(self.runs[0])

    @property
    def pairs(self) -> int:
        """Number of two-class problems of a fold whose training clips have all classes."""
        return comb(len(np.unique(self.runs[0][0].y)), 2)

    @property
    def test_to_train(self) -> float:
        """Ratio of test clips to training clips, on average over the folds."""
        return float(np.mean([len(fold.test) / len(fold.train) for fold in self.folds]))

    @property
    def metric(self) -> str:
        """Leading metric: ``balanced_accuracy`` if the classes are imbalanced, or ``accuracy``."""
        return leading_metric(np.bincount(self.runs[0][0].y))

    def digest(self, clips: ClipTable) -> str:
        """Return a SHA-256 of the clips, their labels and the splits."""
        sha = hashlib.sha256(repr((clips.labels, clips.ids.tolist())).encode())
        for fold in self.folds:
            sha.update(replace(fold, base=None).digest.encode())
        return sha.hexdigest()

    def scores_only(self) -> Plan:
        """Return the plan whose folds keep scores only."""
        runs = [[replace(fold, scores_only=True) for fold in run] for run in self.runs]
        return replace(self, runs=runs)

    def without_inner(self) -> Plan:
        """Return the plan without inner folds."""
        runs = [[replace(fold, base=None) for fold in run] for run in self.runs]
        return replace(self, runs=runs, inner=[[] for _ in self.folds], whole=[])


def make_plan(
    clips: ClipTable,
    vectors_per_clip: Sequence[int],
    specs: Sequence[SvmSpec],
    validation: Validation,
    *,
    inner: int | None = 0,
    split_vectors: bool | None = None,
    splitter: Splitter | None = None,
    weight: Floats | None = None,
) -> Plan:
    """Plan the cross-validation of settings over the same splits.

    Parameters
    ----------
    clips : ClipTable
        Labels, names, groups and predefined folds of the clips.
    vectors_per_clip : sequence of int
        ``V`` of each setting.
    specs : sequence of SvmSpec
        SVM of each setting.
    validation : Validation
        Settings of the cross-validation.
    inner : int or None, default 0
        Number of inner folds in the training clips of every fold; 0 for none, None for 5 or, if
        that is smaller, the number of training clips (or groups) of the smallest class. With three
        or more predefined folds, the other ones are the inner folds.
    split_vectors : bool, optional
        Whether to split feature vectors instead of clips; by default as in the protocol.
    splitter : Splitter, optional
        Splitter of clips to use instead of the settings of the cross-validation.
    weight : float64 array, shape (clips,), optional
        Factor of the penalty of each clip; clips of weight 0 are tested, but not trained on.

    Returns
    -------
    Plan

    Raises
    ------
    InputError
        If the clips cannot be split or a fold cannot be trained: see `gpuclf.cross_validate`.
    """
    y, groups, predefined = checked_classes(clips), clips.groups, clips.folds
    factors = weight
    if split_vectors is None:
        split_vectors = validation.split_vectors
    if split_vectors:
        if len(set(vectors_per_clip)) > 1:
            expected = "one value if feature vectors are split"
            raise InputError("n_vectors or overlap", got="several values", expected=expected)
        y, groups = np.repeat(y, vectors_per_clip[0]), None
        predefined = None if predefined is None else np.repeat(predefined, vectors_per_clip[0])
        factors = None if weight is None else np.repeat(weight, vectors_per_clip[0])
        if splitter is not None:
            expected = "majority_voting=True or protocol='inductive': cv splits clips"
            raise InputError("cv", got="feature vectors to split", expected=expected)
    runs = make_runs(
        y,
        groups,
        predefined,
        validation,
        clips.labels,
        splitter=splitter,
        weight=factors,
        from_training=inner != 0,
    )
    folds = [fold for run in runs for fold in run]
    nested: list[list[Fold]] = [[] for _ in folds]
    whole: list[Fold] = []
    if inner != 0:
        given = predefined if validation.split == "predefined" and len(runs[0]) > 2 else None
        count = _inner_count(inner, folds, groups, given)
        rows = np.arange(len(y))
        all_clips = Fold(0, 0, rows, rows[:0], folds[0].y, weight=factors)
        *nested, whole = [
            inner_folds(fold, groups, given, count, validation.seed + fold.repeat, clips.labels)
            for fold in [*folds, all_clips]
        ]
    nu = max((spec.nu for spec in specs if spec.svm_type == "nu"), default=None)
    per_sample = 1 if split_vectors else vectors_per_clip[0]
    names, units = np.unique(np.arange(len(y)) if groups is None else groups, return_inverse=True)
    missing_class = []
    for fold in chain(folds, *nested, whole):
        check_disjoint(fold, units, names)
        missing_class.append(_check_training(fold, clips.labels, per_sample, nu))
    return Plan(
        validation,
        runs,
        nested,
        whole,
        missing_class=next(filter(None, missing_class[: len(folds)]), ""),
        scale_first=validation.scale_first,
        split_vectors=split_vectors,
        splitter=splitter,
        weight=weight,
    )


def _inner_count(
    inner: int | None, folds: Sequence[Fold], groups: Groups, predefined: Ints | None
) -> int:
    """Return the number of inner folds, which is the same in all folds."""
    if inner is not None and predefined is not None:
        raise InputError(
            "inner",
            got=f"{inner} with predefined folds",
            expected="no --inner: the other predefined folds are the inner folds",
        )
    if inner is not None:
        return inner
    trained = (
        largest_folds(fold.y[fold.train], None if groups is None else groups[fold.train])
        for fold in folds
    )
    return max(2, min(INNER, *trained))


def checked_classes(clips: ClipTable) -> Ints:
    """Return the classes of clips after a check that there are at least two of two clips each.

    Parameters
    ----------
    clips : ClipTable

    Returns
    -------
    int64 array, shape (clips,)

    Raises
    ------
    InputError
        If the clips have no labels, or a class is missing or has one clip.
    """
    if clips.y is None or not clips.labels:
        raise InputError("labels", got="none", expected="the class of every clip")
    if len(clips.labels) < 2:
        raise InputError(
            "labels", got=f"1 class, {clips.labels[0]!r}", expected="at least two classes"
        )
    counts = np.bincount(clips.y, minlength=len(clips.labels))
    if counts.min() < 2:
        rarest = int(counts.argmin())
        count = int(counts[rarest])
        raise InputError(
            f"class {clips.labels[rarest]!r}",
            got=f"{count} clip" if count == 1 else f"{count} clips",
            expected="at least 2, one for training and one for test",
        )
    return clips.y


def _check_training(fold: Fold, labels: tuple[str, ...], per_sample: int, nu: float | None) -> str:
    """Check that a fold can be trained; return a message if a class is missing in training."""
    weight = None if fold.weight is None else fold.weight[fold.train]
    counts = np.bincount(fold.y[fold.train], weight, minlength=len(labels)) * per_sample
    present = np.flatnonzero(counts)
    if len(present) < 2:
        got = "1 class to train on" if len(present) else "no clips to train on"
        raise InputError(str(fold), got=got, expected="at least two classes")
    if nu is not None:
        check_nu(nu, counts[present], [labels[label] for label in present])
    if len(present) == len(labels):
        return ""
    return f"{fold} has no clip of class {labels[int(counts.argmin())]!r} to train on"
