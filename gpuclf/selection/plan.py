"""The plan of a cross-validation: splits and labels, checked before any frame is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from gpuclf.data.blocks import Ints
from gpuclf.errors import InputError, one_of
from gpuclf.selection.splits import make_splits
from gpuclf.svm import SvmSpec, check_nu

PROTOCOLS = ("inductive", "thesis")


class ClipTable(Protocol):
    """What is known of clips: `gpuclf.vectors.FeatureVectors`, or the table of a feature file."""

    @property
    def y(self) -> Ints | None: ...  # noqa: D102
    @property
    def labels(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def groups(self) -> npt.NDArray[Any] | None: ...  # noqa: D102
    @property
    def folds(self) -> Ints | None: ...  # noqa: D102


@dataclass(frozen=True)
class Fold:
    """One fold of one repeat: what is trained on, what is tested, and the classes to learn.

    Parameters
    ----------
    repeat, number : int
        Both from 0.
    train, test : int64 arrays
        Positions of clips, or of vectors.
    y : int64 array
        The classes of all of them.
    """

    repeat: int
    number: int
    train: Ints
    test: Ints
    y: Ints

    def __str__(self) -> str:
        return f"fold {self.number + 1} of repeat {self.repeat + 1}"


@dataclass(frozen=True)
class Plan:
    """What a cross-validation is going to do.

    Parameters
    ----------
    runs : list of lists of Fold
        Repeat by repeat.
    of_vectors : bool
        Whether single vectors are split, and not clips.
    lacking : str
        Which class some fold cannot train on; empty if there is none.
    """

    runs: list[list[Fold]]
    of_vectors: bool
    lacking: str

    @property
    def folds(self) -> list[Fold]:
        """All folds, in order."""
        return [fold for run in self.runs for fold in run]

    @property
    def shape(self) -> tuple[int, int]:
        """Repeats, and folds a repeat."""
        return len(self.runs), len(self.runs[0])


def make_plan(
    clips: ClipTable,
    vectors_per_clip: int,
    spec: SvmSpec,
    *,
    split: str,
    folds: int,
    test_size: float,
    repeats: int,
    seed: int,
    protocol: str,
    majority_voting: bool,
    permute_labels: bool,
) -> Plan:
    """Plan a cross-validation.

    Parameters
    ----------
    clips : ClipTable
        The clips.
    vectors_per_clip : int
        ``V``.
    spec : SvmSpec
        What will be fitted.
    split, folds, test_size, repeats, seed, protocol, majority_voting, permute_labels
        See `gpuclf.cross_validate`. Repeat ``r`` is split, and dealt out, with ``seed + r``.

    Returns
    -------
    Plan

    Raises
    ------
    InputError
        If it cannot be done: see `gpuclf.cross_validate`.
    """
    if protocol not in PROTOCOLS:
        raise InputError("protocol", got=repr(protocol), expected=one_of(PROTOCOLS))
    y, groups, predefined = _checked_classes(clips), clips.groups, clips.folds
    of_vectors = protocol == "thesis" and not majority_voting
    if of_vectors:
        y, groups = np.repeat(y, vectors_per_clip), None
        predefined = None if predefined is None else np.repeat(predefined, vectors_per_clip)
    if split == "predefined" and not permute_labels:
        repeats = 1  # they would all be the same
    if repeats < 1:
        raise InputError("repeats", got=repeats, expected="at least 1")
    runs = []
    for repeat in range(repeats):
        rng = np.random.default_rng(seed + repeat)
        target = rng.permutation(y) if permute_labels else y
        splits = make_splits(
            target,
            split=split,
            folds=folds,
            test_size=test_size,
            seed=seed + repeat,
            groups=groups,
            predefined=predefined,
        )
        runs.append([Fold(repeat, number, *one, target) for number, one in enumerate(splits)])
    per_sample = 1 if of_vectors else vectors_per_clip
    lacking = [
        _check_training(fold, clips.labels, per_sample, spec) for run in runs for fold in run
    ]
    return Plan(runs, of_vectors, next(filter(None, lacking), ""))


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


def _check_training(fold: Fold, labels: tuple[str, ...], per_sample: int, spec: SvmSpec) -> str:
    """Make sure that a fold can be trained; say which class it lacks, if it does."""
    counts = np.bincount(fold.y[fold.train], minlength=len(labels)) * per_sample
    present = np.flatnonzero(counts)
    if len(present) < 2:
        raise InputError(str(fold), got="1 class to train on", expected="at least two")
    if spec.svm_type == "nu":
        check_nu(spec.nu, counts[present], [labels[label] for label in present])
    if len(present) == len(labels):
        return ""
    return f"{fold} has no clip of class {labels[int(counts.argmin())]!r} to train on"
