"""Cross-validation over made-up vectors: gpuclf's solver against loops over libraries.

Every way is given the same vectors and the same splits, and all are timed in turn, from the vectors
to the predicted labels. A library fits fold after fold in one process, as the notebook did; for the
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
from rounds import Rounds, in_turn

OURS = "gpuclf"


@dataclass(frozen=True)
class SvmBench:
    """What a benchmark found.

    Parameters
    ----------
    rounds : Rounds
        Seconds of every way: for gpuclf all folds and values; for a library the first folds of the
        first value, brought to as many by their number.
    agreement : dict
        For every library, the share of test vectors that gpuclf labels as it does.
    clips : dict
        For every library, the most clips of a fold whose label differs.
    accuracy : dict
        Of every way, on clips.
    folds, library_folds, values
        How many.
    """

    rounds: Rounds
    agreement: dict[str, float]
    clips: dict[str, int]
    accuracy: dict[str, float]
    folds: int
    library_folds: int
    values: int

    def to_dict(self) -> dict[str, Any]:
        """Give all figures as plain numbers, lists and strings, as ``--json`` writes them."""
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


def made_up_vectors(
    classes: int, clips: int, vectors: int, features: int, seed: int = 0
) -> FeatureVectors:
    """Make vectors as of sparse codes or spectra: positive, with a colour for class and clip.

    Parameters
    ----------
    classes, clips, vectors, features : int
        How many classes, clips a class, vectors a clip and features.
    seed : int
        The same seed gives the same vectors.

    Examples
    --------
    >>> made_up_vectors(2, 3, 4, 5)
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


CLASS, CLIP, VECTOR = 0.25, 0.5, 1.0  # deviations of the logarithm of a feature


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
    """Time gpuclf and the libraries that are installed, in turn.

    Parameters
    ----------
    vectors : FeatureVectors
        On the host.
    clf : ClipClassifier
        What is fitted.
    values : sequence of float
        Of C, or of nu; the libraries fit the first of them.
    protocol, folds, repeats
        As of `gpuclf.cross_validate`.
    library_folds : int
        How many folds a library fits in a round.
    backend : Backend
        Where gpuclf computes.
    rounds : int
        How often.
    libraries : sequence of str, optional
        Which of them; by default those that are installed.
    on_round : callable, optional
        Called with the number of rounds done.

    Returns
    -------
    SvmBench
    """
    validation = Validation(folds=folds, repeats=repeats, protocol=protocol)
    plan = make_plan(vectors, [vectors.X.shape[1]], [clf.spec], validation)
    some = plan.folds[:library_folds]
    value = "nu" if clf.svm_type == "nu" else "C"
    clfs = [ClipClassifier(**{**clf.get_params(), value: v}) for v in values]
    labels: dict[str, list[Ints]] = {}

    def ours() -> None:
        there = replace(vectors, X=backend.asarray(vectors.X))
        settings = [Setting(one, there) for one in clfs]
        context = Context(backend=backend)
        fit = FoldFitting(plan, context, ProgressTracker(context, 0, 0))
        fitted = fit(settings, plan.folds)[0]
        labels[OURS] = [f.tested.votes for f in fitted.folds[: len(some)] if f.tested]

    def theirs(name: str, library: Library) -> Callable[[], None]:
        def run() -> None:
            labels[name] = [_fit_fold(vectors, clfs[0], fold, protocol, library) for fold in some]

        return run

    chosen = {
        name: library
        for name, library in LIBRARIES.items()
        if (name in libraries if libraries is not None else installed(library))
        and clf.svm_type in library.svm_types
    }
    ways = {OURS: ours, **{name: theirs(name, library) for name, library in chosen.items()}}
    timed = in_turn(ways, rounds, on_round)
    stretch = len(plan.folds) * len(values) / len(some)
    seconds = {
        name: times if name == OURS else [stretch * time for time in times]
        for name, times in timed.seconds.items()
    }
    true = [vectors.y[fold.test] for fold in some] if vectors.y is not None else []
    return SvmBench(
        rounds=Rounds(seconds),
        agreement={name: _agreement(labels[name], labels[OURS]) for name in chosen},
        clips={name: _most_clips(labels[name], labels[OURS]) for name in chosen},
        accuracy={
            name: float(np.mean([_elect(v) == t for v, t in zip(votes, true, strict=True)]))
            for name, votes in labels.items()
        },
        folds=len(plan.folds),
        library_folds=len(some),
        values=len(values),
    )


def installed(library: Library) -> bool:
    """Tell whether a library is there."""
    return importlib.util.find_spec(library.package) is not None


def _fit_fold(
    vectors: FeatureVectors, clf: ClipClassifier, fold: Fold, protocol: str, library: Library
) -> Ints:
    """Scale, fit and predict one fold as the notebook did; give the labels ``(clips, V)``."""
    learned_from = slice(None) if protocol == "thesis" else fold.train
    n = vectors.X.shape[2]
    scaler = fit_scaler(vectors.X[learned_from].reshape(-1, n), clf.scale, np)
    train = scaler.transform(vectors.X[fold.train].reshape(-1, n), library.dtype)
    test = scaler.transform(vectors.X[fold.test].reshape(-1, n), library.dtype)
    y = np.repeat(fold.y[fold.train], vectors.X.shape[1])
    predicted = library.fit_predict(train, y, test, clf.spec)
    return np.asarray(predicted).astype(np.int64).reshape(len(fold.test), -1)


def _elect(votes: Ints) -> Ints:
    return np.array([np.bincount(row).argmax() for row in votes])


def _agreement(theirs: list[Ints], ours: list[Ints]) -> float:
    return float(np.mean(np.concatenate([a.ravel() for a in theirs]) == _flat(ours)))


def _flat(votes: list[Ints]) -> npt.NDArray[np.int64]:
    return np.concatenate([v.ravel() for v in votes])


def _most_clips(theirs: list[Ints], ours: list[Ints]) -> int:
    return max(int((_elect(a) != _elect(b)).sum()) for a, b in zip(theirs, ours, strict=True))
