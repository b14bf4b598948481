"""Timing of a cross-validation: gpuclf's solver against other libraries' SVMs.

All methods use the same synthetic feature vectors and splits; timings include everything from
vectors to predicted labels. A library fits one fold after the other in one process. In the
inductive protocol each fold is scaled by its training clips first.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from gpuclf._typing import Ints
from gpuclf.backend import Backend
from gpuclf.model.classifier import ClipClassifier
from gpuclf.validation.context import Context
from gpuclf.validation.fold import Fold
from gpuclf.validation.fold_fitting import FoldFitting
from gpuclf.validation.options import Validation
from gpuclf.validation.plan import make_plan
from gpuclf.validation.progress import ProgressTracker
from gpuclf.validation.setting import Setting
from gpuclf.vectors.feature_vectors import FeatureVectors
from gpuclf.vectors.scaling import fit_scaler
from libraries import LIBRARIES, Library
from rounds import Rounds, time_interleaved

OURS = "gpuclf"


@dataclass(frozen=True)
class SvmBench:
    """Result of `bench_svm`.

    Parameters
    ----------
    rounds : Rounds
        Seconds for all folds and values; for a library extrapolated from the first
        ``library_folds`` folds of the first value.
    agreement : dict of str to float
        Fraction of test vectors with the same label in gpuclf, per library.
    clips : dict of str to int
        Number of test clips with another label than in gpuclf, per library: maximum over folds.
    accuracy : dict of str to float
        Accuracy on clips in the library's folds, per method.
    folds, library_folds, values : int
        Number of folds (of all repeats), of folds that a library fits, and of values of C or nu.
    """

    rounds: Rounds
    agreement: dict[str, float]
    clips: dict[str, int]
    accuracy: dict[str, float]
    folds: int
    library_folds: int
    values: int

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON-serialisable built-ins."""
        return {
            "seconds": self.rounds.seconds,
            "ratio": {name: self.rounds.ratio(name, OURS) for name in self.agreement},
            "agreement": self.agreement,
            "most_clips_different": self.clips,
            "accuracy": self.accuracy,
            "folds": self.folds,
            "library_folds": self.library_folds,
            "values": self.values,
        }


def synthetic_vectors(
    classes: int, clips: int, vectors: int, features: int, seed: int = 0
) -> FeatureVectors:
    """Return synthetic feature vectors: positive, as sparse codes or spectra.

    A vector is a gamma-distributed spectrum, multiplied by log-normal factors per class, clip and
    vector.

    Parameters
    ----------
    classes, clips, vectors, features : int
        Number of classes, clips per class, vectors per clip and features.
    seed : int
        Seed of the random generator.

    Returns
    -------
    FeatureVectors

    Examples
    --------
    >>> synthetic_vectors(2, 3, 4, 5)
    <6 clips x 4 vectors x 5 features, 2 classes>
    """
    rng = np.random.default_rng(seed)
    X = rng.gamma(2.0, size=features)
    X = X * np.exp(CLASS * rng.normal(size=(classes, 1, 1, features)))
    X = X * np.exp(CLIP * rng.normal(size=(classes, clips, 1, features)))
    X = X * np.exp(VECTOR * rng.normal(size=(classes, clips, vectors, features)))
    return FeatureVectors(
        X=X.reshape(classes * clips, vectors, features).astype(np.float32),
        y=np.repeat(np.arange(classes), clips),
        labels=tuple(f"class {number}" for number in range(classes)),
        ids=np.arange(classes * clips).astype(str),
    )


CLASS, CLIP, VECTOR = 0.25, 0.5, 1.0  # standard deviations of the logarithm of a factor


