"""What one run shares: an experiment, its open file, and all that is read of it once."""

from __future__ import annotations

import time
import warnings
from collections.abc import Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, TypedDict, Unpack

import numpy as np

from gpuclf._utils.progress import OnProgress, Progress
from gpuclf.backend import Backend, resolve
from gpuclf.config.experiment import Experiment
from gpuclf.config.search_grid import check_searchable
from gpuclf.errors import InputError
from gpuclf.features.feature_file import FeatureStore, open_features
from gpuclf.features.feature_set import FeatureSet
from gpuclf.features.importers.csv_table import read_table
from gpuclf.model.classifier import ClipClassifier
from gpuclf.svm import choose_solver
from gpuclf.validation.context import Context, Finished
from gpuclf.validation.permutation_test import check_permutable
from gpuclf.validation.plan import Plan, make_plan
from gpuclf.validation.setting import Setting, relevant_parameters
from gpuclf.vectors.aggregation import vectors_per_clip
from gpuclf.vectors.cache import VectorCache
from gpuclf.vectors.feature_vectors import FeatureVectors, aggregate, check_lengths


class RunOptions(TypedDict, total=False):
    """Options of a run that change no result.

    Parameters
    ----------
    backend : {"auto", "cpu", "gpu"} or Backend
        Where to compute; ``auto`` by default.
    progress : callable
        Called with a `gpuclf._utils.progress.Progress` of clips, two-class problems and folds.
    memory : int or str
        Bytes that reading may take, such as ``"512M"``; by default a quarter of what is free, at
        most 1 GiB.
    cache : bool
        Whether feature vectors are kept in the user's cache folder, and found there; True by
        default.
    checkpoint : Finished
        Where finished folds are looked up and kept: a `gpuclf.validation.checkpoint.Checkpoint`.
    """

    backend: str | Backend
    progress: OnProgress | None
    memory: int | str | None
    cache: bool
    checkpoint: Finished | None


@contextmanager
def open_run(experiment: Experiment, **options: Unpack[RunOptions]) -> Iterator[RunContext]:
    """Open the feature file of an experiment, for one run.

    Parameters
    ----------
    experiment : Experiment
    **options
        As of `RunOptions`.

    Yields
    ------
    RunContext

    Raises
    ------
    GpuclfError
        If there is no such file, or the backend cannot be used.
    """
    if experiment.file is None:
        raise InputError("file", got="none", expected="the path of a feature file")
    with open_features(experiment.file) as store:
        yield run_over(store, experiment, **options)


def run_over(
    store: FeatureStore, experiment: Experiment, **options: Unpack[RunOptions]
) -> RunContext:
    """Return the context of a run over a feature file that is open; see `open_run`."""
    return RunContext(
        experiment=experiment,
        store=store,
        backend=resolve(options.get("backend", "auto")),
        progress=options.get("progress"),
        memory=options.get("memory"),
        cache=options.get("cache", True),
        checkpoint=options.get("checkpoint"),
    )


