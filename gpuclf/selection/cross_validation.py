"""Repeated cross-validation: the one way in which gpuclf scores a classifier.

``inductive``: of every fold, scaling and SVM are learned from its training clips alone, and whole
clips are split, whatever is scored. ``thesis``: the notebook's way; all vectors are scaled first,
those of the test clips as well, and without majority voting the single vectors are split, so that a
clip's vectors stand on both sides. Its scores are optimistic; it is there to reproduce the thesis.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from inspect import Parameter, signature
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from gpuclf import metrics
from gpuclf.backend import Backend, resolve
from gpuclf.classifier import ClipClassifier, describe_unconverged
from gpuclf.data.blocks import Ints
from gpuclf.errors import InputError, did_you_mean
from gpuclf.selection.fitting import FoldFitting, FoldScore, OnFold, OnProblems
from gpuclf.selection.plan import make_plan
from gpuclf.vectors import FeatureVectors


@dataclass(frozen=True)
class CrossValidation:
    """Scores of a repeated cross-validation.

    Parameters
    ----------
    labels : tuple of str
        Names of the classes.
    scores : float64 array, shape (repeats, folds)
        Accuracy on clips, or on vectors without majority voting; in [0, 1].
    vector_scores : float64 array, shape (repeats, folds)
        Accuracy on vectors.
    confusion : int64 array, shape (classes, classes)
        Rows true, columns predicted, summed over all folds.
    majority_voting : bool
        Whether clips were scored, or vectors.
    backend, solver : str
        What computed it.
    seconds : dict
        ``fit`` (training and scoring), and what the vectors took: ``read``, ``aggregate``.
    """

    labels: tuple[str, ...]
    scores: npt.NDArray[np.float64]
    vector_scores: npt.NDArray[np.float64]
    confusion: Ints
    majority_voting: bool
    backend: str
    solver: str
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def accuracy(self) -> float:
        """Mean of all scores."""
        return float(self.scores.mean())

    @property
    def accuracy_std(self) -> float:
        """Standard deviation over all scores."""
        return float(self.scores.std())

    @property
    def chance(self) -> float:
        """Accuracy of a guess among the classes, each as likely as the other."""
        return 1 / len(self.labels)

    @property
    def recall(self) -> npt.NDArray[np.float64]:
        """Share of each class's samples that were predicted right; NaN for one never tested."""
        return metrics.recall(self.confusion)

    def __repr__(self) -> str:
        repeats, folds = self.scores.shape
        return (
            f"<accuracy {self.accuracy:.1%} +/- {self.accuracy_std:.1%} "
            f"over {repeats} x {folds} folds, chance {self.chance:.1%}>"
        )

    def to_dict(self) -> dict[str, Any]:
        """Give the result as plain numbers, lists and strings, as ``--json`` writes it."""
        return {
            "backend": self.backend,
            "solver": self.solver,
            "labels": list(self.labels),
            "scores": self.scores.tolist(),
            "vector_scores": self.vector_scores.tolist(),
            "accuracy": self.accuracy,
            "accuracy_std": self.accuracy_std,
            "confusion": self.confusion.tolist(),
            "seconds": self.seconds,
        }


def cross_validate(
    clf: ClipClassifier,
    vectors: FeatureVectors,
    *,
    split: str = "shuffle",
    folds: int = 10,
    test_size: float = 0.1,
    repeats: int = 20,
    seed: int = 0,
    protocol: str = "inductive",
    majority_voting: bool = True,
    permute_labels: bool = False,
    on_fold: OnFold | None = None,
    on_problems: OnProblems | None = None,
) -> CrossValidation:
    """Cross-validate a classifier over clips, repeatedly.

    Parameters
    ----------
    clf : ClipClassifier
        Its parameters; it is not fitted itself.
    vectors : FeatureVectors
        Clips with their classes. If they have groups, no group stands on both sides of a split.
    split, folds, test_size, repeats, seed
        See `gpuclf.selection.splits.make_splits`.
    protocol : {"inductive", "thesis"}
        Whether nothing of a test clip is seen in training; see `gpuclf.selection.cross_validation`.
    majority_voting : bool
        Whether a clip's vectors vote and clips are scored, or vectors are scored one by one.
    permute_labels : bool
        Whether every repeat deals the labels out anew among the clips (or among the vectors, where
        the thesis's protocol splits these): a sanity check that must give chance.
    on_fold : callable, optional
        Called with every `FoldScore`, in order, and the number of folds in all.
    on_problems : callable, optional
        Called, while the shared solver works, with the two-class problems done so far and in all.

    Returns
    -------
    CrossValidation

    Raises
    ------
    InputError
        If the clips cannot be split so, a class has one clip only, or ``nu`` is infeasible in some
        fold; before anything is fitted.

    Warns
    -----
    ConvergenceWarning
        If SVMs stopped before their tolerance, naming the first of them.
    UserWarning
        If training clips of a fold lack a class.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat([0, 1], 10)
    >>> X = (rng.normal(size=(20, 12, 5)) + y[:, None, None]).astype(np.float32)
    >>> vectors = FeatureVectors(X, y, ("blues", "rock"), np.arange(20).astype(str))
    >>> cross_validate(ClipClassifier(backend="cpu"), vectors, folds=5, repeats=2)
    <accuracy 100.0% +/- 0.0% over 2 x 5 folds, chance 50.0%>
    """
    return cross_validate_grid(
        clf,
        vectors,
        {},
        split=split,
        folds=folds,
        test_size=test_size,
        repeats=repeats,
        seed=seed,
        protocol=protocol,
        majority_voting=majority_voting,
        permute_labels=permute_labels,
        on_fold=on_fold,
        on_problems=on_problems,
    )[0].result


