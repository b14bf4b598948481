"""Folds of every repeat of a cross-validation."""

from __future__ import annotations

import numpy as np

from gpuclf._typing import Floats, Ints
from gpuclf.model.splits import Split, make_splits
from gpuclf.validation.fold import Fold, Groups
from gpuclf.validation.label_permutation import permute_labels
from gpuclf.validation.options import Validation
from gpuclf.validation.splitter import Splitter, split_repeats


def make_runs(
    y: Ints,
    groups: Groups,
    predefined: Ints | None,
    validation: Validation,
    labels: tuple[str, ...],
    *,
    splitter: Splitter | None = None,
    weight: Floats | None = None,
    from_training: bool = False,
) -> list[list[Fold]]:
    """Split the clips of every repeat.

    Parameters
    ----------
    y : int64 array, shape (clips,)
        Class of each clip.
    groups, predefined, labels
        See `gpuclf.model.splits.make_splits`.
    validation : Validation
        Settings of the cross-validation.
    splitter : Splitter, optional
        Splitter to use instead of the settings.
    weight : float64 array, shape (clips,), optional
        Factor of the penalty of each clip; clips of weight 0 are tested, but not trained on.
    from_training : bool
        Whether the shared solver starts from the solution for the training clips of the fold
        instead of that for all clips: with inner folds, test clips must not influence even the
        start of the solver.

    Returns
    -------
    list of lists of Fold
        Folds of each repeat.
    """
    permute = validation.permute_labels

    def permuted(seed: int) -> Ints:
        return permute_labels(y, groups, np.random.default_rng(seed)) if permute else y

    runs: list[tuple[Ints, list[Split]]] = []
    if splitter is not None:
        target = permuted(validation.seed)
        runs = [(target, splits) for splits in split_repeats(splitter, target, groups)]
    else:
        # Predefined folds with the same labels would be the same in every repeat.
        once = validation.split == "predefined" and not permute
        for repeat in range(1 if once else validation.repeats):
            target = permuted(validation.seed + repeat)
            splits = make_splits(
                target,
                split=validation.split,
                folds=validation.folds,
                test_size=validation.test_size,
                seed=validation.seed + repeat,
                groups=groups,
                predefined=predefined,
                labels=labels,
            )
            runs.append((target, splits))

    def fold(repeat: int, number: int, split: Split, target: Ints) -> Fold:
        train = split.train if weight is None else split.train[weight[split.train] > 0]
        base = train if from_training else None
        return Fold(repeat, number, train, split.test, target, base=base, weight=weight)

    return [
        [fold(repeat, number, split, target) for number, split in enumerate(splits)]
        for repeat, (target, splits) in enumerate(runs)
    ]
