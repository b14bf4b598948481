"""Context of a run: an experiment, its open feature file, and the data that is read from it."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypedDict

import numpy as np

from gpuclf._utils.progress import OnProgress, Progress
from gpuclf.backend import Backend, resolve
from gpuclf.config.experiment import NAMES, PARTS, Experiment
from gpuclf.config.search_grid import check_searchable
from gpuclf.errors import InputError, did_you_mean
from gpuclf.features.feature_file import FeatureStore, open_features
from gpuclf.features.feature_set import FeatureSet
from gpuclf.model.classifier import ClipClassifier
from gpuclf.svm import choose_solver
from gpuclf.validation.context import CheckpointStore, Context
from gpuclf.validation.fold_description import describe_folds
from gpuclf.validation.permutation_test import check_permutable
from gpuclf.validation.plan import Plan, make_plan
from gpuclf.validation.setting import Setting, relevant_parameters
from gpuclf.vectors.aggregation import vectors_per_clip
from gpuclf.vectors.cache import VectorCache
from gpuclf.vectors.checks import check_lengths
from gpuclf.vectors.feature_vectors import FeatureVectors, aggregate


class RunOptions(TypedDict, total=False):
    """Options of a run that do not change its result.

    Parameters
    ----------
    backend : {"auto", "cpu", "gpu", "gpu:N"} or Backend
        Backend; ``auto`` by default.
    progress : callable
        Called with a `gpuclf._utils.progress.Progress` of clips, two-class problems and folds.
    memory : int or str
        Memory limit for reading frames, in bytes or as text such as ``"512M"``; by default a
        quarter of the free memory, at most 1 GiB.
    cache : bool
        Whether to load and save feature vectors in the user's cache folder; True by default.
    checkpoint : CheckpointStore
        Checkpoint of finished folds: a `gpuclf.validation.checkpoint.Checkpoint`.
    """

    backend: str | Backend
    progress: OnProgress | None
    memory: int | str | None
    cache: bool
    checkpoint: CheckpointStore | None


@contextmanager
def open_run(
    experiment: Experiment | str | os.PathLike[str], *, preset: str | None = None, **options: Any
) -> Iterator[RunContext]:
    """Open the feature file of an experiment and yield the context of a run.

    Parameters
    ----------
    experiment : Experiment or path
        Experiment with the path of a feature file, or a feature file, whose preset has the default
        values.
    preset : str, optional
        Preset to use instead of the file's.
    **options
        See `RunOptions`; and hyper-parameters by flat name.

    Yields
    ------
    RunContext
        Context of the run; the file is closed at the end.

    Raises
    ------
    GpuclfError
        If the file does not exist, a name is unknown, a value is invalid, or the backend is not
        available.
    """
    run_options = RunOptions.__annotations__.keys()
    values = {name: value for name, value in options.items() if name not in run_options}
    for name in values:
        if name not in [*NAMES, *PARTS]:
            expected = did_you_mean(name, [*NAMES, *run_options, "preset"])
            raise InputError("options", got=f"unknown name {name!r}", expected=expected)
    file = experiment.file if isinstance(experiment, Experiment) else experiment
    if file is None:
        raise InputError("file", got="none", expected="the path of a feature file")
    with open_features(file) as store:
        if not isinstance(experiment, Experiment):
            experiment = Experiment.for_store(store, preset, **values)
        elif preset is not None:
            raise InputError("preset", got=f"{preset!r} with an Experiment", expected="a file")
        else:
            experiment = experiment.replace(**values)
        run = {name: value for name, value in options.items() if name in run_options}
        yield run_over(store, experiment, **run)


def run_over(
    store: FeatureStore,
    experiment: Experiment,
    *,
    backend: str | Backend = "auto",
    **options: Any,
) -> RunContext:
    """Return the context of a run over an open feature file; see `open_run`."""
    return RunContext(experiment=experiment, store=store, backend=resolve(backend), **options)


@dataclass(kw_only=True)
class RunContext(Context):
    """Context of a run.

    Settings that need the same feature vectors share them.

    Parameters
    ----------
    experiment : Experiment
        Experiment of the run.
    store : FeatureStore
        Open feature file of the experiment.
    backend, progress, memory, cache, checkpoint
        See `RunOptions`.
    """

    experiment: Experiment
    store: FeatureStore
    memory: int | str | None = None
    cache: bool = True

    def __post_init__(self) -> None:
        dataset = self.store.select(self.experiment.dataset).name
        self.experiment = self.experiment.replace(dataset=dataset)
        self.start = time.perf_counter()
        self._features: dict[Hashable, FeatureSet] = {}
        self._vectors: dict[Hashable, FeatureVectors] = {}

    def setting(self, point: Mapping[str, Any]) -> Setting:
        """Return the setting of a point.

        Parameters
        ----------
        point : mapping
            Hyper-parameters that replace those of the experiment.

        Returns
        -------
        Setting
            Classifier and feature vectors, on the device of the backend.
        """
        experiment, features = self._select(point)
        key = features.name, experiment.n_frames, experiment.features
        if key not in self._vectors:
            self._vectors[key] = self._aggregate(features, experiment)
        clf = make_classifier(experiment, self.backend)
        return Setting(clf, self._vectors[key], dict(point))

    def features(self, point: Mapping[str, Any]) -> FeatureSet:
        """Return the feature set of a point."""
        return self._select(point)[1]

    def clip_vectors(self, clip: int, point: Mapping[str, Any]) -> FeatureVectors:
        """Return the feature vectors of one clip, by its index, for a point."""
        experiment, features = self._select(point)
        return self._aggregate(features.take(np.array([clip])), experiment, single=True)

    def plan(
        self,
        points: Iterable[Mapping[str, Any]],
        *,
        inner: int | None = 0,
        permutations: bool = False,
    ) -> Plan:
        """Return the plan of a cross-validation of points, without reading frames.

        Parameters
        ----------
        points : iterable of mappings
            Hyper-parameters that replace those of the experiment.
        inner : int or None
            Number of inner folds; 0 for none, None for the default of `make_plan`.
        permutations : bool
            Whether the run includes the permutation test of the experiment.

        Returns
        -------
        Plan
            Folds of all repeats.

        Raises
        ------
        GpuclfError
            If the points cannot be cross-validated on this file and backend.

        Warns
        -----
        UserWarning
            If a hyper-parameter of the points has no effect on any of the SVMs.
        """
        points, specs, counts = list(points), [], []
        unused = (
            points[0].keys() & make_classifier(self.experiment, self.backend).get_params().keys()
        )
        for point in points:
            check_searchable(point)
            experiment, features = self._select(point)
            clf = make_classifier(experiment, self.backend)
            check_solver(clf, features, experiment)
            check_lengths(features, experiment.n_vectors, experiment.overlap)
            specs.append(clf.spec)
            counts.append(vectors_per_clip(experiment.n_vectors, experiment.overlap))
            unused -= relevant_parameters(clf).keys()
        for name in sorted(unused):
            warnings.warn(
                f"{name} has no effect on this SVM: all its values give the same result",
                stacklevel=4,
            )
        validation = self.experiment.validation
        if not permutations:
            validation = replace(validation, permutations=0)
        clips = self.features({}).clips
        plan = make_plan(clips, counts, specs, validation, inner=inner)
        check_permutable(clips, validation)
        return plan

    @property
    def folds_text(self) -> str:
        """Number and kind of the folds, on one line."""
        return describe_folds(self.experiment.validation, self.features({}).clips)

    def seconds(self, fit: float) -> dict[str, float]:
        """Return the durations in seconds: ``read``, ``aggregate``, ``fit`` and ``total``."""
        parts = {
            part: sum(vectors.seconds[part] for vectors in self._vectors.values())
            for part in ("read", "aggregate")
        }
        return {**parts, "fit": fit, "total": time.perf_counter() - self.start}

    def _select(self, point: Mapping[str, Any]) -> tuple[Experiment, FeatureSet]:
        """Return the experiment and the feature set of a point."""
        experiment = self.experiment.replace(**point)
        key = experiment.dataset, experiment.n_frames
        if key not in self._features:
            features = experiment.select(self.store)
            self._features[key] = features
            first = next(iter(self._features.values()))
            a, b = first.clips, features.clips
            same_y = np.array_equal(np.asarray(a.y), np.asarray(b.y))  # None without labels
            if not (same_y and np.array_equal(a.ids, b.ids)):
                raise InputError(
                    f"feature set {features.name!r}",
                    got="other clips",
                    expected=f"the clips of {first.name!r}",
                )
        return experiment, self._features[key]

    def _aggregate(
        self, features: FeatureSet, experiment: Experiment, *, single: bool = False
    ) -> FeatureVectors:
        """Return the feature vectors of a feature set; a single clip is not cached or reported."""
        total = len(features)
        return aggregate(
            features,
            **experiment.features.aggregation,
            backend=self.backend,
            memory=self.memory,
            cache=VectorCache() if self.cache and not single else None,
            on_clips=None if single else lambda done: self.report(Progress("clips", done, total)),
        )


def make_classifier(experiment: Experiment, backend: Backend) -> ClipClassifier:
    """Return the classifier of an experiment."""
    count = vectors_per_clip(experiment.n_vectors, experiment.overlap)
    parameters = {**experiment.svm.classifier, **vars(experiment.probabilities)}
    return ClipClassifier(**parameters, n_vectors_per_clip=count, backend=backend)


def check_solver(clf: ClipClassifier, features: FeatureSet, experiment: Experiment) -> None:
    """Check, without reading frames, that a solver can fit this SVM."""
    count = len(features) * vectors_per_clip(experiment.n_vectors, experiment.overlap)
    choose_solver(clf.solver, clf.spec, count, resolve(clf.backend), log_choice=False)
