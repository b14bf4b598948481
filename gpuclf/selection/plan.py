"""The plan of a cross-validation: splits and labels, checked before any frame is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from gpuclf.data.layout import Ints
from gpuclf.errors import InputError, one_of
from gpuclf.selection.splits import Split, make_splits
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
class Plan:
    """What a cross-validation is going to do.

    Parameters
    ----------
    splits : list of Split
        Repeat by repeat, fold by fold.
    targets : list of int64 arrays, shape (clips,)
        The classes to learn, for every repeat.
    of_vectors : bool
        Whether single vectors are split, and not clips.
    lacking : str
        Which class some fold cannot train on; empty if there is none.
    """

    splits: list[Split]
    targets: list[Ints]
    of_vectors: bool
    lacking: str

    @property
    def repeats(self) -> int:
        """Runs of all folds."""
        return len(self.targets)

    @property
    def folds(self) -> int:
        """Splits a repeat."""
        return len(self.splits) // self.repeats


def make_plan(
    clips: ClipTable,
    vectors_per_clip: int,
    spec: SvmSpec,
    *,
    protocol: str,
    majority_voting: bool,
    permute_labels: bool,
    repeats: int,
    seed: int,
    **split_options: Any,
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
    protocol, majority_voting, permute_labels, repeats, seed, **split_options
        See `gpuclf.cross_validate`.

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
    runs = make_splits(
        y, repeats=repeats, seed=seed, groups=groups, predefined=predefined, **split_options
    )
    targets = [
        np.random.default_rng(seed + repeat).permutation(y) if permute_labels else y
        for repeat in range(len(runs))
    ]
    splits = [split for run in runs for split in run]
    per_sample = 1 if of_vectors else vectors_per_clip
    lacking = [_check_training(split, targets, clips.labels, per_sample, spec) for split in splits]
    return Plan(splits, targets, of_vectors, next(filter(None, lacking), ""))


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
        raise InputError(
            f"class {clips.labels[poorest]!r}",
            got=f"{counts[poorest]} clip" + "s" * (counts[poorest] != 1),
            expected="at least 2, to train on one and test on another",
        )
    return clips.y


def _check_training(
    split: Split, targets: list[Ints], labels: tuple[str, ...], per_sample: int, spec: SvmSpec
) -> str:
    """Make sure that a fold can be trained; say which class it lacks, if it does."""
    counts = np.bincount(targets[split.repeat][split.train], minlength=len(labels)) * per_sample
    present = np.flatnonzero(counts)
    where = f"fold {split.fold + 1} of repeat {split.repeat + 1}"
    if len(present) < 2:
        raise InputError(where, got="1 class to train on", expected="at least two")
    if spec.svm_type == "nu":
        check_nu(spec.nu, counts[present], [labels[label] for label in present])
    if len(present) == len(labels):
        return ""
    return (
        f"{where} has no clip of class {labels[int(counts.argmin())]!r} to train on; "
        "a stratified split would have"
    )
