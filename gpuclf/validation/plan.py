"""The plan of a cross-validation: splits and labels, checked before any frame is read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from math import comb
from typing import Protocol

import numpy as np

from gpuclf._typing import AnyArray, Ints
from gpuclf.errors import InputError
from gpuclf.svm import SvmSpec, check_nu
from gpuclf.validation.fold import Fold, Groups, check_disjoint, inner_folds
from gpuclf.validation.label_permutation import permute_labels
from gpuclf.validation.options import Validation
from gpuclf.validation.splits import make_splits


class ClipTable(Protocol):
    """What is known of clips: `FeatureVectors`, or the table of a feature file."""

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
    """What a cross-validation is going to do.

    Parameters
    ----------
    validation : Validation
    runs : list of lists of Fold
        Repeat by repeat.
    inner : list of lists of Fold
        The inner folds of every fold; empty ones unless they were asked for.
    whole : list of Fold
        Inner folds of all clips together, which choose for a model of all of them.
    lacking : str
        Which class some fold cannot train on; empty if there is none.
    scale_first : bool
        Whether all clips are scaled together before they are split.
    split_vectors : bool
        Whether the folds hold positions of vectors, and not of clips.
    """

    validation: Validation
    runs: list[list[Fold]]
    inner: list[list[Fold]]
    whole: list[Fold]
    lacking: str
    scale_first: bool
    split_vectors: bool

    @property
    def folds(self) -> list[Fold]:
        """All folds that are reported, in order."""
        return [fold for run in self.runs for fold in run]

    @property
    def shape(self) -> tuple[int, int]:
        """Repeats, and folds a repeat."""
        return len(self.runs), len(self.runs[0])

    @property
    def pairs(self) -> int:
        """Two-class problems of a fold that lacks no class."""
        return comb(len(np.unique(self.runs[0][0].y)), 2)

    @property
    def test_to_train(self) -> float:
        """Clips that a fold tests for each that it trains on, on average."""
        return float(np.mean([len(fold.test) / len(fold.train) for fold in self.folds]))

    def digest(self, clips: ClipTable) -> str:
        """A fingerprint of the splits, and of the clips that are split."""
        whole = hashlib.sha256(repr((clips.labels, clips.ids.tolist())).encode())
        for fold in self.folds:
            whole.update(replace(fold, base=None).digest.encode())
        return whole.hexdigest()

    def brief(self) -> Plan:
        """The same plan, of which nothing but scores are wanted."""
        return replace(self, runs=[[replace(f, brief=True) for f in run] for run in self.runs])

    def without_inner(self) -> Plan:
        """The same plan, of its outer folds alone."""
        runs = [[replace(fold, base=None) for fold in run] for run in self.runs]
        return replace(self, runs=runs, inner=[[] for _ in self.folds], whole=[])


def make_plan(
    clips: ClipTable,
    vectors_per_clip: Sequence[int],
    specs: Sequence[SvmSpec],
    validation: Validation,
    *,
    inner: int = 0,
    split_vectors: bool | None = None,
) -> Plan:
    """Plan a cross-validation of some settings over the same splits.

    Parameters
    ----------
    clips : ClipTable
    vectors_per_clip : sequence of int
        ``V`` of each setting.
    specs : sequence of SvmSpec
        SVM of each setting.
    validation : Validation
        How they are validated.
    inner : int
        Folds into which the training clips of every fold are split again; 0 for none. Predefined
        folds without groups may keep together what nobody names: there, the others are the inner
        ones, whatever their number.
    split_vectors : bool, optional
        Whether single vectors are split, and not clips; by default as the protocol does.

    Returns
    -------
    Plan

    Raises
    ------
    InputError
        If it cannot be done: see `gpuclf.cross_validate`.
    """
    y, groups, predefined = _checked_classes(clips), clips.groups, clips.folds
    if split_vectors is None:
        split_vectors = validation.split_vectors
    if split_vectors:
        if len(set(vectors_per_clip)) > 1:
            expected = "one, where single vectors are split"
            raise InputError("n_vectors", got="several values", expected=expected)
        y, groups = np.repeat(y, vectors_per_clip[0]), None
        predefined = None if predefined is None else np.repeat(predefined, vectors_per_clip[0])
    runs = _runs(y, groups, predefined, validation, from_training=bool(inner))
    folds = [fold for run in runs for fold in run]
    nested: list[list[Fold]] = [[] for _ in folds]
    whole: list[Fold] = []
    if inner:
        kept = predefined if validation.split == "predefined" and groups is None else None
        nested = [
            inner_folds(fold, groups, kept, inner, validation.seed + fold.repeat) for fold in folds
        ]
        every = np.arange(len(y))
        all_clips = Fold(0, 0, every, every[:0], folds[0].y)
        whole = inner_folds(all_clips, groups, kept, inner, validation.seed)
    nu = max((spec.nu for spec in specs if spec.svm_type == "nu"), default=None)
    per_sample = 1 if split_vectors else vectors_per_clip[0]
    names, units = np.unique(np.arange(len(y)) if groups is None else groups, return_inverse=True)
    lacking = []
    for fold in chain(folds, *nested, whole):
        check_disjoint(fold, units, names)
        lacking.append(_check_training(fold, clips.labels, per_sample, nu))
    return Plan(
        validation,
        runs,
        nested,
        whole,
        lacking=next(filter(None, lacking[: len(folds)]), ""),
        scale_first=validation.scale_first,
        split_vectors=split_vectors,
    )


def _runs(
    y: Ints,
    groups: Groups,
    predefined: Ints | None,
    validation: Validation,
    *,
    from_training: bool,
) -> list[list[Fold]]:
    """Split all repeats; the solver starts from all clips, or from a fold's training clips."""
    permute = validation.permute_labels
    # Predefined folds of the same labels would be the same in every repeat.
    repeats = 1 if validation.split == "predefined" and not permute else validation.repeats
    runs = []
    for repeat in range(repeats):
        seed = validation.seed + repeat
        target = permute_labels(y, groups, np.random.default_rng(seed)) if permute else y
        splits = make_splits(
            target,
            split=validation.split,
            folds=validation.folds,
            test_size=validation.test_size,
            seed=seed,
            groups=groups,
            predefined=predefined,
        )
        runs.append(
            [
                # What is tested is not even where the solver starts, if inner folds choose by it.
                Fold(repeat, number, train, test, target, base=train if from_training else None)
                for number, (train, test) in enumerate(splits)
            ]
        )
    return runs


