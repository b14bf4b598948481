"""Transformer of clips that applies a transformer of scikit-learn to their feature vectors."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils import Tags, get_tags
from sklearn.utils.validation import check_is_fitted, validate_data

from gpuclf._typing import AnyArray
from gpuclf.errors import InputError
from gpuclf.vectors.rows import split_rows


class VectorTransformer(TransformerMixin, BaseEstimator):
    """Apply a transformer to single feature vectors, whichever clip they belong to.

    Transformers of scikit-learn take two-dimensional arrays. This one fits a transformer to all
    feature vectors of the clips, and keeps the vectors of a clip together.

    Parameters
    ----------
    transformer : transformer of scikit-learn
        Transformer of arrays ``(vectors, n)``, such as ``PCA(20)``.
    n_vectors_per_clip : int, default 1
        Number of vectors ``V`` in a row of a two-dimensional ``X``.

    Attributes
    ----------
    transformer_ : transformer
        The fitted transformer.
    n_features_in_ : int
        Features per clip, ``V * n``.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> from sklearn.pipeline import make_pipeline
    >>> from gpuclf import ClipClassifier, cross_validate
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat(["blues", "rock"], 10)
    >>> X = rng.normal(size=(20, 12, 5)) + (y == "rock")[:, None, None]
    >>> VectorTransformer(PCA(2)).fit_transform(X).shape
    (20, 12, 2)
    >>> pipeline = make_pipeline(VectorTransformer(PCA(2)), ClipClassifier(backend="cpu"))
    >>> cross_validate(pipeline, X, y, cv=5)
    <accuracy 100.0% +/- 0.0% over 1 x 5 folds, majority class 50.0%>
    """

    def __init__(self, transformer: Any, n_vectors_per_clip: int = 1) -> None:
        self.transformer = transformer
        self.n_vectors_per_clip = n_vectors_per_clip

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike | None = None) -> Self:
        """Fit the transformer to all feature vectors of the clips.

        Parameters
        ----------
        X : float array, shape (clips, V, n) or (clips, V * n)
        y : array, shape (clips,), optional
            Label of each clip, for supervised transformers.

        Returns
        -------
        VectorTransformer
            The fitted transformer itself.
        """
        vectors = self._validated(X, reset=True)
        _, per_clip, n = vectors.shape
        labels = None if y is None else np.repeat(np.asarray(y), per_clip)
        self.transformer_ = clone(self.transformer).fit(vectors.reshape(-1, n), labels)
        self._names_per_clip = 1 if _three_dimensional(X) else per_clip
        return self

    def transform(self, X: npt.ArrayLike) -> AnyArray:
        """Transform every feature vector.

        Parameters
        ----------
        X : float array, shape (clips, V, n) or (clips, V * n)

        Returns
        -------
        array, shape (clips, V, m) or (clips, V * m)
            With as many dimensions as ``X``. `set_output` has an effect on two-dimensional ``X``.
        """
        check_is_fitted(self)
        vectors = self._validated(X)
        clips, per_clip, n = vectors.shape
        result = np.asarray(self.transformer_.transform(vectors.reshape(-1, n)))
        return result.reshape((clips, per_clip, -1) if _three_dimensional(X) else (clips, -1))

    def get_feature_names_out(self, input_features: npt.ArrayLike | None = None) -> AnyArray:
        """Return the names of the features of a vector, or of the columns of a row.

        Parameters
        ----------
        input_features : array of str, shape (n,), optional
            Names of the features of a vector, such as
            ``FeatureVectors.get_feature_names_out()``.

        Returns
        -------
        array of str, shape (m,)
            If the transformer was fitted to rows of several vectors, shape ``(V * m,)``: the names
            begin with the number of the vector.
        """
        check_is_fitted(self)
        names = getattr(self, "feature_names_in_", None)
        if self._names_per_clip > 1:
            names = None  # of columns, not of the features of a vector
        given = None if input_features is None else np.asarray(input_features, object)
        if names is not None and given is not None and not np.array_equal(names, given):
            raise InputError("input_features is not equal to feature_names_in_")
        of_vector: AnyArray = self.transformer_.get_feature_names_out(
            names if given is None else given
        )
        if self._names_per_clip == 1:
            return of_vector
        columns = [f"{v}_{name}" for v in range(self._names_per_clip) for name in of_vector]
        return np.array(columns, object)

    def _validated(self, X: npt.ArrayLike, *, reset: bool = False) -> AnyArray:
        """Validate ``X`` and reshape it to ``(clips, V, n)``."""
        per_clip = self.n_vectors_per_clip
        if _three_dimensional(X):
            X = np.asarray(X)
            per_clip, X = X.shape[1], X.reshape(X.shape[0], -1)
        finite = not get_tags(self.transformer).input_tags.allow_nan
        rows = validate_data(
            self, X, reset=reset, dtype=[np.float64, np.float32], ensure_all_finite=finite
        )
        vectors: AnyArray = split_rows(rows, per_clip)
        return vectors

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        inner = get_tags(self.transformer)
        tags.input_tags.allow_nan = inner.input_tags.allow_nan
        tags.target_tags.required = inner.target_tags.required
        return tags


def _three_dimensional(X: Any) -> bool:
    return len(X.shape if hasattr(X, "shape") else np.asarray(X).shape) == 3