def bench_svm(
    vectors: FeatureVectors,
    clf: ClipClassifier,
    values: Sequence[float],
    *,
    protocol: str,
    folds: int,
    repeats: int,
    library_folds: int,
    backend: Backend,
    rounds: int,
    libraries: Sequence[str] | None = None,
    on_round: Callable[[int], None] | None = None,
) -> SvmBench:
    """Time gpuclf and other libraries in interleaved rounds.

    Parameters
    ----------
    vectors : FeatureVectors
        On the host.
    clf : ClipClassifier
        Classifier to fit.
    values : sequence of float
        Values of C or nu; the libraries fit the first one.
    protocol, folds, repeats
        See `gpuclf.cross_validate`.
    library_folds : int
        Number of folds that a library fits per round.
    backend : Backend
        Backend of gpuclf.
    rounds : int
        Number of rounds.
    libraries : sequence of str, optional
        Names in `LIBRARIES`; by default those that are installed.
    on_round : callable, optional
        Called with the number of completed rounds.

    Returns
    -------
    SvmBench
    """
    validation = Validation(folds=folds, repeats=repeats, protocol=protocol)
    plan = make_plan(vectors, [vectors.X.shape[1]], [clf.spec], validation)
    subset = plan.folds[:library_folds]
    value = "nu" if clf.svm_type == "nu" else "C"
    clfs = [ClipClassifier(**{**clf.get_params(), value: v}) for v in values]
    labels: dict[str, list[Ints]] = {}

    def run_gpuclf() -> None:
        on_device = replace(vectors, X=backend.asarray(vectors.X))
        settings = [Setting(one, on_device) for one in clfs]
        context = Context(backend=backend)
        fit = FoldFitting(plan, context, ProgressTracker(context, 0, 0))
        fitted = fit(settings, plan.folds)[0]
        labels[OURS] = [f.tested.votes for f in fitted.folds[: len(subset)] if f.tested]

    def run_library(name: str, library: Library) -> Callable[[], None]:
        def run() -> None:
            labels[name] = [_fit_fold(vectors, clfs[0], fold, protocol, library) for fold in subset]

        return run

    chosen = {
        name: library
        for name, library in LIBRARIES.items()
        if (name in libraries if libraries is not None else installed(library))
        and clf.svm_type in library.svm_types
    }
    methods = {
        OURS: run_gpuclf,
        **{name: run_library(name, library) for name, library in chosen.items()},
    }
    timed = time_interleaved(methods, rounds, on_round)
    factor = len(plan.folds) * len(values) / len(subset)
    seconds = {
        name: times if name == OURS else [factor * time for time in times]
        for name, times in timed.seconds.items()
    }
    true = [vectors.y[fold.test] for fold in subset] if vectors.y is not None else []
    return SvmBench(
        rounds=Rounds(seconds),
        agreement={name: _agreement(labels[name], labels[OURS]) for name in chosen},
        clips={name: _max_different_clips(labels[name], labels[OURS]) for name in chosen},
        accuracy={
            name: float(np.mean([_majority(v) == t for v, t in zip(votes, true, strict=True)]))
            for name, votes in labels.items()
        },
        folds=len(plan.folds),
        library_folds=len(subset),
        values=len(values),
    )


def installed(library: Library) -> bool:
    """Return True if a library is installed."""
    return importlib.util.find_spec(library.package) is not None


def _fit_fold(
    vectors: FeatureVectors, clf: ClipClassifier, fold: Fold, protocol: str, library: Library
) -> Ints:
    """Scale, fit and predict one fold; return the labels of the test vectors, ``(clips, V)``."""
    scaled_by = slice(None) if protocol == "thesis" else fold.train
    n = vectors.X.shape[2]
    scaler = fit_scaler(vectors.X[scaled_by].reshape(-1, n), clf.scale, np)
    train = scaler.transform(vectors.X[fold.train].reshape(-1, n), library.dtype)
    test = scaler.transform(vectors.X[fold.test].reshape(-1, n), library.dtype)
    y = np.repeat(fold.y[fold.train], vectors.X.shape[1])
    predicted = library.fit_predict(train, y, test, clf.spec)
    return np.asarray(predicted).astype(np.int64).reshape(len(fold.test), -1)


def _majority(votes: Ints) -> Ints:
    return np.array([np.bincount(row).argmax() for row in votes])


def _agreement(theirs: list[Ints], ours: list[Ints]) -> float:
    return float(np.mean(_flat(theirs) == _flat(ours)))


def _flat(votes: list[Ints]) -> npt.NDArray[np.int64]:
    return np.concatenate([v.ravel() for v in votes])


def _max_different_clips(theirs: list[Ints], ours: list[Ints]) -> int:
    return max(int((_majority(a) != _majority(b)).sum()) for a, b in zip(theirs, ours, strict=True))
