"""From an experiment and its open file to classifiers over feature vectors."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from gpuclf.backend import Backend, resolve
from gpuclf.config.experiment import SVM, VALIDATION, Experiment
from gpuclf.config.search_grid import check_searchable
from gpuclf.errors import InputError
from gpuclf.features.feature_file import FeatureStore, open_features
from gpuclf.features.feature_set import FeatureSet
from gpuclf.model.classifier import ClipClassifier
from gpuclf.svm import SvmSpec, choose_solver
from gpuclf.validation.permutation_test import check_permutable
from gpuclf.validation.plan import Validation, check_counts, make_plan
from gpuclf.validation.setting import Setting, relevant_parameters
from gpuclf.vectors.aggregation import vectors_per_clip
from gpuclf.vectors.cache import VectorCache
from gpuclf.vectors.feature_vectors import FeatureVectors, aggregate, check_lengths

OnClips = Callable[[int, int], None]  # clips done, clips in all


class Reading(NamedTuple):
    """How frames are read; it changes no result.

    Parameters
    ----------
    memory : int, str or None
        Bytes that reading may take, such as ``"512M"``; by default a quarter of what is free, at
        most 1 GiB.
    cache : bool
        Whether feature vectors are kept in the user's cache folder, and found there.
    """

    memory: int | str | None = None
    cache: bool = True


USUAL_READING = Reading()


class SettingMaker:
    """Makes settings of an experiment, each with some hyper-parameters of its own.

    What is read and aggregated once serves all settings that want it.

    Parameters
    ----------
    experiment : Experiment
    store : FeatureStore
        Its file, open.
    backend : Backend
        Where to compute.
    reading : Reading
        How the frames are read.
    on_clips : callable, optional
        Called with the clips read so far and in all.
    """

    def __init__(
        self,
        experiment: Experiment,
        store: FeatureStore,
        backend: Backend,
        reading: Reading = USUAL_READING,
        on_clips: OnClips | None = None,
    ) -> None:
        self.experiment, self.store, self.backend = experiment, store, backend
        self.reading, self.on_clips = reading, on_clips
        self._features: dict[Hashable, FeatureSet] = {}
        self._vectors: dict[Hashable, FeatureVectors] = {}

    @property
    def validation(self) -> Validation:
        """How the experiment is cross-validated."""
        return Validation(**self.experiment.panel(VALIDATION))

    def __call__(self, point: Mapping[str, Any]) -> Setting:
        """Make a setting.

        Parameters
        ----------
        point : mapping
            The experiment's hyper-parameters that are other ones here.

        Returns
        -------
        Setting
            Its vectors are on the device.
        """
        experiment, features = self._select(point)
        key = features.name, experiment.n_frames, tuple(experiment.aggregation.items())
        if key not in self._vectors:
            self._vectors[key] = aggregate_features(
                features, experiment, self.backend, self.reading, self.on_clips
            )
        clf = make_classifier(experiment, self.backend)
        return Setting(clf, self._vectors[key], dict(point))

    def features(self, point: Mapping[str, Any]) -> FeatureSet:
        """Give the feature set that a point's vectors are made of."""
        return self._select(point)[1]

    def check(
        self, points: Iterable[Mapping[str, Any]], inner: int = 0, permutations: int = 0
    ) -> list[SvmSpec]:
        """Make sure that points can be cross-validated, before any frame is read.

        Parameters
        ----------
        points : iterable of mappings
        inner : int
            Inner folds.
        permutations : int
            Of the labels.

        Returns
        -------
        list of SvmSpec
            What is going to be fitted.

        Raises
        ------
        GpuclfError
            If they cannot.

        Warns
        -----
        UserWarning
            If a hyper-parameter that takes several values has a part in none of the SVMs.
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
                f"{name} has no part in this SVM: its values are all the same", stacklevel=3
            )
        check_counts(self.validation, counts)
        clips = self.features({}).clips
        make_plan(clips, counts[0], specs, self.validation, inner=inner)
        check_permutable(clips, self.validation, permutations)
        return specs

    def seconds(self) -> dict[str, float]:
        """Time that all settings together took: ``read`` and ``aggregate``."""
        return {
            part: sum(vectors.seconds[part] for vectors in self._vectors.values())
            for part in ("read", "aggregate")
        }

    def _select(self, point: Mapping[str, Any]) -> tuple[Experiment, FeatureSet]:
        experiment = replace(self.experiment, **point)
        key = experiment.dataset, experiment.n_frames
        if key not in self._features:
            features = experiment.select(self.store)
            self._features[key] = features
            first = next(iter(self._features.values())).clips
            pairs = (first.ids, features.clips.ids), (first.y, features.clips.y)
            if not all(np.array_equal(np.asarray(a), np.asarray(b)) for a, b in pairs):
                raise InputError(
                    f"feature set {features.name!r}", got="other clips", expected="the same ones"
                )
        return experiment, self._features[key]


def open_experiment(experiment: Experiment) -> FeatureStore:
    """Open the experiment's feature file."""
    if experiment.file is None:
        raise InputError("file", got="none", expected="the path of a feature file")
    return open_features(experiment.file)


def read_clip(experiment: Experiment, clip: int, backend: Backend) -> FeatureVectors:
    """Read and aggregate one clip of an experiment.

    Parameters
    ----------
    experiment : Experiment
    clip : int
        Its place among the experiment's clips.
    backend : Backend

    Returns
    -------
    FeatureVectors
        Of that clip alone.
    """
    with open_experiment(experiment) as store:
        features = experiment.select(store).take(np.array([clip]))
        reading = Reading(cache=False)
        return aggregate_features(features, experiment, backend, reading, on_clips=None)


def make_classifier(experiment: Experiment, backend: Backend) -> ClipClassifier:
    """Make the classifier that an experiment describes."""
    parameters = experiment.panel(SVM)
    if parameters["class_weight"] == "none":
        parameters["class_weight"] = None
    count = vectors_per_clip(experiment.n_vectors)
    return ClipClassifier(**parameters, n_vectors_per_clip=count, backend=backend)


def check_solver(clf: ClipClassifier, features: FeatureSet, experiment: Experiment) -> None:
    """Make sure that something can fit this SVM, before any frame is read."""
    count = len(features) * vectors_per_clip(experiment.n_vectors)
    choose_solver(clf.solver, clf.spec, count, resolve(clf.backend), tell=False)


def aggregate_features(
    features: FeatureSet,
    experiment: Experiment,
    backend: Backend,
    reading: Reading,
    on_clips: OnClips | None,
) -> FeatureVectors:
    """Read and aggregate the frames as an experiment says."""
    total = len(features)
    return aggregate(
        features,
        **experiment.aggregation,
        backend=backend,
        memory=reading.memory,
        cache=VectorCache() if reading.cache else None,
        on_clips=None if on_clips is None else lambda done: on_clips(done, total),
    )
