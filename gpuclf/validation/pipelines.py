"""Pipelines whose last step is a ClipClassifier.

As in scikit-learn, the transformers get the clips as they are passed, as arrays ``(clips, V, n)``
or as rows ``(clips, V * n)``, and are fitted to the training clips of each fold. A transformer of
single feature vectors is wrapped in `gpuclf.VectorTransformer`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from gpuclf._typing import AnyArray, Ints
from gpuclf.errors import InputError
from gpuclf.model.classifier import ClipClassifier


def split_pipeline(estimator: Any) -> tuple[Pipeline | None, ClipClassifier]:
    """Return the transformers of an estimator, if it has any, and its classifier.

    Parameters
    ----------
    estimator : ClipClassifier, or Pipeline that ends with one

    Returns
    -------
    transformers : Pipeline or None
        All steps but the last.
    clf : ClipClassifier

    Raises
    ------
    InputError
        If the estimator is something else.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> split_pipeline(make_pipeline(StandardScaler(), ClipClassifier(C=10)))
    (Pipeline(steps=[('standardscaler', StandardScaler())]), ClipClassifier(C=10))
    """
    last = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator
    if not isinstance(last, ClipClassifier):
        got = type(estimator).__name__
        got += f" that ends with {type(last).__name__}" * (last is not estimator)
        expected = "a ClipClassifier, or a Pipeline that ends with one"
        raise InputError("estimator", got=got, expected=expected)
    several = isinstance(estimator, Pipeline) and len(estimator.steps) > 1
    return (estimator[:-1] if several else None), last


def transformed(
    transformers: Pipeline, X_train: AnyArray, y: Ints, X_test: AnyArray
) -> tuple[AnyArray, AnyArray]:
    """Fit transformers to training clips, and transform these and test clips.

    Parameters
    ----------
    transformers : Pipeline
        It is not modified.
    X_train : float array, shape (clips, V, n) or (clips, V * n)
    y : int64 array, shape (clips,)
        Class of each training clip.
    X_test : float array, shape (clips, V, n) or (clips, V * n)

    Returns
    -------
    tuple of two arrays
    """
    fitted = clone(transformers)
    X_train = fitted.fit_transform(X_train, y)
    return np.asarray(X_train), np.asarray(fitted.transform(X_test))


def transformers_digest(transformers: Pipeline) -> str:
    """Return a digest of unfitted transformers with all their parameters, for a checkpoint.

    Raises
    ------
    InputError
        If a transformer cannot be pickled, such as one with a lambda function.
    """
    import joblib

    try:
        return str(joblib.hash(transformers))
    except Exception as error:  # of any kind, by the pickling of an attribute
        got = f"a Pipeline that cannot be pickled ({type(error).__name__})"
        raise InputError("checkpoint", got=got, expected="named functions and classes") from error