def _checked_classes(clips: ClipTable) -> Ints:
    """Make sure that there are labels, two classes, and two clips of each."""
    if clips.y is None or not clips.labels:
        raise InputError("labels", got="none", expected="the class of every clip")
    if len(clips.labels) < 2:
        raise InputError(
            "labels", got=f"1 class, {clips.labels[0]!r}", expected="at least two classes"
        )
    counts = np.bincount(clips.y, minlength=len(clips.labels))
    if counts.min() < 2:
        poorest = int(counts.argmin())
        count = int(counts[poorest])
        raise InputError(
            f"class {clips.labels[poorest]!r}",
            got=f"{count} clip" if count == 1 else f"{count} clips",
            expected="at least 2, to train on one and test on another",
        )
    return clips.y


def _check_training(fold: Fold, labels: tuple[str, ...], per_sample: int, nu: float | None) -> str:
    """Make sure that a fold can be trained; say which class it lacks, if it does."""
    counts = np.bincount(fold.y[fold.train], minlength=len(labels)) * per_sample
    present = np.flatnonzero(counts)
    if len(present) < 2:
        raise InputError(str(fold), got="1 class to train on", expected="at least two")
    if nu is not None:
        check_nu(nu, counts[present], [labels[label] for label in present])
    if len(present) == len(labels):
        return ""
    return f"{fold} has no clip of class {labels[int(counts.argmin())]!r} to train on"
