"""Prediction by a fitted classifier: decision values, votes and labels of clips."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from gpuclf._typing import AnyArray, Array, Bools
from gpuclf.backend import Backend, lives_on_device, resolve
from gpuclf.errors import InputError
from gpuclf.model.targets import checked_targets
from gpuclf.model.voting import elect, vote_counts
from gpuclf.svm import SvmModel
from gpuclf.vectors.rows import split_rows
from gpuclf.vectors.scaling import Scaler


class ClipPredictor(ClassifierMixin, BaseEstimator):
    """Prediction for clips by majority vote of their feature vectors.

    Private methods return arrays on the device; `_like` and `_labels` return them where ``X`` is.
    """

    backend: str | Backend
    n_vectors_per_clip: int
    classes_: AnyArray
    scaler_: Scaler
    svm_: SvmModel

    def predict(self, X: npt.ArrayLike | Array) -> Array:
        """Predict the label of every clip by majority vote.

        Parameters
        ----------
        X : float array, shape (clips, V, n) or (clips, V * n)

        Returns
        -------
        array, shape (clips,)
        """
        return self._labels(elect(self._counts(self.judge_vectors(X)[0])), X)

    def predict_vectors(self, X: npt.ArrayLike | Array) -> Array:
        """Predict the label of every feature vector.

        Parameters
        ----------
        X : float array, shape (clips, V, n) or (clips, V * n)

        Returns
        -------
        array, shape (clips, V)
        """
        return self._labels(self.judge_vectors(X)[0], X)

    def judge_vectors(self, X: npt.ArrayLike | Array) -> tuple[Array, Array]:
        """Return the predicted class and the decision values of every feature vector.

        Parameters
        ----------
        X : float array, shape (clips, V, n) or (clips, V * n)

        Returns
        -------
        votes : int64 array, shape (clips, V)
            Indices into ``classes_``; on the device.
        decisions : float64 array, shape (clips, V, classes)
            Sum of the decision values in favour of each class; on the device.
        """
        decisions = self._decisions(X)
        shape, functions = decisions.shape[:2], decisions.shape[2]
        votes, scores = self.svm_.judge(decisions.reshape(-1, functions), resolve(self.backend))
        return votes.reshape(shape), scores.reshape(*shape, -1)

    def vote_counts(self, X: npt.ArrayLike | Array) -> Array:
        """Count the votes for each class among the feature vectors of every clip.

        Parameters
        ----------
        X : float array, shape (clips, V, n) or (clips, V * n)

        Returns
        -------
        int64 array, shape (clips, classes)
            Each row sums to ``V``.
        """
        return self._like(self._counts(self.judge_vectors(X)[0]), X)

    def decision_function(self, X: npt.ArrayLike | Array) -> Array:
        """Compute confidence scores: votes, with ties resolved by decision values.

        The score of a class is its votes plus ``s / (3 (|s| + 1))``, in (-1/3, 1/3), where ``s``
        is the sum of its decision values over the clip's vectors: the form of scikit-learn's
        one-vs-one classifiers. `predict` resolves ties by the lower index instead.

        Parameters
        ----------
        X : float array, shape (clips, V, n) or (clips, V * n)

        Returns
        -------
        float64 array, shape (clips, classes), or (clips,) for two classes
            With two classes, the score of the second minus the score of the first.
        """
        xp = resolve(self.backend).xp
        votes, of_vectors = self.judge_vectors(X)
        total = of_vectors.sum(axis=1)
        scores = self._counts(votes) + total / (3 * (xp.abs(total) + 1))
        if len(self.classes_) == 2:
            scores = scores[:, 1] - scores[:, 0]
        return self._like(scores, X)

    def score(self, X: npt.ArrayLike | Array, y: npt.ArrayLike, sample_weight: Any = None) -> float:
        """Compute the accuracy on clips.

        As in scikit-learn, all clips are scored: those of `fit` give no estimate of the accuracy on
        new clips. `gpuclf.predict` excludes them.

        Parameters
        ----------
        X : float array, shape (clips, V, n) or (clips, V * n)
        y : array, shape (clips,)
            True label of each clip.
        sample_weight : float array, shape (clips,), optional
            Weight of each clip.

        Returns
        -------
        float
            In [0, 1].
        """
        correct = self._correct(self.predict(X), X, y)
        return float(np.average(correct, weights=sample_weight))

    def score_vectors(self, X: npt.ArrayLike | Array, y: npt.ArrayLike) -> float:
        """Compute the accuracy on feature vectors.

        Parameters
        ----------
        X : float array, shape (clips, V, n) or (clips, V * n)
        y : array, shape (clips,)
            True label of each clip.

        Returns
        -------
        float
            In [0, 1].
        """
        return float(self._correct(self.predict_vectors(X).T, X, y).mean())

    def _validated(self, X: npt.ArrayLike | Array, *, reset: bool = False) -> Array:
        """Validate ``X``, move it to the device and reshape it to ``(clips, V, n)``."""
        backend = resolve(self.backend)
        X = cast(Array, X if hasattr(X, "shape") else np.asarray(X))
        three_dimensional = len(X.shape) == 3
        per_clip = X.shape[1] if three_dimensional else self.n_vectors_per_clip
        if three_dimensional:
            X = X.reshape(X.shape[0], -1)
        if lives_on_device(X):
            X = backend.asarray(validate_data(self, X, reset=reset, skip_check_array=True))
            if not backend.to_host(backend.xp.isfinite(X).all()):
                raise InputError("X", got="NaN or infinity", expected="finite numbers")
        else:
            X = validate_data(self, X, reset=reset, dtype=[np.float64, np.float32])
        return split_rows(backend.asarray(X), per_clip)

    def _decisions(self, X: npt.ArrayLike | Array) -> Array:
        """Compute the decision values of every vector, ``(clips, V, functions)``."""
        check_is_fitted(self)
        backend = resolve(self.backend)
        X = self._validated(X)
        clips, vectors, n = X.shape
        scaled = self.scaler_.transform(X.reshape(clips * vectors, n), backend.dtype)
        return self.svm_.decision(scaled, backend.xp).reshape(clips, vectors, -1)

    def _counts(self, votes: Array) -> Array:
        """Count the votes of every clip, ``(clips, classes)``."""
        return vote_counts(votes, len(self.classes_), resolve(self.backend).xp)

    def _like(self, result: Array, X: npt.ArrayLike | Array) -> Array:
        """Move a result to the host unless ``X`` is on the device."""
        return result if lives_on_device(X) else resolve(self.backend).to_host(result)

    def _labels(self, codes: Array, X: npt.ArrayLike | Array) -> Array:
        """Convert indices into ``classes_`` to labels."""
        backend = resolve(self.backend)
        labels = self.classes_[backend.to_host(codes)]
        # CuPy has no strings: labels that are not numbers stay on the host.
        numeric = labels.dtype.kind in "iufb"
        return backend.asarray(labels) if lives_on_device(X) and numeric else labels

    def _correct(self, predicted: Array, X: npt.ArrayLike | Array, y: npt.ArrayLike) -> Bools:
        """Compare predicted with true labels, on the host."""
        backend = resolve(self.backend)
        y = checked_targets(y, cast(Array, X), backend)
        predicted = backend.to_host(predicted) if lives_on_device(predicted) else predicted
        return np.asarray(predicted == y)