class GridPoint(NamedTuple):
    """One setting of a grid, and what came of it."""

    parameters: dict[str, Any]
    result: CrossValidation


def cross_validate_grid(
    clf: ClipClassifier,
    vectors: FeatureVectors,
    grid: Mapping[str, Sequence[Any]],
    *,
    on_fold: OnFold | None = None,
    on_problems: OnProblems | None = None,
    **options: Any,
) -> list[GridPoint]:
    """Cross-validate a classifier over the same splits for every setting of a grid.

    The shared solver computes the kernel matrix once for each ``scale`` and ``kernel``, and solves
    the values of ``C`` or ``nu`` one from the other.

    Parameters
    ----------
    clf : ClipClassifier
        Its parameters, where the grid has none.
    vectors : FeatureVectors
        Clips with their classes.
    grid : mapping of parameter's name to values
        All combinations are scored, the last parameter's values varying fastest.
    on_fold, on_problems, **options
        As of `cross_validate`; a fold is told of once for each setting.

    Returns
    -------
    list of GridPoint
        In the order of the combinations; ``seconds["fit"]`` is what all of them took together.

    Raises
    ------
    InputError
        As of `cross_validate`, or if a parameter is not known.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat([0, 1], 10)
    >>> X = (rng.normal(size=(20, 12, 5)) + y[:, None, None]).astype(np.float32)
    >>> vectors = FeatureVectors(X, y, ("blues", "rock"), np.arange(20).astype(str))
    >>> clf = ClipClassifier(backend="cpu")
    >>> for point in cross_validate_grid(clf, vectors, {"C": [1e-6, 1]}, folds=5, repeats=2):
    ...     print(point.parameters, point.result)
    {'C': 1e-06} <accuracy ...>
    {'C': 1} <accuracy 100.0% +/- 0.0% over 2 x 5 folds, chance 50.0%>
    """
    begun = time.perf_counter()
    options = {**USUAL, **options}
    backend = resolve(clf.backend)
    settings = [dict(zip(grid, point, strict=True)) for point in product(*grid.values())]
    clfs = [_with(clf, setting, backend) for setting in settings]
    plans = [make_plan(vectors, vectors.X.shape[1], one.spec, **options) for one in clfs]
    plan = plans[0]
    if plan.lacking:
        warnings.warn(plan.lacking, UserWarning, stacklevel=_outside())
    fit = FoldFitting(
        plan,
        replace(vectors, X=backend.asarray(vectors.X)),
        options["majority_voting"],
        options["protocol"] == "thesis",
        backend,
    )
    scored, solvers = fit(clfs, on_fold, on_problems)
    seconds = {**vectors.seconds, "fit": time.perf_counter() - begun}
    points = []
    for setting, folds, solver in zip(settings, scored, solvers, strict=True):
        _warn_unconverged(folds, vectors.labels)
        result = CrossValidation(
            labels=vectors.labels,
            scores=np.array([fold.score for fold in folds]).reshape(plan.shape),
            vector_scores=np.array([fold.vector_score for fold in folds]).reshape(plan.shape),
            confusion=np.sum([fold.confusion for fold in folds], axis=0),
            majority_voting=options["majority_voting"],
            backend=backend.name,
            solver=solver,
            seconds=seconds,
        )
        points.append(GridPoint(setting, result))
    return points


USUAL = {
    name: parameter.default
    for name, parameter in signature(cross_validate).parameters.items()
    if parameter.kind is Parameter.KEYWORD_ONLY and not name.startswith("on_")
}


def _with(clf: ClipClassifier, setting: Mapping[str, Any], backend: Backend) -> ClipClassifier:
    known = clf.get_params()
    for name in setting:
        if name not in known:
            raise InputError("grid", got=repr(name), expected=did_you_mean(name, list(known)))
    return clone(clf).set_params(backend=backend, **setting)  # type: ignore[no-any-return]


def _outside() -> int:
    """Tell how many callers up the first is that is not of this file, for a warning's place."""
    level, frame = 1, sys._getframe(1)
    while frame is not None and frame.f_code.co_filename == __file__:
        level, frame = level + 1, frame.f_back  # type: ignore[assignment]
    return level


def _warn_unconverged(scored: list[FoldScore], labels: tuple[str, ...]) -> None:
    stuck = [fold for fold in scored if fold.unconverged]
    if stuck:
        first = stuck[0]
        names = [tuple(labels[c] for c in classes) for classes in first.unconverged]
        warnings.warn(
            f"in {len(stuck)} of {len(scored)} folds, first in {first.fold}, "
            f"{describe_unconverged(names)}",
            ConvergenceWarning,
            stacklevel=_outside(),
        )
