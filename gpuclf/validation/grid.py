"""Cross-validation of several parameter settings over the same splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from gpuclf._utils.keywords import suggest_keywords
from gpuclf._utils.progress import OnProgress
from gpuclf.backend import resolve
from gpuclf.errors import InputError
from gpuclf.model.classifier import ClipClassifier
from gpuclf.validation.context import CheckpointStore, Context
from gpuclf.validation.cross_validation import (
    on_device,
    plan_settings,
    score_settings,
    with_parameters,
)
from gpuclf.validation.cv_result import CrossValidation
from gpuclf.validation.options import Validation
from gpuclf.validation.setting import Setting
from gpuclf.vectors.feature_vectors import FeatureVectors


class GridPoint(NamedTuple):
    """Parameter setting of a grid and its cross-validation result."""

    parameters: dict[str, Any]
    result: CrossValidation


@suggest_keywords(Validation)
def cross_validate_grid(
    clf: ClipClassifier,
    vectors: FeatureVectors,
    grid: Mapping[str, Sequence[Any]],
    *,
    progress: OnProgress | None = None,
    checkpoint: CheckpointStore | None = None,
    **validation: Any,
) -> list[GridPoint]:
    """Evaluate a classifier for every parameter setting of a grid, over the same splits.

    With the shared solver the kernel matrix is computed once per ``scale`` and ``kernel``, and the
    solution for each value of ``C`` or ``nu`` starts from that of the previous value.

    Parameters
    ----------
    clf : ClipClassifier
        Classifier with the parameters that the grid does not set; it is not modified.
    vectors : FeatureVectors
        Feature vectors and labels of the clips.
    grid : mapping of str to sequence
        Values of each parameter; all combinations are evaluated.
    progress, checkpoint
        See `gpuclf.cross_validate`; each fold is reported once per setting.
    **validation
        ``split="shuffle"``, ``folds=10``, ``test_size=0.1``, ``repeats=20``, ``seed=0``,
        ``protocol="inductive"``, ``majority_voting=True``, ``permute_labels=False``,
        ``permutations=0``: see `gpuclf.validation.options.Validation`.

    Returns
    -------
    list of GridPoint
        Pairs ``(parameters, result)`` in the order of scikit-learn's ``ParameterGrid``;
        ``seconds["fit"]`` of each result is the time of the whole grid.

    Raises
    ------
    InputError
        See `gpuclf.cross_validate`; also if a parameter is unknown or has no values.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat([0, 1], 10)
    >>> X = (rng.normal(size=(20, 12, 5)) + y[:, None, None]).astype(np.float32)
    >>> vectors = FeatureVectors(X, y, ("blues", "rock"), np.arange(20).astype(str))
    >>> clf = ClipClassifier(backend="cpu")
    >>> for point in cross_validate_grid(clf, vectors, {"C": [1e-6, 1]}, folds=5, repeats=2):
    ...     print(point.parameters, point.result)
    {'C': 1e-06} <accuracy ...>
    {'C': 1} <accuracy 100.0% +/- 0.0% over 2 x 5 folds, majority class 50.0%>
    """
    backend = resolve(clf.backend)
    vectors = on_device(vectors, backend)
    for name, values in grid.items():
        if not len(values):
            raise InputError(f"grid, {name}", got="no values", expected="at least one")
    from sklearn.model_selection import ParameterGrid

    points = list(ParameterGrid({name: list(values) for name, values in grid.items()}))
    settings = [Setting(with_parameters(clf, point, backend), vectors, point) for point in points]
    context = Context(backend=backend, progress=progress, checkpoint=checkpoint)
    plan = plan_settings(settings, Validation(**validation))
    results = score_settings(settings, plan, context)
    return [GridPoint(*pair) for pair in zip(points, results, strict=True)]
