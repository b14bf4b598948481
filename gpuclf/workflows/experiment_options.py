"""Keyword arguments of the functions that run an experiment."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Literal

from gpuclf.config.experiment import Experiment
from gpuclf.validation.options import ProtocolName, SplitName
from gpuclf.vectors.choices import LogarithmName, OverlapName, ScaleName, StatisticName
from gpuclf.workflows.run_context import RunOptions

ExperimentOrFile = Experiment | str | os.PathLike[str]


class ExperimentOptions(RunOptions, total=False):
    """Hyper-parameters of an experiment by flat name, and options of the run.

    The hyper-parameters replace those of the experiment or, for a feature file, the defaults of its
    preset.

    Parameters
    ----------
    preset : str
        Preset to use instead of the file's; see `gpuclf.Experiment.for_file`.
    dataset, n_classes, n_clips, n_frames, n_vectors, overlap, rectify, log, statistics
        See `gpuclf.config.parts.Features`.
    scale, svm_type, kernel, C, nu, gamma, class_weight, solver
        See `gpuclf.config.parts.Svm`.
    probability, target_precision
        See `gpuclf.config.parts.Probabilities`.
    groups, folds_from
        See `gpuclf.config.parts.Clips`.
    majority_voting, split, test_size, folds, repeats, seed, protocol, permute_labels, permutations
        See `gpuclf.validation.options.Validation`.
    backend, progress, memory, cache, checkpoint
        See `gpuclf.workflows.run_context.RunOptions`.
    """

    preset: str | None
    dataset: str | None
    n_classes: int | None
    n_clips: int | None
    n_frames: int | None
    n_vectors: int
    overlap: OverlapName
    rectify: bool
    log: LogarithmName
    statistics: Sequence[StatisticName]
    scale: ScaleName
    svm_type: Literal["C", "nu", "linear"]
    kernel: Literal["linear", "rbf"]
    C: float
    nu: float
    gamma: Literal["scale", "auto"] | float
    class_weight: Literal["none", "balanced"]
    solver: Literal["auto", "shared", "library"]
    probability: bool
    target_precision: float | None
    groups: str | None
    folds_from: str | None
    majority_voting: bool
    split: SplitName
    test_size: float
    folds: int
    repeats: int
    seed: int
    protocol: ProtocolName
    permute_labels: bool
    permutations: int