@dataclass(kw_only=True)
class RunContext(Context):
    """What one run shares.

    Frames are read and aggregated once for all settings that need the same vectors, and every CSV
    table is parsed once.

    Parameters
    ----------
    experiment : Experiment
    store : FeatureStore
        Its file, open.
    backend, progress, memory, cache, checkpoint
        As of `RunOptions`.
    """

    experiment: Experiment
    store: FeatureStore
    memory: int | str | None = None
    cache: bool = True

    def __post_init__(self) -> None:
        dataset = self.store.select(self.experiment.dataset).name
        self.experiment = self.experiment.replace(dataset=dataset)
        self.start = time.perf_counter()
        self._read_table = cache(read_table)
        self._features: dict[Hashable, FeatureSet] = {}
        self._vectors: dict[Hashable, FeatureVectors] = {}

    def setting(self, point: Mapping[str, Any]) -> Setting:
        """Return the setting of a point.

        Parameters
        ----------
        point : mapping
            Hyper-parameters, in place of the experiment's.

        Returns
        -------
        Setting
            Its vectors are on the device.
        """
        experiment, features = self._select(point)
        key = features.name, experiment.n_frames, experiment.features
        if key not in self._vectors:
            self._vectors[key] = self._aggregate(features, experiment)
        clf = make_classifier(experiment, self.backend)
        return Setting(clf, self._vectors[key], dict(point))

    def features(self, point: Mapping[str, Any]) -> FeatureSet:
        """Return the feature set from which a point's vectors are made."""
        return self._select(point)[1]

    def clip_vectors(self, clip: int, point: Mapping[str, Any]) -> FeatureVectors:
        """Read and aggregate one clip for a point, by its position among the clips."""
        experiment, features = self._select(point)
        return self._aggregate(features.take(np.array([clip])), experiment, one=True)

    def plan(
        self,
        points: Iterable[Mapping[str, Any]],
        *,
        inner: int = 0,
        permutations: bool = False,
    ) -> Plan:
        """Plan the cross-validation of points, before any frame is read.

        Parameters
        ----------
        points : iterable of mappings
            Hyper-parameters, in place of the experiment's.
        inner : int
            Inner folds; 0 for none.
        permutations : bool
            Whether the experiment's permutation test is part of the run.

        Returns
        -------
        Plan

        Raises
        ------
        GpuclfError
            If they cannot be cross-validated.

        Warns
        -----
        UserWarning
            If a hyper-parameter that takes several values has no influence on any of the SVMs.
        """
        points, specs, counts = list(points), [], []
        idle = points[0].keys() & make_classifier(self.experiment, self.backend).get_params().keys()
        for point in points:
            check_searchable(point)
            experiment, features = self._select(point)
            clf = make_classifier(experiment, self.backend)
            check_solver(clf, features, experiment)
            check_lengths(features, experiment.n_vectors)
            specs.append(clf.spec)
            counts.append(vectors_per_clip(experiment.n_vectors))
            idle -= relevant_parameters(clf).keys()
        for name in sorted(idle):
            warnings.warn(
                f"{name} has no part in this SVM: its values are all the same", stacklevel=4
            )
        validation = self.experiment.validation
        if not permutations:
            validation = replace(validation, permutations=0)
        clips = self.features({}).clips
        plan = make_plan(clips, counts, specs, validation, inner=inner)
        check_permutable(clips, validation)
        return plan

    def seconds(self, fit: float) -> dict[str, float]:
        """Return the seconds of the run so far: ``read``, ``aggregate``, ``fit`` and ``total``."""
        parts = {
            part: sum(vectors.seconds[part] for vectors in self._vectors.values())
            for part in ("read", "aggregate")
        }
        return {**parts, "fit": fit, "total": time.perf_counter() - self.start}

    def _select(self, point: Mapping[str, Any]) -> tuple[Experiment, FeatureSet]:
        experiment = self.experiment.replace(**point)
        key = experiment.dataset, experiment.n_frames
        if key not in self._features:
            features = experiment.select(self.store, self._read_table)
            self._features[key] = features
            first = next(iter(self._features.values())).clips
            pairs = (first.ids, features.clips.ids), (first.y, features.clips.y)
            if not all(np.array_equal(np.asarray(a), np.asarray(b)) for a, b in pairs):
                raise InputError(
                    f"feature set {features.name!r}", got="other clips", expected="the same ones"
                )
        return experiment, self._features[key]

    def _aggregate(
        self, features: FeatureSet, experiment: Experiment, *, one: bool = False
    ) -> FeatureVectors:
        total = len(features)
        return aggregate(
            features,
            **experiment.features.aggregation,
            backend=self.backend,
            memory=self.memory,
            cache=VectorCache() if self.cache and not one else None,
            on_clips=None if one else lambda done: self.report(Progress("clips", done, total)),
        )


def make_classifier(experiment: Experiment, backend: Backend) -> ClipClassifier:
    """Return the classifier that an experiment describes."""
    count = vectors_per_clip(experiment.n_vectors)
    return ClipClassifier(**experiment.svm.classifier, n_vectors_per_clip=count, backend=backend)


def check_solver(clf: ClipClassifier, features: FeatureSet, experiment: Experiment) -> None:
    """Check that a solver can fit this SVM, before any frame is read."""
    count = len(features) * vectors_per_clip(experiment.n_vectors)
    choose_solver(clf.solver, clf.spec, count, resolve(clf.backend), tell=False)
